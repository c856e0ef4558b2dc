package inputs_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"gorm.io/gorm"

	"github.com/go-df/chat"
	"github.com/go-df/chat/internal/chatsuite"
	"github.com/go-df/chat/internal/dbtest"
	"github.com/go-df/chat/storage"
)

// newPrefixedHost is newHost for prefixedIDs.
func newPrefixedHost(t *testing.T, v chatsuite.Variant) *chatsuite.Host {
	t.Helper()
	id := func(n int) chat.UserID { return chat.UserID(fmt.Sprintf("u_%d", n)) }
	h := &chatsuite.Host{Variant: v, T: t, Ctx: context.Background(), Store: storage.Memory(), Clock: chatsuite.NewClock()}
	h.Config = chat.Config{UserIDs: v.UserIDs, Media: h.Store, Clock: h.Clock.Now, UsersTable: "users"}
	template := dbtest.Template{Key: "prefixed ids", Prepare: func(ctx context.Context, db *gorm.DB) error {
		db = db.WithContext(ctx)
		if err := v.CreateUsersTable(db); err != nil {
			return err
		}
		for n := 1; n <= chatsuite.Users; n++ {
			if err := db.Exec("INSERT INTO users (id) VALUES (?)", id(n)).Error; err != nil {
				return err
			}
		}
		return chat.Migrate(ctx, db, h.Config)
	}}
	if v.Postgres {
		h.DB = dbtest.Postgres(t, template)
	} else {
		h.DB = dbtest.SQLiteMemory(t, template)
	}
	h.Service = chatsuite.Must(chat.New(h.DB, h.Config))(t)
	h.Alice, h.Bob, h.Carol, h.Dave, h.Erin = id(1), id(2), id(3), id(4), id(5)
	return h
}

// overEveryKindOfID runs a test over every variant and over a host's own kind.
func overEveryKindOfID(t *testing.T, test func(t *testing.T, h *chatsuite.Host)) {
	t.Helper()
	chatsuite.RunOn(t, chatsuite.AllVariants(), test)
	for _, v := range []chatsuite.Variant{{UserIDs: chatsuite.PrefixedIDs{}}, {UserIDs: chatsuite.PrefixedIDs{}, Postgres: true}} {
		t.Run(v.Dialect()+"/the host's own", func(t *testing.T) {
			t.Parallel()
			test(t, newPrefixedHost(t, v))
		})
	}
}

// spellings are other ways to write a user id, all of the same user.
func spellings(h *chatsuite.Host, id chat.UserID) []chat.UserID {
	switch h.UserIDs {
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
	case chatsuite.PrefixedIDs{}:
		return []chat.UserID{chat.UserID(strings.ToUpper(string(id))), "u_00" + id[2:]}
	}
	return []chat.UserID{id}
}

// oddSpelling is one of the other ways, where there are any.
func oddSpelling(h *chatsuite.Host, id chat.UserID) chat.UserID { return spellings(h, id)[0] }

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
	overEveryKindOfID(t, func(t *testing.T, h *chatsuite.Host) {
		room := testIDsOfRooms(t, h)
		testIDsOfMembers(t, h, room)
		message := testIDsOfMessages(t, h, room)
		testIDsOfReactions(t, h, message)
		testIDsOfPrivateRooms(t, h)
		testIDsOfEvents(t, h, room)
		testIDsOfEndings(t, h, room)
	})
}

