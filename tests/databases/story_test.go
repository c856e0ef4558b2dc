package databases_test

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"reflect"
	"regexp"
	"strings"
	"sync/atomic"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm"

	"github.com/go-df/chat"
	"github.com/go-df/chat/internal/chatsuite"
)

// story calls every method of a Service, with everything that an input may hold, and
// keeps what comes back, to be compared between databases.
type story struct {
	*chatsuite.Host
	clock  *stillClock
	after  func(h *chatsuite.Host, method string)
	lines  []string
	called map[string]bool
	ids    map[string]string // random ids, by the order in which they were seen

	room, private *chat.Room
	image, file   *chat.Media
	first, second *chat.Message
	reaction      *chat.Reaction
}

// stillClock moves between calls alone: how often one reads it may differ.
type stillClock struct{ at atomic.Pointer[time.Time] }

func (c *stillClock) now() time.Time { return *c.at.Load() }

func (c *stillClock) advance(d time.Duration) {
	at := c.now().Add(d)
	c.at.Store(&at)
}

// newStillClock returns a clock, and the option that makes a host use it.
func newStillClock() (*stillClock, func(*chat.Config)) {
	c, start := &stillClock{}, time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)
	c.at.Store(&start)
	return c, func(config *chat.Config) { config.Clock = c.now }
}

// tell returns the story of a host that open makes.
func tell(open func(option func(*chat.Config)) *chatsuite.Host) []string {
	return tellWatched(open, func(*chatsuite.Host, string) {})
}

// tellWatched is tell that calls after outside of transactions, after each call of a
// method.
func tellWatched(open func(option func(*chat.Config)) *chatsuite.Host, after func(h *chatsuite.Host, method string)) []string {
	clock, option := newStillClock()
	h := open(option)
	h.T.Helper()
	s := &story{Host: h, clock: clock, after: after, called: map[string]bool{}, ids: map[string]string{}}
	for _, chapter := range []func(){s.rooms, s.members, s.media, s.messages, s.changes, s.reactions, s.reading, s.bound, s.ends} {
		chapter()
	}
	for method := range reflect.TypeFor[*chat.Service]().Methods() {
		if !s.called[method.Name] {
			h.T.Errorf("the story does not call %s", method.Name)
		}
	}
	h.CheckRoomLogs()
	s.see("events", h.EventKinds(s.room.ID), nil)
	return s.lines
}

var (
	randomIDs = regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}`)
	cursors   = regexp.MustCompile(`"next":"[^"]+"`)
	keys      = regexp.MustCompile(`https://media\.example/[^?]+`)
)

// see keeps the result of a method, or its error.
func (s *story) see(method string, result any, err error) {
	s.T.Helper()
	s.called[method] = true
	s.clock.advance(time.Millisecond)
	line := method + ": "
	if err != nil {
		line += "error: " + err.Error()
	} else {
		line += string(chatsuite.Must(json.Marshal(result))(s.T))
	}
	line = keys.ReplaceAllString(cursors.ReplaceAllString(line, `"next":"…"`), "https://media.example/…")
	s.lines = append(s.lines, randomIDs.ReplaceAllStringFunc(line, func(id string) string {
		if s.ids[id] == "" {
			s.ids[id] = fmt.Sprintf("<%d>", len(s.ids)+1)
		}
		return s.ids[id]
	}))
	s.after(s.Host, method)
}

// seen keeps the result of a method and returns it.
func seen[T any](s *story, method string, result T, err error) T {
	s.T.Helper()
	s.see(method, result, err)
	return result
}

// need is seen for what the story goes on with.
func need[T any](s *story, method string) func(result *T, err error) *T {
	return func(result *T, err error) *T {
		s.T.Helper()
		if err != nil {
			s.T.Fatalf("%s: %v", method, err)
		}
		return seen(s, method, result, err)
	}
}

func (s *story) pointer(p chat.Permissions) *chat.Permissions { return &p }

// odd is text that no way of binding may take for anything else.
const odd = oddName + "\n"

