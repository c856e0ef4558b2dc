package inputs_test

import (
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/go-df/chat"
	"github.com/go-df/chat/internal/chatsuite"
)

// The largest inputs that are accepted come back as they went in.
func TestInputsAtTheirLimitsAreKept(t *testing.T) {
	chatsuite.Run(t, func(t *testing.T, h *chatsuite.Host) {
		deep := `{"a":` + strings.Repeat("[", 60) + strings.Repeat("]", 60) + `}`
		in := chat.NewRoom{
			Type: chat.Channel, Name: strings.Repeat(oneRune4, 128), Description: strings.Repeat(oneRune4, 1024),
			Metadata: chat.Metadata(`{"a":"` + strings.Repeat("x", 8192-8) + `"}`),
		}
		room := chatsuite.Must(h.CreateRoom(h.Ctx, h.Alice, in))(t)
		got := chatsuite.Must(h.Room(h.Ctx, h.Alice, room.ID))(t)
		if diff := cmp.Diff([]any{in.Name, in.Description, in.Metadata}, []any{got.Name, got.Description, got.Metadata}); diff != "" {
			t.Error(diff)
		}
		for _, message := range []chat.NewMessage{
			{Text: strings.Repeat("a", 4000)},
			{Text: strings.Repeat("é", 4000)},
			{Text: strings.Repeat(oneRune4, 4000)}, // 16,000 bytes
			{Text: "\u2028 <&> \\ \" ' % ? $1 \t\r\n \uffff " + family, ClientID: strings.Repeat("c", 255)},
			{Text: "a", ClientID: "' OR 1=1 --", Metadata: chat.Metadata(`{"a":1,"a":2}`)}, // repeated keys are kept as they came
			{Text: "a", Metadata: chat.Metadata(deep)},
			{Text: "a", Metadata: chat.Metadata(` {"b": "\ud83d\ude00", "n": 123456789012345678901234567890e5}` + "\n")},
		} {
			sent := chatsuite.Must(h.SendMessage(h.Ctx, h.Alice, room.ID, message))(t)
			got := chatsuite.Must(h.Message(h.Ctx, h.Alice, sent.ID))(t)
			wantMetadata := chat.Metadata(strings.TrimSpace(string(message.Metadata)))
			if got.Text != message.Text || string(got.Metadata) != string(wantMetadata) {
				t.Errorf("message is %.60q %.60s, want %.60q %.60s", got.Text, got.Metadata, message.Text, message.Metadata)
			}
			if message.ClientID != "" && *got.ClientID != message.ClientID {
				t.Errorf("client id is %q, want %q", *got.ClientID, message.ClientID)
			}
		}
	})
}

// Null and blank metadata are none.
func TestEmptyMetadataIsNone(t *testing.T) {
	chatsuite.Run(t, func(t *testing.T, h *chatsuite.Host) {
		room := h.NewGroup()
		for _, none := range []string{"", " \n", "null", " null "} {
			sent := chatsuite.Must(h.SendMessage(h.Ctx, h.Alice, room.ID, chat.NewMessage{Text: "a", Metadata: chat.Metadata(none)}))(t)
			if got := chatsuite.Must(h.Message(h.Ctx, h.Alice, sent.ID))(t); sent.Metadata != nil || got.Metadata != nil {
				t.Errorf("%q is kept as %q", none, got.Metadata)
			}
		}
		sent := chatsuite.Must(h.SendMessage(h.Ctx, h.Alice, room.ID, chat.NewMessage{Text: "a", Metadata: chat.Metadata(`{"a":1}`)}))(t)
		edited := chatsuite.Must(h.EditMessage(h.Ctx, h.Alice, sent.ID, chat.MessagePatch{Metadata: new(chat.Metadata)}))(t)
		if got := chatsuite.Must(h.Message(h.Ctx, h.Alice, sent.ID))(t); edited.Metadata != nil || got.Metadata != nil || got.EditedAt == nil {
			t.Errorf("the message still has %q", got.Metadata)
		}
	})
}

// Another host's limits hold, each named in its badCall.
func TestLimitsOfTheHostAreHonoured(t *testing.T) {
	limits := chat.Limits{
		TextCharacters: 5, TextBytes: 12, Name: 9, Description: 3, MetadataBytes: 9, MediaPerMessage: 1, UploadBytes: 6,
		ReactionBytes: 8, ReactionsPerMessage: 2, ReactionsPerUser: 1, Reason: 4, GroupMembers: 3, UsersPerCall: 2, PageSize: 2, PageMax: 3,
	}
	t.Parallel()
	for _, v := range []chatsuite.Variant{chatsuite.SQLite, chatsuite.Postgres} {
		t.Run(v.String(), func(t *testing.T) {
			t.Parallel()
			h := chatsuite.New(t, v, func(c *chat.Config) { c.Limits = limits })
			testHostsLimits(t, h)
			testHostsPages(t, h)
		})
	}
}