func testIDsOfRooms(t *testing.T, h *chatsuite.Host) uuid.UUID {
	t.Helper()
	room := chatsuite.Must(h.CreateRoom(h.Ctx, oddSpelling(h, h.Alice), chat.NewRoom{Name: "A", Members: []chat.NewRoomUser{
		{UserID: h.Bob}, {UserID: oddSpelling(h, h.Bob)}, {UserID: oddSpelling(h, h.Alice)}, // everyone once
	}}))(t)
	wantID(t, "owner of a new room", room.OwnerID, h.Alice)
	wantID(t, "me", &room.Me.UserID, h.Alice)
	bySystem := chatsuite.Must(h.CreateRoom(h.Ctx, chat.System, chat.NewRoom{Name: "B", Owner: oddSpelling(h, h.Carol), Public: true}))(t)
	wantID(t, "owner named by System", bySystem.OwnerID, h.Carol)
	chatsuite.Must(h.JoinRoom(h.Ctx, oddSpelling(h, h.Dave), bySystem.ID))(t)
	public := chatsuite.Must(h.SearchRooms(h.Ctx, oddSpelling(h, h.Dave), chat.RoomSearchQuery{}))(t).Items
	if len(public) != 1 || public[0].Me == nil {
		t.Fatalf("dave finds the rooms %+v", public)
	}
	wantID(t, "owner of a found room", public[0].OwnerID, h.Carol)
	wantID(t, "me in a found room", &public[0].Me.UserID, h.Dave)
	found := chatsuite.Must(h.Room(h.Ctx, oddSpelling(h, h.Bob), room.ID))(t)
	wantID(t, "owner of a room", found.OwnerID, h.Alice)
	wantID(t, "me in a room", &found.Me.UserID, h.Bob)
	renamed := chatsuite.Must(h.UpdateRoom(h.Ctx, oddSpelling(h, h.Alice), room.ID, chat.RoomPatch{Name: ptr("C")}))(t)
	wantID(t, "owner of an updated room", renamed.OwnerID, h.Alice)
	return room.ID
}

func testIDsOfMembers(t *testing.T, h *chatsuite.Host, room uuid.UUID) {
	t.Helper()
	added := chatsuite.Must(h.AddUsers(h.Ctx, oddSpelling(h, h.Alice), room, chat.NewRoomUser{UserID: oddSpelling(h, h.Carol)}, chat.NewRoomUser{UserID: oddSpelling(h, h.Bob)}))(t)
	got := map[chat.UserID]chat.UserID{}
	for _, member := range added {
		got[member.UserID] = chat.UserID(idText(member.CreatedBy))
	}
	if diff := cmp.Diff(map[chat.UserID]chat.UserID{h.Bob: h.Alice, h.Carol: h.Alice}, got); diff != "" {
		t.Errorf("who added whom: %s", diff)
	}
	for _, spelling := range spellings(h, h.Carol) {
		member := chatsuite.Must(h.RoomUser(h.Ctx, oddSpelling(h, h.Bob), room, spelling))(t)
		wantID(t, "member", &member.UserID, h.Carol)
	}
	muted := chatsuite.Must(h.UpdateRoomUser(h.Ctx, oddSpelling(h, h.Carol), room, h.Carol, chat.RoomUserPatch{Muted: ptr(true)}))(t)
	wantID(t, "muted member", &muted.UserID, h.Carol)
	if !muted.Muted {
		t.Error("a member in another spelling is not oneself")
	}
	editor := chatsuite.Must(h.UpdateRoomUser(h.Ctx, h.Alice, room, oddSpelling(h, h.Carol), chat.RoomUserPatch{Permissions: ptr(chat.CanRemoveUsers)}))(t)
	wantID(t, "member with permissions", &editor.UserID, h.Carol)
	chatsuite.Must(h.AddUsers(h.Ctx, h.Alice, room, chat.NewRoomUser{UserID: oddSpelling(h, h.Dave)}))(t)
	chatsuite.NoError(t, h.RemoveUser(h.Ctx, oddSpelling(h, h.Carol), room, oddSpelling(h, h.Dave)))
	_, err := h.RoomUser(h.Ctx, h.Alice, room, h.Dave)
	chatsuite.WantError(t, err, chat.ErrNotFound)
	chatsuite.NoError(t, h.BanUser(h.Ctx, oddSpelling(h, h.Carol), room, oddSpelling(h, h.Dave), chat.BanOptions{}))
	_, err = h.AddUsers(h.Ctx, h.Alice, room, chat.NewRoomUser{UserID: oddSpelling(h, h.Dave)})
	chatsuite.WantError(t, err, chat.ErrConflict)
	if err == nil || !strings.Contains(err.Error(), "members[0] ") {
		t.Errorf("a banned user in another spelling is answered with %v", err)
	}
	page := chatsuite.Must(h.Bans(h.Ctx, h.Alice, room, chat.Page{}))(t)
	wantID(t, "banned user", &page.Items[0].UserID, h.Dave)
	wantID(t, "who banned", page.Items[0].BannedBy, h.Carol)
	chatsuite.NoError(t, h.UnbanUser(h.Ctx, oddSpelling(h, h.Carol), room, oddSpelling(h, h.Dave)))
	chatsuite.WantFieldError(t, h.BanUser(h.Ctx, oddSpelling(h, h.Carol), room, h.Carol, chat.BanOptions{}), chat.ErrInvalid, "user_id", 0)
	chatsuite.WantError(t, h.RemoveUser(h.Ctx, oddSpelling(h, h.Alice), room, oddSpelling(h, h.Alice)), chat.ErrConflict) // the owner, by any spelling
	read := chatsuite.Must(h.MarkRead(h.Ctx, oddSpelling(h, h.Bob), room, 1))(t)
	wantID(t, "reader", &read.UserID, h.Bob)
}

