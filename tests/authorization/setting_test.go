package authorization_test

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/png"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/uuid"
	"gorm.io/gorm"

	"github.com/go-df/chat"
	"github.com/go-df/chat/internal/chatsuite"
)

// setting is a room with one actor in their standing, and all that the table's
// operations are about.
type setting struct {
	actorKind
	room    roomKind
	actor   chat.Actor
	manager chat.Actor           // the owner, or System where there is none
	things  map[string]uuid.UUID // "room", "message/own", "media/own unsent", …
	users   map[string]chat.UserID
}

// The users of every setting; each also has an actor and another of its own.
const (
	userAlice    = 1 // owns the groups and channels
	userIdle     = 3 // a member with no permission
	userDave     = 4 // owns the other room
	userErin     = 5 // is in the other room
	userAdmin    = 6 // a member with all that the room can give
	userRemover  = 7 // a member with can_remove_users
	userBanned   = 8 // banned from the room
	userStandIn  = 9 // is in private rooms in the place of actors who are not
	userActor    = 10
	userAnother  = 35
	userStranger = 60
	userGhost    = 62 // a member who was erased
)

// setter builds the settings of a world in one transaction.
type setter struct {
	t    testing.TB
	h    *chatsuite.Host
	s    *chat.Service
	tx   *gorm.DB
	room roomKind
}

// newSettings sets a setting for each kind of actor that there is in such a room.
func newSettings(t testing.TB, h *chatsuite.Host, room roomKind, kinds []actorKind) (settings []*setting) {
	t.Helper()
	chatsuite.NoError(t, h.InTx(h.Ctx, func(tx *gorm.DB, s *chat.Service) error {
		b := &setter{t: t, h: h, s: s, tx: tx, room: room}
		other := b.otherRoom()
		for i, kind := range kinds {
			if kind.possible(room) {
				sc := b.setting(i, kind)
				for name, id := range other {
					sc.things[name] = id
				}
				settings = append(settings, sc)
			}
		}
		chatsuite.NoError(t, s.EraseUser(h.Ctx, chat.System, h.UserID(userGhost), chat.EraseOptions{}))
		for _, sc := range settings {
			b.finish(sc)
		}
		return nil
	}))
	return settings
}

func (b *setter) id(n int) chat.UserID { return b.h.UserID(n) }

func (b *setter) setting(i int, kind actorKind) *setting {
	sc := &setting{actorKind: kind, room: b.room, actor: kind.stands, things: map[string]uuid.UUID{}}
	another := b.id(userAnother + i)
	sc.users = map[string]chat.UserID{"another": another, "a stranger": b.id(userStranger)}
	if kind.person() {
		sc.users["oneself"] = b.id(userActor + i)
		sc.actor = b.id(userActor + i)
	}
	if b.room.Type == chat.PrivateMessages {
		b.openPrivate(sc)
	} else {
		b.createRoom(sc)
	}
	b.fill(sc)
	return sc
}

func (b *setter) openPrivate(sc *setting) {
	me := b.id(userStandIn)
	switch {
	case sc.erased && b.room.closed:
		sc.users["another"] = me
		me = sc.users["oneself"]
	case sc.member:
		me = sc.users["oneself"]
	}
	sc.things["room"] = chatsuite.Must(b.s.OpenPrivate(b.h.Ctx, me, sc.users["another"]))(b.t).ID
}