// oddName is such a text of one line.
const oddName = `it's "odd": $1 ? \ {a,b} %s -- ; 👍🏽 ` + "\tNULL"

func (s *story) rooms() {
	s.room = need[chat.Room](s, "CreateRoom")(s.CreateRoom(s.Ctx, s.Alice, chat.NewRoom{
		Type: chat.Group, Name: oddName, Description: odd, Public: true, Metadata: chat.Metadata(`{"a": [1, "?", null], "$1": {}}`),
		DefaultPermissions: s.pointer(chat.CanCreateMessages | chat.CanAddUsers | chat.CanEditOwnMessages),
		Members: []chat.NewRoomUser{
			{UserID: s.Bob}, {UserID: s.Carol, Permissions: s.pointer(chat.NoPermissions)},
			{UserID: s.Dave, Permissions: s.pointer(chat.AllPermissions &^ chat.CanDeleteRoom)},
		},
	}))
	channel := need[chat.Room](s, "CreateRoom")(s.CreateRoom(s.Ctx, chat.System, chat.NewRoom{
		Type: chat.Channel, Name: "news", Owner: s.Bob, DefaultPermissions: s.pointer(chat.NoPermissions),
	}))
	s.private = need[chat.Room](s, "OpenPrivate")(s.OpenPrivate(s.Ctx, s.Bob, s.Alice))
	need[chat.Room](s, "OpenPrivate")(s.OpenPrivate(s.Ctx, s.Alice, s.Bob))
	need[chat.Room](s, "PrivateRoom")(s.PrivateRoom(s.Ctx, s.Alice, s.Bob))
	seen(s, "PrivateRoom", uuid.Nil, chatsuite.ErrorOf(s.PrivateRoom(s.Ctx, s.Alice, s.Carol))) // not found
	keyed := chat.NewRoom{Name: "order", Key: oddName[:20], Ownerless: true, Members: []chat.NewRoomUser{{UserID: s.Carol}}}
	need[chat.Room](s, "CreateRoom")(s.CreateRoom(s.Ctx, chat.System, keyed))
	need[chat.Room](s, "CreateRoom")(s.CreateRoom(s.Ctx, chat.System, keyed)) // the same
	need[chat.Room](s, "RoomByKey")(s.RoomByKey(s.Ctx, s.Carol, keyed.Key))
	seen(s, "RoomByKey", uuid.Nil, chatsuite.ErrorOf(s.RoomByKey(s.Ctx, s.Alice, keyed.Key))) // not found
	need[chat.Room](s, "Room")(s.Room(s.Ctx, s.Erin, s.room.ID))
	need[chat.RoomsPage](s, "SearchRooms")(s.SearchRooms(s.Ctx, s.Erin, chat.RoomSearchQuery{Query: "ODD"}))
	name, public := "renamed "+oddName, false
	need[chat.Room](s, "UpdateRoom")(s.UpdateRoom(s.Ctx, s.Bob, channel.ID, chat.RoomPatch{Name: &name, Public: &public,
		DefaultPermissions: s.pointer(chat.CanCreateMessages)}))
	seen(s, "Room", uuid.Nil, chatsuite.ErrorOf(s.Room(s.Ctx, s.Alice, channel.ID))) // not found
}

