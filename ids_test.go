package chat_test

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"gorm.io/gorm"

	"github.com/go-df/chat"
	"github.com/go-df/chat/internal/dbtest"
	"github.com/go-df/chat/storage"
)

// prefixedIDs is a host's own kind of user ids: "u_" and a number, in any case and
// with or without zeros before it.
type prefixedIDs struct{}

func (prefixedIDs) Canonical(id chat.UserID) (chat.UserID, error) {
	number, prefixed := strings.CutPrefix(strings.ToLower(string(id)), "u_")
	n, err := strconv.ParseUint(number, 10, 32)
	if !prefixed || err != nil {
		return "", errors.New(`is not "u_" and a number`)
	}
	return chat.UserID(fmt.Sprintf("u_%d", n)), nil
}

func (prefixedIDs) ColumnType(string) string { return "varchar(40)" }

// newPrefixedHost is newHost for prefixedIDs.
func newPrefixedHost(t *testing.T, v variant) *host {
	t.Helper()
	id := func(n int) chat.UserID { return chat.UserID(fmt.Sprintf("u_%d", n)) }
	h := &host{variant: v, t: t, ctx: context.Background(), store: storage.Memory(), clock: newClock()}
	h.config = chat.Config{UserIDs: v.ids, Media: h.store, Clock: h.clock.now, UsersTable: "users"}
	template := dbtest.Template{Key: "prefixed ids", Prepare: func(ctx context.Context, db *gorm.DB) error {
		db = db.WithContext(ctx)
		if err := v.makeUsers(db); err != nil {
			return err
		}
		for n := 1; n <= hostUsers; n++ {
			if err := db.Exec("INSERT INTO users (id) VALUES (?)", id(n)).Error; err != nil {
				return err
			}
		}
		return chat.Migrate(ctx, db, h.config)
	}}
	if v.postgres {
		h.db = dbtest.Postgres(t, template)
	} else {
		h.db = dbtest.SQLiteMemory(t, template)
	}
	h.Service = must(chat.New(h.db, h.config))(t)
	h.alice, h.bob, h.carol, h.dave, h.erin = id(1), id(2), id(3), id(4), id(5)
	return h
}

// overEveryKindOfID runs a test over every variant and over a host's own kind.
func overEveryKindOfID(t *testing.T, test func(t *testing.T, h *host)) {
	t.Helper()
	over(t, everyVariant(), test)
	for _, v := range []variant{{ids: prefixedIDs{}}, {ids: prefixedIDs{}, postgres: true}} {
		t.Run(v.dialect()+"/the host's own", func(t *testing.T) {
			t.Parallel()
			test(t, newPrefixedHost(t, v))
		})
	}
}

// spellings are other ways to write a user id, all of the same user.
func (h *host) spellings(id chat.UserID) []chat.UserID {
	switch h.ids {
	case chat.Int64IDs:
		if strings.HasPrefix(string(id), "-") {
			return []chat.UserID{"-00" + id[1:]}
		}
		return []chat.UserID{"00" + id, "+" + id}
	case chat.UUIDs:
		return []chat.UserID{
			chat.UserID(strings.ToUpper(string(id))), "{" + id + "}", "urn:uuid:" + id,
			chat.UserID(strings.ReplaceAll(string(id), "-", "")),
		}
	case prefixedIDs{}:
		return []chat.UserID{chat.UserID(strings.ToUpper(string(id))), "u_00" + id[2:]}
	}
	return []chat.UserID{id}
}

// odd is one of the other ways, where there are any.
func (h *host) odd(id chat.UserID) chat.UserID { return h.spellings(id)[0] }

// wantID wants a user id in its one spelling.
func wantID(t *testing.T, what string, got *chat.UserID, want chat.UserID) {
	t.Helper()
	if got == nil || *got != want {
		t.Errorf("%s is %v, want %s", what, idText(got), want)
	}
}

func idText(id *chat.UserID) string {
	if id == nil {
		return "nobody"
	}
	return string(*id)
}

// Whatever spelling came in, every operation gives each user id back in its one
// spelling, and takes all of them for the same user.
func TestUserIDsComeBackInTheirOneSpelling(t *testing.T) {
	overEveryKindOfID(t, func(t *testing.T, h *host) {
		room := testIDsOfRooms(t, h)
		testIDsOfMembers(t, h, room)
		message := testIDsOfMessages(t, h, room)
		testIDsOfReactions(t, h, message)
		testIDsOfPrivateRooms(t, h)
		testIDsOfEvents(t, h, room)
		testIDsOfEndings(t, h, room)
	})
}

