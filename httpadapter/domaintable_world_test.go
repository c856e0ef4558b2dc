package httpadapter_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/uuid"
	"gorm.io/gorm"

	"github.com/go-df/chat"
)

// domainSetting is a room with one actor in their standing, and all that the table's
// operations are about.
type domainSetting struct {
	domainActor
	manager chat.Actor           // the owner, or System where there is none
	things  map[string]uuid.UUID // "room", "message/own", "media/own unsent", …
	users   map[string]chat.UserID
}

// The users of every setting; each also has an actor and another of its own.
const (
	domainAlice    = 1 // owns the groups and channels
	domainIdle     = 3 // a member with no permission
	domainDave     = 4 // owns the other room
	domainErin     = 5 // is in the other room
	domainAdmin    = 6 // a member with all that the room can give
	domainRemover  = 7 // a member with can_remove_users
	domainBanned   = 8 // banned from the room
	domainStandIn  = 9 // is in private rooms in the place of actors who are not
	domainFirst    = 10
	domainAnother  = 35
	domainStranger = 60
	domainGhost    = 62 // a member who was erased
	domainUsers    = 62
)

// domainSetter builds the settings of a world in one transaction of the host's.
type domainSetter struct {
	t    testing.TB
	ctx  context.Context
	s    *chat.Service
	tx   *gorm.DB
	room domainRoom
}

// domainSettings sets a setting for each actor that there is in such a room.
func domainSettings(h *host, room domainRoom) (settings []*domainSetting) {
	h.t.Helper()
	for n := len(people) + 1; n <= domainUsers; n++ {
		ok(h.t, h.db.Exec("INSERT INTO users (id, name) VALUES (?, ?)", n, "somebody").Error)
	}
	ctx := context.Background()
	ok(h.t, h.svc.InTx(ctx, func(tx *gorm.DB, s *chat.Service) error {
		b := &domainSetter{t: h.t, ctx: ctx, s: s, tx: tx, room: room}
		other := b.otherRoom()
		for i, actor := range domainActors() {
			if !actor.possible(room) {
				continue
			}
			sc := b.setting(i, actor)
			for name, id := range other {
				sc.things[name] = id
			}
			settings = append(settings, sc)
		}
		ok(h.t, s.EraseUser(ctx, chat.System, chat.ID(domainGhost), chat.EraseOptions{}))
		for _, sc := range settings {
			b.finish(sc)
		}
		return nil
	}))
	return settings
}

func (b *domainSetter) setting(i int, actor domainActor) *domainSetting {
	sc := &domainSetting{domainActor: actor, things: map[string]uuid.UUID{}}
	sc.users = map[string]chat.UserID{
		"another": chat.ID(domainAnother + i), "a stranger": chat.ID(domainStranger), "one with none": chat.ID(domainIdle),
	}
	if !actor.nobody {
		sc.id = chat.ID(domainFirst + i)
		sc.users["oneself"] = sc.id
	}
	if b.room.Type == chat.PrivateMessages {
		delete(sc.users, "one with none")
		b.openPrivate(sc)
	} else {
		b.createRoom(sc)
	}
	b.fill(sc)
	return sc
}

func (b *domainSetter) openPrivate(sc *domainSetting) {
	me := chat.ID(domainStandIn)
	switch {
	case sc.erased && b.room.closed:
		sc.users["another"] = me
		me = sc.id
	case sc.member:
		me = sc.id
	}
	sc.things["room"] = must(b.s.OpenPrivate(b.ctx, me, sc.users["another"]))(b.t).ID
}

// createRoom lets everybody write at first.
func (b *domainSetter) createRoom(sc *domainSetting) {
	owner, all, none := chat.ID(domainAlice), givable(b.room.Type), chat.NoPermissions
	remover := chat.CanRemoveUsers
	members := []chat.NewRoomUser{
		{UserID: sc.users["another"], Permissions: &all}, {UserID: chat.ID(domainGhost), Permissions: &all},
		{UserID: chat.ID(domainIdle), Permissions: &none},
		{UserID: chat.ID(domainAdmin), Permissions: &all}, {UserID: chat.ID(domainRemover), Permissions: &remover},
	}
	switch {
	case sc.owner:
		owner = sc.id
	case sc.joins(b.room):
		members = append(members, chat.NewRoomUser{UserID: sc.id, Permissions: &all})
	}
	sc.manager = owner
	if b.room.ownerless {
		sc.manager = chat.System
	} else {
		sc.users["the owner"] = owner
	}
	sc.users["an administrator"], sc.users["one who removes"] = chat.ID(domainAdmin), chat.ID(domainRemover)
	sc.users["one banned"] = chat.ID(domainBanned)
	room := must(b.s.CreateRoom(b.ctx, sc.manager, chat.NewRoom{
		Type: b.room.Type, Name: "A room", Public: b.room.public, HistoryVisibility: chat.HistoryJoined, Members: members,
		Ownerless: b.room.ownerless,
	}))(b.t)
	sc.things["room"] = room.ID
	avatar := b.upload(sc.manager, png)
	must(b.s.UpdateRoom(b.ctx, sc.manager, room.ID, chat.RoomPatch{AvatarID: &avatar}))(b.t)
	sc.things["media/the avatar"] = avatar
	sc.things["message/an erased author's"] = b.send(chat.ID(domainGhost), room.ID)
}