func (s *story) members() {
	ctx, room := s.Ctx, s.room.ID
	added, err := s.AddUsers(ctx, s.Alice, room, chat.NewRoomUser{UserID: s.UserID(6)},
		chat.NewRoomUser{UserID: s.UserID(7), Permissions: s.pointer(chat.CanAddUsers | chat.CanEditRoom)}, chat.NewRoomUser{UserID: s.Bob})
	seen(s, "AddUsers", added, err)
	need[chat.Room](s, "JoinRoom")(s.JoinRoom(ctx, s.Erin, room))
	yes := true
	need[chat.RoomUser](s, "UpdateRoomUser")(s.UpdateRoomUser(ctx, s.Alice, room, s.Bob,
		chat.RoomUserPatch{Permissions: s.pointer(chat.CanCreateMessages | chat.CanDeleteMessages)}))
	need[chat.RoomUser](s, "UpdateRoomUser")(s.UpdateRoomUser(ctx, s.Alice, room, s.Dave, chat.RoomUserPatch{ResetPermissions: true}))
	need[chat.RoomUser](s, "UpdateRoomUser")(s.UpdateRoomUser(ctx, s.Bob, room, s.Bob, chat.RoomUserPatch{Muted: &yes}))
	need[chat.RoomUser](s, "RoomUser")(s.RoomUser(ctx, s.Carol, room, s.Bob))
	page := need[chat.RoomUsersPage](s, "RoomUsers")(s.RoomUsers(ctx, s.Carol, room, chat.Page{Limit: 2}))
	need[chat.RoomUsersPage](s, "RoomUsers")(s.RoomUsers(ctx, s.Carol, room, chat.Page{Limit: 100, Cursor: page.Next}))
	s.see("RemoveUser", nil, s.RemoveUser(ctx, s.Alice, room, s.UserID(6)))
	s.see("RemoveUser", nil, s.RemoveUser(ctx, s.Carol, room, s.Bob)) // forbidden
	until := s.Clock.Now().Add(time.Hour)
	s.see("BanUser", nil, s.BanUser(ctx, s.Alice, room, s.UserID(6), chat.BanOptions{Until: &until, Reason: odd}))
	s.see("BanUser", nil, s.BanUser(ctx, s.Carol, room, s.Bob, chat.BanOptions{})) // forbidden
	need[chat.BansPage](s, "Bans")(s.Bans(ctx, s.Alice, room, chat.Page{}))
	s.see("UnbanUser", nil, s.UnbanUser(ctx, s.Alice, room, s.UserID(6)))
	s.see("UnbanUser", nil, s.UnbanUser(ctx, s.Alice, room, s.UserID(6))) // not found
	s.see("LeaveRoom", nil, s.LeaveRoom(ctx, s.UserID(7), room))
	need[chat.Room](s, "TransferOwnership")(s.TransferOwnership(ctx, s.Alice, room, s.Dave))
	need[chat.Room](s, "TransferOwnership")(s.TransferOwnership(ctx, chat.System, room, s.Alice))
}

func (s *story) media() {
	upload := func(actor chat.Actor, name, body string) *chat.Media {
		return need[chat.Media](s, "UploadMedia")(s.UploadMedia(s.Ctx, actor, chat.NewMedia{FileName: name, Body: strings.NewReader(body)}))
	}
	s.image, s.file = upload(s.Alice, "b.gif", chatsuite.GIF), upload(s.Alice, "it's.txt", odd)
	upload(chat.System, "", "never sent")
	s.see("DeleteMedia", nil, s.DeleteMedia(s.Ctx, s.Bob, upload(s.Bob, "taken back", "never sent either").ID))
	s.see("DeleteMedia", nil, s.DeleteMedia(s.Ctx, s.Bob, s.image.ID)) // not found
	avatar := upload(s.Alice, "avatar.gif", chatsuite.GIF)
	s.room = need[chat.Room](s, "Room")(s.Room(s.Ctx, s.Alice, s.room.ID))
	s.room = need[chat.Room](s, "UpdateRoom")(s.UpdateRoom(s.Ctx, s.Alice, s.room.ID,
		chat.RoomPatch{AvatarID: &avatar.ID, IfChangedAt: &s.room.UpdatedAt}))
	need[chat.Media](s, "Media")(s.Media(s.Ctx, s.Bob, avatar.ID))
}