func testIDsOfRooms(t *testing.T, h *host) uuid.UUID {
	t.Helper()
	room := must(h.CreateRoom(h.ctx, h.odd(h.alice), chat.NewRoom{Name: "A", Members: []chat.NewRoomUser{
		{UserID: h.bob}, {UserID: h.odd(h.bob)}, {UserID: h.odd(h.alice)}, // everyone once
	}}))(t)
	wantID(t, "owner of a new room", room.OwnerID, h.alice)
	wantID(t, "me", &room.Me.UserID, h.alice)
	bySystem := must(h.CreateRoom(h.ctx, chat.System, chat.NewRoom{Name: "B", Owner: h.odd(h.carol), Public: true}))(t)
	wantID(t, "owner named by System", bySystem.OwnerID, h.carol)
	must(h.JoinRoom(h.ctx, h.odd(h.dave), bySystem.ID))(t)
	public := must(h.SearchRooms(h.ctx, h.odd(h.dave), chat.RoomSearchQuery{}))(t).Items
	if len(public) != 1 || public[0].Me == nil {
		t.Fatalf("dave finds the rooms %+v", public)
	}
	wantID(t, "owner of a found room", public[0].OwnerID, h.carol)
	wantID(t, "me in a found room", &public[0].Me.UserID, h.dave)
	found := must(h.Room(h.ctx, h.odd(h.bob), room.ID))(t)
	wantID(t, "owner of a room", found.OwnerID, h.alice)
	wantID(t, "me in a room", &found.Me.UserID, h.bob)
	renamed := must(h.UpdateRoom(h.ctx, h.odd(h.alice), room.ID, chat.RoomPatch{Name: ptr("C")}))(t)
	wantID(t, "owner of an updated room", renamed.OwnerID, h.alice)
	return room.ID
}

func testIDsOfMembers(t *testing.T, h *host, room uuid.UUID) {
	t.Helper()
	added := must(h.AddUsers(h.ctx, h.odd(h.alice), room, chat.NewRoomUser{UserID: h.odd(h.carol)}, chat.NewRoomUser{UserID: h.odd(h.bob)}))(t)
	got := map[chat.UserID]chat.UserID{}
	for _, member := range added {
		got[member.UserID] = chat.UserID(idText(member.CreatedBy))
	}
	if diff := cmp.Diff(map[chat.UserID]chat.UserID{h.bob: h.alice, h.carol: h.alice}, got); diff != "" {
		t.Errorf("who added whom: %s", diff)
	}
	for _, spelling := range h.spellings(h.carol) {
		member := must(h.RoomUser(h.ctx, h.odd(h.bob), room, spelling))(t)
		wantID(t, "member", &member.UserID, h.carol)
	}
	muted := must(h.UpdateRoomUser(h.ctx, h.odd(h.carol), room, h.carol, chat.RoomUserPatch{Muted: ptr(true)}))(t)
	wantID(t, "muted member", &muted.UserID, h.carol)
	if !muted.Muted {
		t.Error("a member in another spelling is not oneself")
	}
	editor := must(h.UpdateRoomUser(h.ctx, h.alice, room, h.odd(h.carol), chat.RoomUserPatch{Permissions: ptr(chat.CanRemoveUsers)}))(t)
	wantID(t, "member with permissions", &editor.UserID, h.carol)
	must(h.AddUsers(h.ctx, h.alice, room, chat.NewRoomUser{UserID: h.odd(h.dave)}))(t)
	ok(t, h.RemoveUser(h.ctx, h.odd(h.carol), room, h.odd(h.dave)))
	_, err := h.RoomUser(h.ctx, h.alice, room, h.dave)
	wantError(t, err, chat.ErrNotFound)
	wantError(t, h.RemoveUser(h.ctx, h.odd(h.alice), room, h.odd(h.alice)), chat.ErrConflict) // the owner, by any spelling
	read := must(h.MarkRead(h.ctx, h.odd(h.bob), room, 1))(t)
	wantID(t, "reader", &read.UserID, h.bob)
}