func testHostsLimits(t *testing.T, h *chatsuite.Host) {
	room := chatsuite.Must(h.CreateRoom(h.Ctx, h.Alice, chat.NewRoom{Name: "nine char", Description: "abc", Metadata: chat.Metadata(`{"a":"b"}`)}))(t)
	message := h.Send(h.Alice, room.ID, "12345")
	chatsuite.Must(h.React(h.Ctx, h.Alice, message.ID, "👍"))(t)
	upload := func(body string) (*chat.Media, error) {
		return h.UploadMedia(h.Ctx, h.Alice, chat.NewMedia{Body: strings.NewReader(body)})
	}
	medium, another := chatsuite.Must(upload("123456"))(t), chatsuite.Must(upload("1"))(t)
	send := func(in chat.NewMessage) error { _, err := h.SendMessage(h.Ctx, h.Alice, room.ID, in); return err }
	create := func(in chat.NewRoom) error { _, err := h.CreateRoom(h.Ctx, h.Alice, in); return err }
	react := func(reaction string) error { _, err := h.React(h.Ctx, h.Alice, message.ID, reaction); return err }
	add := func(users ...chat.UserID) error {
		members := make([]chat.NewRoomUser, len(users))
		for i, id := range users {
			members[i].UserID = id
		}
		_, err := h.AddUsers(h.Ctx, h.Alice, room.ID, members...)
		return err
	}
	chatsuite.WantFieldError(t, send(chat.NewMessage{Text: "123456"}), chat.ErrTooLarge, "text", 5)
	chatsuite.WantFieldError(t, send(chat.NewMessage{Text: "😀😀😀😀"}), chat.ErrTooLarge, "text", 12)
	chatsuite.WantFieldError(t, send(chat.NewMessage{Text: "a", Metadata: chat.Metadata(`{"a":"bc"}`)}), chat.ErrTooLarge, "metadata", 9)
	chatsuite.WantFieldError(t, send(chat.NewMessage{MediaIDs: []uuid.UUID{medium.ID, another.ID}}), chat.ErrTooLarge, "media_ids", 1)
	chatsuite.WantFieldError(t, create(chat.NewRoom{Name: "ten chars."}), chat.ErrTooLarge, "name", 9)
	chatsuite.WantFieldError(t, create(chat.NewRoom{Name: "A", Description: "abcd"}), chat.ErrTooLarge, "description", 3)
	_, err := upload("1234567")
	chatsuite.WantFieldError(t, err, chat.ErrTooLarge, "body", 6)
	chatsuite.WantFieldError(t, react("👍🏽👍🏽"), chat.ErrTooLarge, "reaction", 8)
	chatsuite.WantFieldError(t, react("😀"), chat.ErrTooLarge, "reaction", 1)
	chatsuite.WantFieldError(t, h.BanUser(h.Ctx, h.Alice, room.ID, h.Erin, chat.BanOptions{Reason: "abcde"}), chat.ErrTooLarge, "reason", 4)
	chatsuite.WantFieldError(t, add(h.Bob, h.Carol, h.Dave), chat.ErrTooLarge, "members", 2)
	chatsuite.NoError(t, add(h.Bob, h.Carol))
	chatsuite.WantFieldError(t, add(h.Dave), chat.ErrTooLarge, "members", 3)
	chatsuite.NoError(t, add(h.Bob, h.Carol)) // who is there already takes no place
	chatsuite.Must(h.React(h.Ctx, h.Bob, message.ID, "😀"))(t)
	_, err = h.React(h.Ctx, h.Carol, message.ID, "🎉")
	chatsuite.WantFieldError(t, err, chat.ErrTooLarge, "reaction", 2)
	chatsuite.NoError(t, send(chat.NewMessage{MediaIDs: []uuid.UUID{medium.ID}}))
}

func testHostsPages(t *testing.T, h *chatsuite.Host) {
	room := h.NewRoom(chat.Channel, h.Bob, h.Carol)
	chatsuite.Must(h.AddUsers(h.Ctx, h.Alice, room.ID, chat.NewRoomUser{UserID: h.Dave}, chat.NewRoomUser{UserID: h.Erin}))(t)
	for range 5 {
		h.Send(h.Alice, room.ID, "a")
		h.NewRoom(chat.Channel)
	}
	for limit, want := range map[int]int{0: 2, 1: 1, 3: 3, 4: 3, math.MaxInt: 3} {
		page := chat.Page{Limit: limit}
		for list, length := range map[string]int{
			"messages": len(chatsuite.Must(h.Messages(h.Ctx, h.Alice, room.ID, chat.HistoryQuery{Limit: limit}))(t).Items),
			"users":    len(chatsuite.Must(h.RoomUsers(h.Ctx, h.Alice, room.ID, page))(t).Items),
			"rooms":    len(chatsuite.Must(h.Rooms(h.Ctx, h.Alice, chat.RoomsQuery{Page: page}))(t).Items),
		} {
			if length != want {
				t.Errorf("a page of %s with the limit %d has %d items, want %d", list, limit, length, want)
			}
		}
	}
}