func (s *story) messages() {
	ctx, room := s.Ctx, s.room.ID
	in := chat.NewMessage{Text: odd, MediaIDs: []uuid.UUID{s.image.ID, s.file.ID}, ClientID: oddName[:20], Metadata: chat.Metadata(`{"at": "@name ?"}`)}
	s.first = need[chat.Message](s, "SendMessage")(s.SendMessage(ctx, s.Alice, room, in))
	need[chat.Message](s, "SendMessage")(s.SendMessage(ctx, s.Alice, room, in)) // a repeat
	s.second = need[chat.Message](s, "SendMessage")(s.SendMessage(ctx, s.Bob, room, chat.NewMessage{Text: odd, ReplyToID: &s.first.ID, ClientID: "1"}))
	need[chat.Message](s, "SendMessage")(s.SendMessage(ctx, s.Bob, room, chat.NewMessage{Text: odd, ReplyToID: &s.first.ID, ClientID: "1"}))
	need[chat.Message](s, "SendMessage")(s.SendMessage(ctx, chat.System, s.private.ID, chat.NewMessage{Text: "welcome", ClientID: "1"}))
	_, err := s.SendMessage(ctx, s.Carol, room, chat.NewMessage{Text: "no"})
	s.see("SendMessage", nil, err) // forbidden
	_, err = s.SendMessage(ctx, s.Bob, room, chat.NewMessage{Text: "other", ClientID: "1"})
	s.see("SendMessage", nil, err) // conflict
	s.mentions()
}

func (s *story) mentions() {
	ctx, room := s.Ctx, s.room.ID
	m := need[chat.Message](s, "SendMessage")(s.SendMessage(ctx, s.Alice, room,
		chat.NewMessage{Text: odd, Mentions: []chat.UserID{s.Bob, s.UserID(99), s.Dave}, MentionRoom: true}))
	users, no := []chat.UserID{s.Dave, s.Bob}, false
	need[chat.Message](s, "EditMessage")(s.EditMessage(ctx, s.Alice, m.ID, chat.MessagePatch{Mentions: &users, MentionRoom: &no}))
	page := need[chat.MentionsPage](s, "Mentions")(s.Mentions(ctx, s.Bob, chat.Page{Limit: 1}))
	need[chat.MentionsPage](s, "Mentions")(s.Mentions(ctx, s.Dave, chat.Page{Cursor: page.Next}))
	need[chat.RepliesPage](s, "Replies")(s.Replies(ctx, s.Bob, s.first.ID, chat.Page{}))
	need[chat.Pin](s, "PinMessage")(s.PinMessage(ctx, s.Alice, m.ID))
	need[chat.Pin](s, "PinMessage")(s.PinMessage(ctx, s.Alice, s.first.ID))
	pins, err := s.Pins(ctx, s.Carol, room)
	seen(s, "Pins", pins, err)
	s.see("UnpinMessage", nil, s.UnpinMessage(ctx, s.Alice, m.ID))
	seconds, none := 30, 0
	need[chat.Room](s, "UpdateRoom")(s.UpdateRoom(ctx, s.Alice, room, chat.RoomPatch{SlowMode: &seconds}))
	need[chat.Message](s, "SendMessage")(s.SendMessage(ctx, s.Erin, room, chat.NewMessage{Text: "slow"}))
	_, err = s.SendMessage(ctx, s.Erin, room, chat.NewMessage{Text: "slow"})
	s.see("SendMessage", nil, err) // too soon
	need[chat.Room](s, "UpdateRoom")(s.UpdateRoom(ctx, s.Alice, room, chat.RoomPatch{SlowMode: &none}))
}

func (s *story) changes() {
	text, metadata := "edited "+odd, chat.Metadata(`{"edited": true}`)
	s.second = need[chat.Message](s, "EditMessage")(s.EditMessage(s.Ctx, s.Alice, s.second.ID,
		chat.MessagePatch{Text: &text, Metadata: &metadata, IfChangedAt: &s.second.CreatedAt}))
	_, err := s.EditMessage(s.Ctx, s.Alice, s.second.ID, chat.MessagePatch{Text: &text, IfChangedAt: &s.second.CreatedAt})
	s.see("EditMessage", nil, err) // changed in the meantime
	gone := need[chat.Message](s, "SendMessage")(s.SendMessage(s.Ctx, s.Erin, s.room.ID, chat.NewMessage{Text: "gone"}))
	s.see("DeleteMessage", nil, s.DeleteMessage(s.Ctx, s.Bob, gone.ID))
	need[chat.Message](s, "Message")(s.Message(s.Ctx, s.Carol, gone.ID))
	need[chat.Message](s, "Message")(s.Message(s.Ctx, s.Carol, s.first.ID))
}

