package chat_test

import (
	"database/sql"
	"database/sql/driver"
	"encoding/json"
	"errors"
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/go-df/chat"
	"github.com/go-df/chat/internal/chatsuite"
)

// What hosts call their ids.
type (
	customerID int32
	accountID  uint64
	loginName  string
	binaryID   [16]byte
)

func TestIDTakesWhateverTheHostHas(t *testing.T) {
	t.Parallel()
	u := uuid.MustParse("018F4E9A-7B6C-7def-8abc-0123456789ab")
	got := []chat.UserID{
		chat.ID("alice"), chat.ID(loginName("bob")), chat.ID(chat.UserID("carol")), chat.ID(""),
		chat.ID(7), chat.ID(-7), chat.ID(0), chat.ID(int8(math.MinInt8)), chat.ID(int16(math.MaxInt16)), chat.ID(customerID(-42)),
		chat.ID(int64(math.MinInt64)), chat.ID(int64(math.MaxInt64)),
		chat.ID(uint(7)), chat.ID(uint8(255)), chat.ID(uint16(65535)), chat.ID(uint32(math.MaxUint32)), chat.ID(accountID(math.MaxUint64)),
		chat.ID(u), chat.ID(uuid.UUID(binaryID(u))), chat.ID(uuid.Nil),
	}
	const canonical = "018f4e9a-7b6c-7def-8abc-0123456789ab"
	want := []chat.UserID{
		"alice", "bob", "carol", "",
		"7", "-7", "0", "-128", "32767", "-42",
		"-9223372036854775808", "9223372036854775807",
		"7", "255", "65535", "4294967295", "18446744073709551615",
		canonical, canonical, "00000000-0000-0000-0000-000000000000",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestCanonical(t *testing.T) {
	t.Parallel()
	const u = "00000000-0000-4000-8000-0000000000ab"
	for kind, spellings := range map[chat.UserIDType]map[chat.UserID]chat.UserID{
		chat.StringIDs: {"alice": "alice", "Me": "Me", " ": " ", "0": "0", "007": "007", "é": "é"},
		chat.Int64IDs: {
			"1": "1", "007": "7", "+7": "7", "-7": "-7", "-007": "-7", "9223372036854775807": "9223372036854775807",
			"-9223372036854775808": "-9223372036854775808",
		},
		chat.UUIDs: {
			u: u, "00000000-0000-4000-8000-0000000000AB": u, "{" + u + "}": u, "urn:uuid:" + u: u, "URN:UUID:" + u: u,
			"000000000000400080000000000000ab": u,
		},
	} {
		for spelling, want := range spellings {
			got, err := kind.Canonical(spelling)
			if err != nil || got != want {
				t.Errorf("%T: %q is %q, %v, want %q", kind, spelling, got, err, want)
			}
			if again, err := kind.Canonical(got); err != nil || again != got {
				t.Errorf("%T: %q has the other spelling %q, %v", kind, got, again, err)
			}
		}
	}
}

func TestUserIDScansWhatDriversGive(t *testing.T) {
	t.Parallel()
	u := uuid.New()
	for _, test := range []struct {
		src  any
		want chat.UserID
	}{
		{"alice", "alice"}, {[]byte("bob"), "bob"}, {int64(-7), "-7"}, {[16]byte(u), chat.ID(u)}, {u.String(), chat.ID(u)},
	} {
		var id chat.UserID
		if err := id.Scan(test.src); err != nil || id != test.want {
			t.Errorf("%T is scanned as %q, %v, want %q", test.src, id, err, test.want)
		}
	}
	for _, src := range []any{nil, 1.5, true, struct{}{}} {
		id := chat.UserID("before")
		if err := id.Scan(src); err == nil || id != "before" {
			t.Errorf("%T is scanned as %q, %v, want an error", src, id, err)
		}
	}
	var null sql.Null[chat.UserID]
	if err := null.Scan(nil); err != nil || null.Valid {
		t.Errorf("NULL is scanned as %v, %v", null, err)
	}
}

func TestUserIDIsBoundAndSentAsText(t *testing.T) {
	t.Parallel()
	value, err := driver.DefaultParameterConverter.ConvertValue(chat.ID(7))
	if err != nil || value != "7" {
		t.Errorf("7 is bound as %T %v, %v", value, value, err)
	}
	sent, err := json.Marshal(chat.ID(int64(math.MaxInt64)))
	if err != nil || string(sent) != `"9223372036854775807"` {
		t.Errorf("the largest id is sent as %s, %v", sent, err)
	}
}

// The id that a driver changes must not change with it.
func TestUserIDKeepsNothingOfTheDrivers(t *testing.T) {
	t.Parallel()
	buffer := []byte("alice")
	var id chat.UserID
	chatsuite.NoError(t, id.Scan(buffer))
	copy(buffer, "XXXXX")
	if id != "alice" {
		t.Errorf("id is %q now", id)
	}
}

// A pointer to a user id, such as Message.UserID, acts as the user it points to.
func TestPointersToUserIDsAreActors(t *testing.T) {
	chatsuite.Run(t, func(t *testing.T, h *chatsuite.Host) {
		room := h.NewGroup(h.Bob)
		sent := h.Send(&h.Bob, room.ID, "by a pointer")
		if sent.UserID == nil || *sent.UserID != h.Bob {
			t.Errorf("the author is %v, want %v", sent.UserID, h.Bob)
		}
		if _, err := h.Room(h.Ctx, sent.UserID, room.ID); err != nil {
			t.Errorf("the author of a message as the actor: %v", err)
		}
		if _, err := h.Room(h.Ctx, &h.Carol, room.ID); !errors.Is(err, chat.ErrNotFound) {
			t.Errorf("a stranger by a pointer: error is %v, want ErrNotFound", err)
		}
		fromSystem := h.Send(&chat.System, room.ID, "by a pointer to System")
		if fromSystem.UserID != nil {
			t.Errorf("the author is %v, want none", fromSystem.UserID)
		}
		for name, actor := range map[string]chat.Actor{
			"nil":                  nil,
			"a nil *UserID":        fromSystem.UserID,
			"a nil *SystemActor":   (*chat.SystemActor)(nil),
			"an empty UserID":      chat.UserID(""),
			"a pointer to nothing": new(chat.UserID),
		} {
			if _, err := h.Room(h.Ctx, actor, room.ID); !errors.Is(err, chat.ErrUnauthenticated) {
				t.Errorf("%s: error is %v, want ErrUnauthenticated", name, err)
			}
			if _, err := h.SendMessage(h.Ctx, actor, room.ID, chat.NewMessage{Text: "hi"}); !errors.Is(err, chat.ErrUnauthenticated) {
				t.Errorf("%s sends: error is %v, want ErrUnauthenticated", name, err)
			}
		}
	})
}