// createRoom lets everybody write at first.
func (b *setter) createRoom(sc *setting) {
	owner, all, none := b.id(userAlice), givable(b.room.Type), chat.NoPermissions
	remover := chat.CanRemoveUsers
	members := []chat.NewRoomUser{
		{UserID: sc.users["another"], Permissions: &all}, {UserID: b.id(userGhost), Permissions: &all},
		{UserID: b.id(userIdle), Permissions: &none},
		{UserID: b.id(userAdmin), Permissions: &all}, {UserID: b.id(userRemover), Permissions: &remover},
	}
	switch {
	case sc.owner:
		owner = sc.users["oneself"]
	case sc.joins(b.room):
		members = append(members, chat.NewRoomUser{UserID: sc.users["oneself"], Permissions: &all})
	}
	sc.manager, sc.users["one with none"] = owner, b.id(userIdle)
	sc.users["an administrator"], sc.users["one who removes"], sc.users["one banned"] = b.id(userAdmin), b.id(userRemover), b.id(userBanned)
	if b.room.ownerless {
		sc.manager = chat.System
	} else {
		sc.users["the owner"] = owner
	}
	room := chatsuite.Must(b.s.CreateRoom(b.h.Ctx, sc.manager, chat.NewRoom{
		Type: b.room.Type, Name: "A room", Public: b.room.public, HistoryVisibility: chat.HistoryJoined, Members: members,
		Ownerless: b.room.ownerless,
	}))(b.t)
	sc.things["room"] = room.ID
	b.setKey(room.ID)
	avatar := b.upload(sc.manager, tinyPNG)
	chatsuite.Must(b.s.UpdateRoom(b.h.Ctx, sc.manager, room.ID, chat.RoomPatch{AvatarID: &avatar}))(b.t)
	sc.things["media/the avatar"] = avatar
	sc.things["message/an erased author's"] = b.send(b.id(userGhost), room.ID)
}

// fill writes, uploads and reacts as the actor and as another.
func (b *setter) fill(sc *setting) {
	room := sc.things["room"]
	sc.things["message/System's"] = b.send(chat.System, room)
	another := sc.users["another"]
	b.write(sc, "another's", another)
	b.keep(sc, "another's", another)
	sc.things["reaction/another's"] = b.react(another, sc.things["message/System's"])
	if sc.nobody() {
		return
	}
	b.keep(sc, "own", sc.actor)
	if !sc.person() || sc.joins(b.room) {
		b.write(sc, "own", sc.actor)
	}
	if sc.joins(b.room) {
		sc.things["reaction/own"] = b.react(sc.actor, sc.things["message/another's"])
	}
}

// write sends a message and a tombstone, each with a medium.
func (b *setter) write(sc *setting, whose string, actor chat.Actor) {
	room, used, released := sc.things["room"], b.upload(actor, tinyPNG), b.upload(actor, tinyPNG)
	sc.things["media/"+whose+" in a message"] = used
	sc.things["message/"+whose] = b.send(actor, room, used)
	sc.things["media/"+whose+" released"] = released
	buried := b.send(actor, room, released)
	chatsuite.NoError(b.t, b.s.DeleteMessage(b.h.Ctx, actor, buried))
	sc.things["message/"+whose+" tombstone"] = buried
}

// keep uploads what is not sent.
func (b *setter) keep(sc *setting, whose string, actor chat.Actor) {
	sc.things["media/"+whose+" unsent"] = b.upload(actor, tinyPNG)
	sc.things["media/"+whose+" text"] = b.upload(actor, "plain text")
	broken := errors.New("the connection was lost")
	if _, err := b.s.UploadMedia(b.h.Ctx, actor, chat.NewMedia{Body: iotest.ErrReader(broken)}); !errors.Is(err, broken) {
		b.t.Fatalf("a broken upload: error is %v, want %v", err, broken)
	}
	var pending uuid.UUID
	chatsuite.NoError(b.t, b.tx.Raw("SELECT id FROM chat_media WHERE state = 'pending' ORDER BY id DESC LIMIT 1").Row().Scan(&pending))
	sc.things["media/"+whose+" pending"] = pending
}

func (b *setter) upload(actor chat.Actor, body string) uuid.UUID {
	return chatsuite.Must(b.s.UploadMedia(b.h.Ctx, actor, chat.NewMedia{FileName: "a file", Body: strings.NewReader(body)}))(b.t).ID
}

func (b *setter) send(actor chat.Actor, room uuid.UUID, media ...uuid.UUID) uuid.UUID {
	return chatsuite.Must(b.s.SendMessage(b.h.Ctx, actor, room, chat.NewMessage{Text: "some words", MediaIDs: media}))(b.t).ID
}