func testIDsOfMessages(t *testing.T, h *chatsuite.Host, room uuid.UUID) uuid.UUID {
	t.Helper()
	media := chatsuite.Must(h.UploadMedia(h.Ctx, oddSpelling(h, h.Bob), chat.NewMedia{FileName: "a", Body: strings.NewReader("x")}))(t)
	wantID(t, "uploader", media.UserID, h.Bob)
	in := chat.NewMessage{Text: "hi", ClientID: "c", MediaIDs: []uuid.UUID{media.ID}}
	sent := chatsuite.Must(h.SendMessage(h.Ctx, oddSpelling(h, h.Bob), room, in))(t)
	wantID(t, "sender", sent.UserID, h.Bob)
	if again := chatsuite.Must(h.SendMessage(h.Ctx, h.Bob, room, in))(t); again.ID != sent.ID {
		t.Error("the repeat under another spelling is another message")
	}
	reply := chatsuite.Must(h.SendMessage(h.Ctx, oddSpelling(h, h.Alice), room, chat.NewMessage{Text: "re", ReplyToID: &sent.ID}))(t)
	wantID(t, "author replied to", reply.ReplyTo.UserID, h.Bob)
	edited := chatsuite.Must(h.EditMessage(h.Ctx, oddSpelling(h, h.Bob), sent.ID, chat.MessagePatch{Text: ptr("hello")}))(t)
	wantID(t, "author of an edited message", edited.UserID, h.Bob)
	chatsuite.Must(h.SendMessage(h.Ctx, chat.System, room, chat.NewMessage{Text: "noted"}))(t)
	page := chatsuite.Must(h.Messages(h.Ctx, oddSpelling(h, h.Alice), room, chat.HistoryQuery{}))(t)
	var authors []string
	for _, m := range page.Items {
		authors = append(authors, idText(m.UserID))
	}
	if diff := cmp.Diff([]string{string(h.Bob), string(h.Alice), "nobody"}, authors); diff != "" {
		t.Error(diff)
	}
	wantID(t, "uploader on a page", page.Items[0].Media[0].UserID, h.Bob)
	wantID(t, "author replied to on a page", page.Items[1].ReplyTo.UserID, h.Bob)
	seen, content, err := h.OpenMedia(h.Ctx, oddSpelling(h, h.Alice), media.ID)
	chatsuite.NoError(t, err)
	chatsuite.NoError(t, content.Close())
	wantID(t, "uploader of what one opens", seen.UserID, h.Bob)
	if unread := chatsuite.Must(h.Unread(h.Ctx, oddSpelling(h, h.Carol)))(t); unread.TotalWithMuted != 3 {
		t.Errorf("carol has %+v unread, want 3", unread)
	}
	searched := chatsuite.Must(h.SearchMessages(h.Ctx, oddSpelling(h, h.Carol), chat.MessageSearchQuery{Query: "hello"}))(t).Items
	if len(searched) != 1 || searched[0].ID != sent.ID {
		t.Fatalf("carol finds %+v", searched)
	}
	wantID(t, "author of what is found", searched[0].UserID, h.Bob)
	inbox := chatsuite.Must(h.Rooms(h.Ctx, oddSpelling(h, h.Alice), chat.RoomsQuery{}))(t)
	wantID(t, "owner in the inbox", inbox.Items[0].OwnerID, h.Alice)
	return sent.ID
}