func testIDsOfMessages(t *testing.T, h *host, room uuid.UUID) uuid.UUID {
	t.Helper()
	media := must(h.UploadMedia(h.ctx, h.odd(h.bob), chat.NewMedia{FileName: "a", Body: strings.NewReader("x")}))(t)
	wantID(t, "uploader", media.UserID, h.bob)
	in := chat.NewMessage{Text: "hi", ClientID: "c", MediaIDs: []uuid.UUID{media.ID}}
	sent := must(h.SendMessage(h.ctx, h.odd(h.bob), room, in))(t)
	wantID(t, "sender", sent.UserID, h.bob)
	if again := must(h.SendMessage(h.ctx, h.bob, room, in))(t); again.ID != sent.ID {
		t.Error("the repeat under another spelling is another message")
	}
	reply := must(h.SendMessage(h.ctx, h.odd(h.alice), room, chat.NewMessage{Text: "re", ReplyToID: &sent.ID}))(t)
	wantID(t, "author replied to", reply.ReplyTo.UserID, h.bob)
	edited := must(h.EditMessage(h.ctx, h.odd(h.bob), sent.ID, chat.MessagePatch{Text: ptr("hello")}))(t)
	wantID(t, "author of an edited message", edited.UserID, h.bob)
	must(h.SendMessage(h.ctx, chat.System, room, chat.NewMessage{Text: "noted"}))(t)
	page := must(h.Messages(h.ctx, h.odd(h.alice), room, chat.HistoryQuery{}))(t)
	var authors []string
	for _, m := range page.Items {
		authors = append(authors, idText(m.UserID))
	}
	if diff := cmp.Diff([]string{string(h.bob), string(h.alice), "nobody"}, authors); diff != "" {
		t.Error(diff)
	}
	wantID(t, "uploader on a page", page.Items[0].Media[0].UserID, h.bob)
	wantID(t, "author replied to on a page", page.Items[1].ReplyTo.UserID, h.bob)
	seen, content, err := h.OpenMedia(h.ctx, h.odd(h.alice), media.ID)
	ok(t, err)
	ok(t, content.Close())
	wantID(t, "uploader of what one opens", seen.UserID, h.bob)
	if unread := must(h.Unread(h.ctx, h.odd(h.carol)))(t); unread != 3 {
		t.Errorf("carol has %d unread, want 3", unread)
	}
	searched := must(h.SearchMessages(h.ctx, h.odd(h.carol), chat.MessageSearchQuery{Query: "hello"}))(t).Items
	if len(searched) != 1 || searched[0].ID != sent.ID {
		t.Fatalf("carol finds %+v", searched)
	}
	wantID(t, "author of what is found", searched[0].UserID, h.bob)
	inbox := must(h.Rooms(h.ctx, h.odd(h.alice), chat.RoomsQuery{}))(t)
	wantID(t, "owner in the inbox", inbox.Items[0].OwnerID, h.alice)
	return sent.ID
}

func testIDsOfReactions(t *testing.T, h *host, message uuid.UUID) {
	t.Helper()
	first := must(h.React(h.ctx, h.odd(h.alice), message, "👍"))(t)
	wantID(t, "who reacts", &first.UserID, h.alice)
	for _, spelling := range h.spellings(h.alice) {
		if again := must(h.React(h.ctx, spelling, message, "👍"))(t); again.ID != first.ID {
			t.Errorf("%s is somebody else to React", spelling)
		}
		if mine := must(h.Message(h.ctx, spelling, message))(t).Reactions; len(mine) != 1 || mine[0].Mine == nil || *mine[0].Mine != first.ID {
			t.Errorf("%s sees the reactions %v, none of them mine", spelling, mine)
		}
	}
	found := must(h.Reaction(h.ctx, h.bob, first.ID))(t)
	wantID(t, "whose reaction", &found.UserID, h.alice)
	for _, in := range []chat.ReactionsQuery{{}, {MessageID: &message}} {
		list := must(h.Reactions(h.ctx, h.odd(h.alice), in))(t).Items
		if len(list) != 1 || list[0].UserID != h.alice {
			t.Errorf("reactions are %v", list)
		}
	}
	wantError(t, h.Unreact(h.ctx, h.odd(h.bob), first.ID), chat.ErrForbidden)
	ok(t, h.Unreact(h.ctx, h.odd(h.alice), first.ID))
}