// fill writes, uploads and reacts as the actor and as another.
func (b *domainSetter) fill(sc *domainSetting) {
	another := sc.users["another"]
	sc.things["message/System's"] = b.send(chat.System, sc.things["room"])
	b.write(sc, "another's", another)
	b.keep(sc, "another's", another)
	sc.things["reaction/another's"] = b.react(another, sc.things["message/System's"])
	if sc.nobody {
		return
	}
	b.keep(sc, "own", sc.id)
	if sc.joins(b.room) {
		b.write(sc, "own", sc.id)
		sc.things["reaction/own"] = b.react(sc.id, sc.things["message/another's"])
	}
}

// write sends a message and a tombstone, each with a medium.
func (b *domainSetter) write(sc *domainSetting, whose string, user chat.UserID) {
	room, used, released := sc.things["room"], b.upload(user, png), b.upload(user, png)
	sc.things["media/"+whose+" in a message"] = used
	sc.things["message/"+whose] = b.send(user, room, used)
	sc.things["media/"+whose+" released"] = released
	buried := b.send(user, room, released)
	ok(b.t, b.s.DeleteMessage(b.ctx, user, buried))
	sc.things["message/"+whose+" tombstone"] = buried
}

// keep uploads what is not sent.
func (b *domainSetter) keep(sc *domainSetting, whose string, user chat.UserID) {
	sc.things["media/"+whose+" unsent"] = b.upload(user, png)
	sc.things["media/"+whose+" text"] = b.upload(user, "plain text")
	broken := errors.New("the connection was lost")
	if _, err := b.s.UploadMedia(b.ctx, user, chat.NewMedia{Body: iotest.ErrReader(broken)}); !errors.Is(err, broken) {
		b.t.Fatalf("a broken upload: error is %v, want %v", err, broken)
	}
	var pending uuid.UUID
	ok(b.t, b.tx.Raw("SELECT id FROM chat_media WHERE state = 'pending' ORDER BY id DESC LIMIT 1").Row().Scan(&pending))
	sc.things["media/"+whose+" pending"] = pending
}

func (b *domainSetter) upload(user chat.Actor, body string) uuid.UUID {
	return must(b.s.UploadMedia(b.ctx, user, chat.NewMedia{FileName: "a file", Body: strings.NewReader(body)}))(b.t).ID
}

func (b *domainSetter) send(actor chat.Actor, room uuid.UUID, media ...uuid.UUID) uuid.UUID {
	return must(b.s.SendMessage(b.ctx, actor, room, chat.NewMessage{Text: "some words", MediaIDs: media}))(b.t).ID
}

func (b *domainSetter) react(user chat.UserID, message uuid.UUID) uuid.UUID {
	return must(b.s.React(b.ctx, user, message, "👍"))(b.t).ID
}

// finish puts everybody into their standing. Sets that a room cannot give are written
// by hand.
func (b *domainSetter) finish(sc *domainSetting) {
	room := sc.things["room"]
	b.setPermissions(room, sc.users["another"], nil)
	if banned, there := sc.users["one banned"]; there {
		ok(b.t, b.s.BanUser(b.ctx, sc.manager, room, banned, chat.BanOptions{}))
	}
	switch {
	case sc.banned:
		ok(b.t, b.s.BanUser(b.ctx, sc.manager, room, sc.id, chat.BanOptions{}))
	case sc.removed:
		ok(b.t, b.s.RemoveUser(b.ctx, sc.manager, room, sc.id))
	case sc.erased:
		ok(b.t, b.s.EraseUser(b.ctx, chat.System, sc.id, chat.EraseOptions{}))
	case sc.newcomer:
		all := givable(b.room.Type)
		ok(b.t, b.s.LeaveRoom(b.ctx, sc.id, room))
		must(b.s.AddUsers(b.ctx, sc.manager, room, chat.NewRoomUser{UserID: sc.id, Permissions: &all}))(b.t)
	case sc.admin:
		all := givable(b.room.Type)
		b.setPermissions(room, sc.id, &all)
	case sc.member:
		b.setPermissions(room, sc.id, sc.permissions)
	}
	if b.room.closed && !sc.erased {
		ok(b.t, b.s.EraseUser(b.ctx, chat.System, sc.users["another"], chat.EraseOptions{}))
	}
	if b.room.deleted {
		ok(b.t, b.s.DeleteRoom(b.ctx, chat.System, room))
	}
}

func (b *domainSetter) setPermissions(room uuid.UUID, user chat.UserID, set *chat.Permissions) {
	ok(b.t, b.tx.Exec("UPDATE chat_room_users SET permissions = ? WHERE room_id = ? AND user_id = ?", set, room, user).Error)
}

// otherRoom is a room of the same kind with none of the actors in it.
func (b *domainSetter) otherRoom() map[string]uuid.UUID {
	dave, erin, all := chat.ID(domainDave), chat.ID(domainErin), givable(b.room.Type)
	var room *chat.Room
	if b.room.Type == chat.PrivateMessages {
		room = must(b.s.OpenPrivate(b.ctx, dave, erin))(b.t)
	} else {
		room = must(b.s.CreateRoom(b.ctx, dave, chat.NewRoom{
			Type: b.room.Type, Name: "Another room", Public: b.room.public,
			Members: []chat.NewRoomUser{{UserID: erin, Permissions: &all}},
		}))(b.t)
	}
	medium := b.upload(dave, png)
	message := b.send(dave, room.ID, medium)
	return map[string]uuid.UUID{
		"message/in another room":  message,
		"media/in another room":    medium,
		"reaction/in another room": b.react(erin, message),
	}
}