func testIDsOfReactions(t *testing.T, h *chatsuite.Host, message uuid.UUID) {
	t.Helper()
	first := chatsuite.Must(h.React(h.Ctx, oddSpelling(h, h.Alice), message, "👍"))(t)
	wantID(t, "who reacts", &first.UserID, h.Alice)
	for _, spelling := range spellings(h, h.Alice) {
		if again := chatsuite.Must(h.React(h.Ctx, spelling, message, "👍"))(t); again.ID != first.ID {
			t.Errorf("%s is somebody else to React", spelling)
		}
		if mine := chatsuite.Must(h.Message(h.Ctx, spelling, message))(t).Reactions; len(mine) != 1 || mine[0].Mine == nil || *mine[0].Mine != first.ID {
			t.Errorf("%s sees the reactions %v, none of them mine", spelling, mine)
		}
	}
	found := chatsuite.Must(h.Reaction(h.Ctx, h.Bob, first.ID))(t)
	wantID(t, "whose reaction", &found.UserID, h.Alice)
	for _, in := range []chat.ReactionsQuery{{}, {MessageID: &message}} {
		list := chatsuite.Must(h.Reactions(h.Ctx, oddSpelling(h, h.Alice), in))(t).Items
		if len(list) != 1 || list[0].UserID != h.Alice {
			t.Errorf("reactions are %v", list)
		}
	}
	_, err := h.Unreact(h.Ctx, oddSpelling(h, h.Bob), first.ID)
	chatsuite.WantError(t, err, chat.ErrForbidden)
	chatsuite.Must(h.Unreact(h.Ctx, oddSpelling(h, h.Alice), first.ID))(t)
}

// The two of a private room find it from both sides, in the order of the database.
func testIDsOfPrivateRooms(t *testing.T, h *chatsuite.Host) {
	t.Helper()
	room := chatsuite.Must(h.OpenPrivate(h.Ctx, oddSpelling(h, h.Bob), h.Alice))(t)
	wantID(t, "the other", room.Other, h.Alice)
	wantID(t, "the first of the pair", room.PrivateA, h.Alice)
	wantID(t, "the second of the pair", room.PrivateB, h.Bob)
	for _, mine := range append(spellings(h, h.Alice), h.Alice) {
		for _, theirs := range append(spellings(h, h.Bob), h.Bob) {
			same := chatsuite.Must(h.OpenPrivate(h.Ctx, mine, theirs))(t)
			if same.ID != room.ID {
				t.Errorf("%s and %s have another room", mine, theirs)
			}
			wantID(t, "the other, from the other side", same.Other, h.Bob)
		}
		_, err := h.OpenPrivate(h.Ctx, h.Alice, mine)
		chatsuite.WantFieldError(t, err, chat.ErrInvalid, "user_id", 0)
		_, err = h.OpenPrivate(h.Ctx, mine, h.Alice)
		chatsuite.WantFieldError(t, err, chat.ErrInvalid, "user_id", 0)
	}
	for actor, other := range map[chat.UserID]chat.UserID{h.Alice: h.Bob, h.Bob: h.Alice} {
		inbox := chatsuite.Must(h.Rooms(h.Ctx, oddSpelling(h, actor), chat.RoomsQuery{Type: chat.PrivateMessages}))(t).Items
		if len(inbox) != 1 {
			t.Fatalf("%s has %d private rooms", actor, len(inbox))
		}
		wantID(t, "the other in the inbox", inbox[0].Other, other)
		wantID(t, "me in the inbox", &inbox[0].Me.UserID, actor)
	}
}