func (s *story) reactions() {
	ctx := s.Ctx
	s.reaction = need[chat.Reaction](s, "React")(s.React(ctx, s.Carol, s.first.ID, "👍"))
	need[chat.Reaction](s, "React")(s.React(ctx, s.Carol, s.first.ID, "👍"))
	other := need[chat.Reaction](s, "React")(s.React(ctx, s.Bob, s.first.ID, "🎉"))
	need[chat.Reaction](s, "Reaction")(s.Reaction(ctx, s.Alice, other.ID))
	page := need[chat.ReactionsPage](s, "Reactions")(s.Reactions(ctx, s.Alice, chat.ReactionsQuery{MessageID: &s.first.ID, Page: chat.Page{Limit: 1}}))
	need[chat.ReactionsPage](s, "Reactions")(s.Reactions(ctx, s.Alice, chat.ReactionsQuery{MessageID: &s.first.ID, Page: chat.Page{Cursor: page.Next}}))
	need[chat.ReactionsPage](s, "Reactions")(s.Reactions(ctx, s.Carol, chat.ReactionsQuery{}))
	log, err := s.Events(ctx, s.Bob, s.room.ID, chat.EventsQuery{After: 1, Limit: 5})
	seen(s, "Events", log, err)
	sub, err := s.Subscribe(ctx, s.Alice, chat.SubscribeOptions{})
	chatsuite.NoError(s.T, err)
	hello, err := sub.Next(ctx)
	hello.Cursor = "" // of this database
	seen(s, "Subscribe", hello, err)
	sub.Close()
	batch, err := s.MediaByIDs(ctx, s.Bob, []uuid.UUID{s.image.ID, s.file.ID, uuid.Nil})
	seen(s, "MediaByIDs", batch, err)
	s.see("Limits", s.Limits().Name, nil)
	s.see("HasThumbnail", s.HasThumbnail(&chat.Media{}), nil)
	s.see("Features", s.Features().Media, nil)
	s.see("UserIDType", s.UserIDType().ColumnType("sqlite"), nil)
	counts, err := s.Unreact(ctx, s.Bob, other.ID)
	s.see("Unreact", counts, err)
}

func (s *story) reading() {
	ctx, room, two := s.Ctx, s.room.ID, int64(2)
	for _, at := range []chat.HistoryQuery{{}, {Before: &two}, {After: &two, Limit: 1}, {Around: &two, Limit: 2}} {
		need[chat.MessagesPage](s, "Messages")(s.Messages(ctx, s.Dave, room, at))
	}
	need[chat.RoomUser](s, "MarkRead")(s.MarkRead(ctx, s.Dave, room, 2))
	seen(s, "Typing", "", s.Typing(ctx, s.Dave, room))
	page := need[chat.RoomsPage](s, "Rooms")(s.Rooms(ctx, s.Alice, chat.RoomsQuery{Page: chat.Page{Limit: 1}}))
	need[chat.RoomsPage](s, "Rooms")(s.Rooms(ctx, s.Alice, chat.RoomsQuery{Page: chat.Page{Cursor: page.Next}}))
	need[chat.RoomsPage](s, "Rooms")(s.Rooms(ctx, s.Alice, chat.RoomsQuery{Type: chat.Group}))
	need[chat.RoomUser](s, "MarkUnread")(s.MarkUnread(ctx, s.Dave, room, 1))
	need[chat.Unread](s, "Unread")(s.Unread(ctx, s.Dave))
	need[chat.MessageSearchPage](s, "SearchMessages")(s.SearchMessages(ctx, s.Dave, chat.MessageSearchQuery{Query: "odd"}))
	need[chat.MessageSearchPage](s, "SearchMessages")(s.SearchMessages(ctx, chat.System, chat.MessageSearchQuery{Query: "EDITED", RoomID: &room}))
	s.all()
	s.open("OpenMedia", s.OpenMedia, s.file.ID)
	s.open("OpenThumbnail", s.OpenThumbnail, s.image.ID)
	url, err := s.MediaURL(ctx, s.Dave, s.file.ID, time.Minute)
	seen(s, "MediaURL", url, err)
}