// The two of a private room find it from both sides, in the order of the database.
func testIDsOfPrivateRooms(t *testing.T, h *host) {
	t.Helper()
	room := must(h.OpenPrivate(h.ctx, h.odd(h.bob), h.alice))(t)
	wantID(t, "the other", room.Other, h.alice)
	wantID(t, "the first of the pair", room.PrivateA, h.alice)
	wantID(t, "the second of the pair", room.PrivateB, h.bob)
	for _, mine := range append(h.spellings(h.alice), h.alice) {
		for _, theirs := range append(h.spellings(h.bob), h.bob) {
			same := must(h.OpenPrivate(h.ctx, mine, theirs))(t)
			if same.ID != room.ID {
				t.Errorf("%s and %s have another room", mine, theirs)
			}
			wantID(t, "the other, from the other side", same.Other, h.bob)
		}
		_, err := h.OpenPrivate(h.ctx, h.alice, mine)
		wantField(t, err, chat.ErrInvalid, "user_id", 0)
		_, err = h.OpenPrivate(h.ctx, mine, h.alice)
		wantField(t, err, chat.ErrInvalid, "user_id", 0)
	}
	for actor, other := range map[chat.UserID]chat.UserID{h.alice: h.bob, h.bob: h.alice} {
		inbox := must(h.Rooms(h.ctx, h.odd(actor), chat.RoomsQuery{Type: chat.PrivateMessages}))(t).Items
		if len(inbox) != 1 {
			t.Fatalf("%s has %d private rooms", actor, len(inbox))
		}
		wantID(t, "the other in the inbox", inbox[0].Other, other)
		wantID(t, "me in the inbox", &inbox[0].Me.UserID, actor)
	}
}

func testIDsOfEvents(t *testing.T, h *host, room uuid.UUID) {
	t.Helper()
	var got []string
	for _, e := range h.events(room) {
		got = append(got, fmt.Sprintf("%s: %s by %s", e.Kind, idText(e.UserID), idText(e.ActorID)))
	}
	alice, bob, carol, dave := h.alice, h.bob, h.carol, h.dave
	var want []string
	for _, e := range []struct {
		kind      chat.EventKind
		user, who chat.UserID
	}{
		{chat.RoomCreated, alice, alice}, {chat.UserAdded, bob, alice}, {chat.RoomUpdated, "nobody", alice},
		{chat.UserAdded, carol, alice}, {chat.UserUpdated, carol, alice}, {chat.UserAdded, dave, alice}, {chat.UserRemoved, dave, carol},
		{chat.MessageCreated, "nobody", bob}, {chat.MessageCreated, "nobody", alice}, {chat.MessageEdited, "nobody", bob},
		{chat.MessageCreated, "nobody", "nobody"}, {chat.ReactionAdded, alice, alice}, {chat.ReactionRemoved, alice, alice},
	} {
		want = append(want, fmt.Sprintf("%s: %s by %s", e.kind, e.user, e.who))
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func testIDsOfEndings(t *testing.T, h *host, room uuid.UUID) {
	t.Helper()
	same := must(h.TransferOwnership(h.ctx, h.odd(h.alice), room, h.odd(h.alice)))(t)
	wantID(t, "owner as before", same.OwnerID, h.alice)
	handed := must(h.TransferOwnership(h.ctx, h.odd(h.alice), room, h.odd(h.bob)))(t)
	wantID(t, "new owner", handed.OwnerID, h.bob)
	ok(t, h.LeaveRoom(h.ctx, h.odd(h.alice), room))
	ok(t, h.EraseUser(h.ctx, chat.System, h.odd(h.bob), chat.EraseOptions{Successors: map[uuid.UUID]chat.UserID{room: h.odd(h.carol)}}))
	heir := must(h.Room(h.ctx, h.odd(h.carol), room))(t)
	wantID(t, "heir", heir.OwnerID, h.carol)
	for _, table := range []string{"chat_room_users", "chat_messages", "chat_media", "chat_reactions", "chat_events"} {
		var left int64
		ok(t, h.db.Table(table).Where("user_id = ?", h.bob).Count(&left).Error)
		if left != 0 {
			t.Errorf("%d rows of %s still name the erased user", left, table)
		}
	}
	ok(t, h.db.Exec("DELETE FROM users WHERE id = ?", h.bob).Error) // nothing holds the host's row
	ok(t, h.DeleteRoom(h.ctx, h.odd(h.carol), room))
	if purged := must(h.PurgeRooms(h.ctx, 0))(t); purged != 1 {
		t.Errorf("%d rooms were purged", purged)
	}
}