func (b *setter) react(actor chat.Actor, message uuid.UUID) uuid.UUID {
	return chatsuite.Must(b.s.React(b.h.Ctx, actor, message, "👍"))(b.t).ID
}

// finish puts everybody into their standing. Sets that a room cannot give are
// written by hand.
func (b *setter) finish(sc *setting) {
	room, oneself := sc.things["room"], sc.users["oneself"]
	b.setPermissions(room, sc.users["another"], nil)
	if banned, there := sc.users["one banned"]; there {
		chatsuite.NoError(b.t, b.s.BanUser(b.h.Ctx, sc.manager, room, banned, chat.BanOptions{}))
	}
	switch {
	case sc.banned:
		chatsuite.NoError(b.t, b.s.BanUser(b.h.Ctx, sc.manager, room, oneself, chat.BanOptions{}))
	case sc.removed:
		chatsuite.NoError(b.t, b.s.RemoveUser(b.h.Ctx, sc.manager, room, oneself))
	case sc.erased:
		chatsuite.NoError(b.t, b.s.EraseUser(b.h.Ctx, chat.System, oneself, chat.EraseOptions{}))
	case sc.newcomer:
		all := givable(b.room.Type)
		chatsuite.NoError(b.t, b.s.LeaveRoom(b.h.Ctx, oneself, room))
		chatsuite.Must(b.s.AddUsers(b.h.Ctx, sc.manager, room, chat.NewRoomUser{UserID: oneself, Permissions: &all}))(b.t)
	case sc.admin:
		all := givable(b.room.Type)
		b.setPermissions(room, oneself, &all)
	case sc.member:
		b.setPermissions(room, oneself, sc.permissions)
	}
	if b.room.closed && !sc.erased {
		chatsuite.NoError(b.t, b.s.EraseUser(b.h.Ctx, chat.System, sc.users["another"], chat.EraseOptions{}))
	}
	if b.room.deleted {
		chatsuite.NoError(b.t, b.s.DeleteRoom(b.h.Ctx, chat.System, room))
	}
}

func (b *setter) setPermissions(room uuid.UUID, user chat.UserID, set *chat.Permissions) {
	chatsuite.NoError(b.t, b.tx.Exec("UPDATE chat_room_users SET permissions = ? WHERE room_id = ? AND user_id = ?", set, room, user).Error)
}

// setKey gives a room its id as its key, which System could have done when it made it.
func (b *setter) setKey(room uuid.UUID) {
	chatsuite.NoError(b.t, b.tx.Exec("UPDATE chat_rooms SET key = ? WHERE id = ?", room.String(), room).Error)
}

// otherRoom is a room of the same kind with none of the actors in it.
func (b *setter) otherRoom() map[string]uuid.UUID {
	dave, erin, all := b.id(userDave), b.id(userErin), givable(b.room.Type)
	var room *chat.Room
	if b.room.Type == chat.PrivateMessages {
		room = chatsuite.Must(b.s.OpenPrivate(b.h.Ctx, dave, erin))(b.t)
	} else {
		room = chatsuite.Must(b.s.CreateRoom(b.h.Ctx, dave, chat.NewRoom{
			Type: b.room.Type, Name: "Another room", Public: b.room.public,
			Members: []chat.NewRoomUser{{UserID: erin, Permissions: &all}},
		}))(b.t)
	}
	medium := b.upload(dave, tinyPNG)
	message := b.send(dave, room.ID, medium)
	return map[string]uuid.UUID{
		"message/in another room":  message,
		"media/in another room":    medium,
		"reaction/in another room": b.react(erin, message),
	}
}

// tinyPNG is the smallest PNG.
var tinyPNG = func() string {
	var encoded bytes.Buffer
	if err := png.Encode(&encoded, image.NewGray(image.Rect(0, 0, 1, 1))); err != nil {
		panic(fmt.Sprint("encode a tinyPNG: ", err))
	}
	return encoded.String()
}()

// readAll is what a downloader does.
func readAll(content io.ReadCloser) error {
	_, err := io.Copy(io.Discard, content)
	return errors.Join(err, content.Close())
}