func testIDsOfEvents(t *testing.T, h *chatsuite.Host, room uuid.UUID) {
	t.Helper()
	var got []string
	for _, e := range h.LoggedEvents(room) {
		got = append(got, fmt.Sprintf("%s: %s by %s", e.Kind, idText(e.UserID), idText(e.ActorID)))
	}
	alice, bob, carol, dave := h.Alice, h.Bob, h.Carol, h.Dave
	var want []string
	for _, e := range []struct {
		kind      chat.EventKind
		user, who chat.UserID
	}{
		{chat.RoomCreated, alice, alice}, {chat.UserAdded, bob, alice}, {chat.RoomUpdated, "nobody", alice},
		{chat.UserAdded, carol, alice}, {chat.UserUpdated, carol, alice}, {chat.UserAdded, dave, alice}, {chat.UserRemoved, dave, carol},
		{chat.UserBanned, dave, carol}, {chat.UserUnbanned, dave, carol},
		{chat.MessageCreated, "nobody", bob}, {chat.MessageCreated, "nobody", alice}, {chat.MessageEdited, "nobody", bob},
		{chat.MessageCreated, "nobody", "nobody"}, {chat.ReactionAdded, alice, alice}, {chat.ReactionRemoved, alice, alice},
	} {
		want = append(want, fmt.Sprintf("%s: %s by %s", e.kind, e.user, e.who))
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func testIDsOfEndings(t *testing.T, h *chatsuite.Host, room uuid.UUID) {
	t.Helper()
	same := chatsuite.Must(h.TransferOwnership(h.Ctx, oddSpelling(h, h.Alice), room, oddSpelling(h, h.Alice)))(t)
	wantID(t, "owner as before", same.OwnerID, h.Alice)
	handed := chatsuite.Must(h.TransferOwnership(h.Ctx, oddSpelling(h, h.Alice), room, oddSpelling(h, h.Bob)))(t)
	wantID(t, "new owner", handed.OwnerID, h.Bob)
	chatsuite.NoError(t, h.LeaveRoom(h.Ctx, oddSpelling(h, h.Alice), room))
	chatsuite.NoError(t, h.EraseUser(h.Ctx, chat.System, oddSpelling(h, h.Bob), chat.EraseOptions{Successors: map[uuid.UUID]chat.UserID{room: oddSpelling(h, h.Carol)}}))
	heir := chatsuite.Must(h.Room(h.Ctx, oddSpelling(h, h.Carol), room))(t)
	wantID(t, "heir", heir.OwnerID, h.Carol)
	for _, table := range []string{"chat_room_users", "chat_restrictions", "chat_messages", "chat_media", "chat_reactions", "chat_events"} {
		var left int64
		chatsuite.NoError(t, h.DB.Table(table).Where("user_id = ?", h.Bob).Count(&left).Error)
		if left != 0 {
			t.Errorf("%d rows of %s still name the erased user", left, table)
		}
	}
	chatsuite.NoError(t, h.DB.Exec("DELETE FROM users WHERE id = ?", h.Bob).Error) // nothing holds the host's row
	chatsuite.NoError(t, h.DeleteRoom(h.Ctx, oddSpelling(h, h.Carol), room))
	if purged := chatsuite.Must(h.PurgeRooms(h.Ctx, 0))(t); purged != 1 {
		t.Errorf("%d rooms were purged", purged)
	}
}