// all goes through everything, with every filter that there is.
func (s *story) all() {
	ctx, since, before := s.Ctx, s.first.CreatedAt, s.clock.now()
	for _, actor := range []chat.Actor{chat.System, s.Dave} {
		seenAll(s, "AllRooms", s.AllRooms(ctx, actor, chat.RoomFilter{Type: chat.Group, UserID: s.Carol, Since: since.Add(-time.Hour), Before: before}))
		seenAll(s, "AllRooms", s.AllRooms(ctx, actor, chat.RoomFilter{}))
		seenAll(s, "AllRoomUsers", s.AllRoomUsers(ctx, actor, chat.RoomUserFilter{RoomID: &s.room.ID, RoomType: chat.Group, UserID: s.Bob}))
		seenAll(s, "AllRoomUsers", s.AllRoomUsers(ctx, actor, chat.RoomUserFilter{UserID: s.Bob}))
		seenAll(s, "AllMessages", s.AllMessages(ctx, actor, chat.MessageFilter{RoomType: chat.Group, Author: s.Bob, Since: since, Before: before}))
		seenAll(s, "AllMessages", s.AllMessages(ctx, actor, chat.MessageFilter{RoomID: &s.room.ID, Author: s.Alice, Since: since}))
		seenAll(s, "AllMedia", s.AllMedia(ctx, actor, chat.MediaFilter{UserID: s.Alice, Since: since.Add(-time.Hour), Before: before}))
		for _, page := range []chat.Page{{}, {Limit: 1}} {
			messages := need[chat.UserMessagesPage](s, "MessagesBy")(s.MessagesBy(ctx, actor, s.Alice, page))
			need[chat.UserMessagesPage](s, "MessagesBy")(s.MessagesBy(ctx, actor, s.Alice, chat.Page{Cursor: messages.Next}))
			media := need[chat.MediaPage](s, "MediaBy")(s.MediaBy(ctx, actor, s.Alice, page))
			need[chat.MediaPage](s, "MediaBy")(s.MediaBy(ctx, actor, s.Alice, chat.Page{Cursor: media.Next}))
		}
	}
	seenAll(s, "Digest", s.Digest(ctx, chat.DigestQuery{RoomType: chat.Group, Since: since, Messages: 2}))
	seenAll(s, "Digest", s.Digest(ctx, chat.DigestQuery{UnseenFor: time.Minute}))
	var archive bytes.Buffer
	err := s.ExportUser(ctx, s.Alice, &archive)
	s.see("ExportUser", nil, err)
	for _, file := range chatsuite.Must(zip.NewReader(bytes.NewReader(archive.Bytes()), int64(archive.Len())))(s.T).File {
		content := chatsuite.Must(file.Open())(s.T)
		seen(s, "ExportUser", file.Name+string(chatsuite.Must(io.ReadAll(content))(s.T)), content.Close())
	}
}

// seenAll keeps what a sequence yields.
func seenAll[T any](s *story, method string, all iter.Seq2[T, error]) {
	s.T.Helper()
	for item, err := range all {
		s.see(method, item, err)
	}
}

func (s *story) open(method string, open func(ctx context.Context, actor chat.Actor, media uuid.UUID) (*chat.Media, io.ReadCloser, error), id uuid.UUID) {
	s.T.Helper()
	m, body, err := open(s.Ctx, s.Dave, id)
	s.see(method, m, err)
	if err == nil {
		seen(s, method, len(chatsuite.Must(io.ReadAll(body))(s.T)), body.Close())
	}
}

// bound is what the host does in transactions of its own.
func (s *story) bound() {
	err := s.InTx(s.Ctx, func(tx *gorm.DB, bound *chat.Service) error {
		if err := tx.Exec("UPDATE users SET name = ? WHERE id = ?", odd, s.Alice).Error; err != nil {
			return err
		}
		_, err := bound.SendMessage(s.Ctx, s.Alice, s.room.ID, chat.NewMessage{Text: "in the host's transaction"})
		return err
	})
	s.see("InTx", nil, err)
	tx := s.DB.Begin()
	bound, done := s.WithTx(tx)
	sent, err := bound.SendMessage(s.Ctx, s.Alice, s.room.ID, chat.NewMessage{Text: "in another"})
	chatsuite.NoError(s.T, err)
	reaction, err := bound.React(s.Ctx, s.Alice, s.first.ID, "👍")
	chatsuite.NoError(s.T, err)
	chatsuite.NoError(s.T, tx.Commit().Error)
	done()
	s.see("WithTx", []any{sent, reaction}, nil)
	s.see("Check", nil, s.Check(s.Ctx))
	seen(s, "Logger", s.Logger().Enabled(s.Ctx, 0), nil)
}

func (s *story) ends() {
	ctx := s.Ctx
	s.see("DeleteRoom", nil, s.DeleteRoom(ctx, s.Alice, s.private.ID))
	s.see("EraseUser", nil, s.EraseUser(ctx, chat.System, s.Alice, chat.EraseOptions{Successors: map[uuid.UUID]chat.UserID{s.room.ID: s.Bob}}))
	need[chat.Room](s, "Room")(s.Room(ctx, s.Bob, s.room.ID))
	need[chat.MessagesPage](s, "Messages")(s.Messages(ctx, s.Bob, s.room.ID, chat.HistoryQuery{}))
	imported, err := s.ImportMessages(ctx, s.room.ID, func(yield func(chat.ImportedMessage, error) bool) {
		at := s.Config.Clock().Add(-time.Hour)
		_ = yield(chat.ImportedMessage{UserID: s.Bob, ClientID: "1", Text: odd, CreatedAt: at, EditedAt: &at, Metadata: chat.Metadata(`{"a": [1]}`),
			Reactions: []chat.ImportedReaction{{UserID: s.Bob, Reaction: "👍"}}}, nil) &&
			yield(chat.ImportedMessage{ClientID: "2", ReplyTo: "1", Text: "a reply", CreatedAt: at, Media: []chat.ImportedMedia{
				{FileName: odd, Open: func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader("a file")), nil }}}}, nil)
	})
	seen(s, "ImportMessages", imported, err)
	need[chat.MessagesPage](s, "Messages")(s.Messages(ctx, s.Bob, s.room.ID, chat.HistoryQuery{}))
	deleted, err := s.DeleteMessages(ctx, chat.MessageFilter{RoomID: &s.room.ID, RoomType: chat.Group, Author: s.Bob, Before: s.Config.Clock()})
	seen(s, "DeleteMessages", deleted, err)
	s.clock.advance(time.Hour)
	done, err := s.Maintain(ctx, chat.MaintainOptions{Retention: []chat.Retention{{RoomID: &s.room.ID, RoomType: chat.Group, Age: time.Minute}}})
	seen(s, "Maintain", done, err)
	purged, err := s.PurgeRooms(ctx, time.Minute)
	seen(s, "PurgeRooms", purged, err)
	pruned, err := s.PruneEvents(ctx, 24*time.Hour)
	seen(s, "PruneEvents", pruned, err)
	swept, err := s.SweepMedia(ctx, time.Minute)
	seen(s, "SweepMedia", swept, err)
	// All models, as a host reads them.
	for _, model := range []any{&[]chat.Room{}, &[]chat.RoomUser{}, &[]chat.Message{}, &[]chat.MessageMedia{}, &[]chat.Reaction{}, &[]chat.Pin{}} {
		s.see("GORM", model, s.DB.Order("1, 2").Find(model).Error)
	}
	var found chat.RoomUser
	err = s.DB.Where(&chat.RoomUser{Permissions: s.pointer(chat.CanCreateMessages | chat.CanDeleteMessages)}).Take(&found).Error
	s.see("GORM", found.UserID, err)
	fresh := chatsuite.Must(chat.New(s.DB, s.Config))(s.T)
	s.see("Close", nil, fresh.Close())
	seen(s, "Unread", 0, chatsuite.ErrorOf(fresh.Unread(ctx, s.Bob))) // closed
}
