package chat_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/go-df/chat"
	"github.com/go-df/chat/internal/chatsuite"
)

func TestAKeyHasOneRoom(t *testing.T) {
	chatsuite.Run(t, func(t *testing.T, h *chatsuite.Host) {
		in := chat.NewRoom{Name: "Order 17", Key: "order/17", Owner: h.Alice, Members: []chat.NewRoomUser{{UserID: h.Bob}}}
		made := chatsuite.Must(h.CreateRoom(h.Ctx, chat.System, in))(t)
		if !made.Created || made.Key == nil || *made.Key != "order/17" {
			t.Errorf("made %+v", made)
		}
		h.Send(h.Bob, made.ID, "hi")

		// The rest of the input is ignored, whatever it is.
		for name, again := range map[string]chat.NewRoom{
			"the same":         in,
			"other members":    {Name: "Renamed", Type: chat.Channel, Key: "order/17", Owner: h.Carol, Members: []chat.NewRoomUser{{UserID: h.Dave}}},
			"nothing but this": {Key: "order/17"},
			"nobody's":         {Name: "x", Key: "order/17", Owner: h.UserID(chatsuite.Users + 1)},
			"ownerless":        {Name: "x", Key: "order/17", Ownerless: true},
		} {
			found := chatsuite.Must(h.CreateRoom(h.Ctx, chat.System, again))(t)
			if found.ID != made.ID || found.Created || found.Name != "Order 17" || found.LastNumber != 1 || found.MemberCount != 2 {
				t.Errorf("%s: %+v", name, found)
			}
		}
		h.WantEventKinds(made.ID, chat.RoomCreated, chat.UserAdded, chat.MessageCreated)
	})
}

func TestRoomByKeyIsTheRoomAsTheActorSeesIt(t *testing.T) {
	chatsuite.Run(t, func(t *testing.T, h *chatsuite.Host) {
		room := chatsuite.Must(h.CreateRoom(h.Ctx, chat.System, chat.NewRoom{
			Name: "Order 17", Key: "order/17", Owner: h.Alice, Members: []chat.NewRoomUser{{UserID: h.Bob}},
		}))(t)
		h.Send(h.Alice, room.ID, "hi")
		for _, actor := range []chat.Actor{h.Alice, h.Bob, chat.System} {
			want := chatsuite.Must(h.Room(h.Ctx, actor, room.ID))(t)
			got := chatsuite.Must(h.RoomByKey(h.Ctx, actor, "order/17"))(t)
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%v: %s", actor, diff)
			}
		}
		_, hidden := h.RoomByKey(h.Ctx, h.Carol, "order/17")
		_, absent := h.RoomByKey(h.Ctx, h.Carol, "order/18")
		chatsuite.WantError(t, hidden, chat.ErrNotFound)
		if hidden != absent { //nolint:errorlint // the very same
			t.Errorf("hidden is %v, absent is %v", hidden, absent)
		}
		_, err := h.RoomByKey(h.Ctx, chat.System, "ORDER/17")
		chatsuite.WantError(t, err, chat.ErrNotFound)
	})
}

// A key is free once its room is deleted, by whatever way.
func TestDeletingARoomFreesItsKey(t *testing.T) {
	chatsuite.Run(t, func(t *testing.T, h *chatsuite.Host) {
		in := chat.NewRoom{Name: "Order 17", Key: "order/17", Owner: h.Alice, Members: []chat.NewRoomUser{{UserID: h.Bob}}}
		ways := []func(room *chat.Room){
			func(room *chat.Room) { chatsuite.NoError(t, h.DeleteRoom(h.Ctx, h.Alice, room.ID)) },
			func(room *chat.Room) { chatsuite.NoError(t, h.DeleteRoom(h.Ctx, chat.System, room.ID)) },
			func(*chat.Room) { chatsuite.NoError(t, h.EraseUser(h.Ctx, chat.System, h.Alice, chat.EraseOptions{})) },
		}
		seen := map[uuid.UUID]bool{}
		for i, way := range ways {
			room := chatsuite.Must(h.CreateRoom(h.Ctx, chat.System, in))(t)
			if !room.Created || seen[room.ID] {
				t.Errorf("way %d: the key was not free", i)
			}
			seen[room.ID] = true
			way(room)
			_, err := h.RoomByKey(h.Ctx, chat.System, in.Key)
			chatsuite.WantError(t, err, chat.ErrNotFound)
		}
		// A room that is handed on keeps its key.
		room := chatsuite.Must(h.CreateRoom(h.Ctx, chat.System, in))(t)
		chatsuite.NoError(t, h.EraseUser(h.Ctx, chat.System, h.Alice, chat.EraseOptions{Successors: map[uuid.UUID]chat.UserID{room.ID: h.Bob}}))
		name := "Renamed"
		chatsuite.Must(h.UpdateRoom(h.Ctx, h.Bob, room.ID, chat.RoomPatch{Name: &name}))(t)
		if found := chatsuite.Must(h.RoomByKey(h.Ctx, h.Bob, in.Key))(t); found.ID != room.ID {
			t.Error("the key has another room")
		}
	})
}

func TestBadKeysNameTheField(t *testing.T) {
	chatsuite.Run(t, func(t *testing.T, h *chatsuite.Host) {
		create := func(actor chat.Actor, key string) error {
			in := chat.NewRoom{Name: "x", Key: key}
			if actor == chat.System {
				in.Owner = h.Alice
			}
			return chatsuite.ErrorOf(h.CreateRoom(h.Ctx, actor, in))
		}
		find := func(key string) error { return chatsuite.ErrorOf(h.RoomByKey(h.Ctx, chat.System, key)) }
		chatsuite.WantFieldError(t, create(h.Alice, "k"), chat.ErrInvalid, "key", 0)
		chatsuite.WantFieldError(t, find(""), chat.ErrInvalid, "key", 0)
		for _, key := range []string{"a\x00b", "a\xffb", "a\nb", "a\x1bb"} {
			chatsuite.WantFieldError(t, create(chat.System, key), chat.ErrInvalid, "key", 0)
			chatsuite.WantFieldError(t, find(key), chat.ErrInvalid, "key", 0)
		}
		long := strings.Repeat("ü", 127) + "x"
		chatsuite.WantFieldError(t, create(chat.System, long+"x"), chat.ErrTooLarge, "key", 255)
		chatsuite.WantFieldError(t, find(long+"x"), chat.ErrTooLarge, "key", 255)
		chatsuite.NoError(t, create(chat.System, long))
		chatsuite.NoError(t, find(long))
		// A key that is new lets no bad input through.
		_, err := h.CreateRoom(h.Ctx, chat.System, chat.NewRoom{Key: "new", Owner: h.Alice})
		chatsuite.WantFieldError(t, err, chat.ErrInvalid, "name", 0)
	})
}

func TestAnOwnerlessRoomIsManagedBySystem(t *testing.T) {
	chatsuite.Run(t, func(t *testing.T, h *chatsuite.Host) {
		room := chatsuite.Must(h.CreateRoom(h.Ctx, chat.System, chat.NewRoom{
			Name: "Equals", Ownerless: true, Members: []chat.NewRoomUser{{UserID: h.Alice}, {UserID: h.Bob}},
		}))(t)
		if !room.Created || !room.Ownerless || room.OwnerID != nil || room.MemberCount != 2 {
			t.Errorf("made %+v", room)
		}
		h.Send(h.Alice, room.ID, "hi")
		chatsuite.WantError(t, h.DeleteRoom(h.Ctx, h.Alice, room.ID), chat.ErrForbidden)
		_, err := h.TransferOwnership(h.Ctx, h.Alice, room.ID, h.Alice)
		chatsuite.WantError(t, err, chat.ErrForbidden)

		// All may leave, and be erased: the room stays for those who come.
		chatsuite.NoError(t, h.LeaveRoom(h.Ctx, h.Alice, room.ID))
		chatsuite.NoError(t, h.EraseUser(h.Ctx, chat.System, h.Bob, chat.EraseOptions{}))
		if left := chatsuite.Must(h.Room(h.Ctx, chat.System, room.ID))(t); left.MemberCount != 0 || !left.Ownerless {
			t.Errorf("left %+v", left)
		}
		chatsuite.Must(h.AddUsers(h.Ctx, chat.System, room.ID, chat.NewRoomUser{UserID: h.Carol}, chat.NewRoomUser{UserID: h.Dave}))(t)

		// System gives it an owner, which is for good.
		owned := chatsuite.Must(h.TransferOwnership(h.Ctx, chat.System, room.ID, h.Carol))(t)
		if owned.Ownerless || owned.OwnerID == nil || *owned.OwnerID != h.Carol {
			t.Errorf("owned by %v, ownerless %v", owned.OwnerID, owned.Ownerless)
		}
		chatsuite.WantError(t, h.LeaveRoom(h.Ctx, h.Carol, room.ID), chat.ErrConflict)
		chatsuite.NoError(t, h.DeleteRoom(h.Ctx, h.Carol, room.ID))
		h.CheckRoomLogs()
	})
}

func TestOwnerlessIsForSystemWithoutAnOwner(t *testing.T) {
	chatsuite.Run(t, func(t *testing.T, h *chatsuite.Host) {
		_, err := h.CreateRoom(h.Ctx, h.Alice, chat.NewRoom{Name: "x", Ownerless: true})
		chatsuite.WantFieldError(t, err, chat.ErrInvalid, "ownerless", 0)
		_, err = h.CreateRoom(h.Ctx, chat.System, chat.NewRoom{Name: "x", Ownerless: true, Owner: h.Alice})
		chatsuite.WantFieldError(t, err, chat.ErrInvalid, "owner", 0)
		empty := chatsuite.Must(h.CreateRoom(h.Ctx, chat.System, chat.NewRoom{Name: "x", Ownerless: true, Public: true}))(t)
		chatsuite.Must(h.JoinRoom(h.Ctx, h.Alice, empty.ID))(t)
		chatsuite.NoError(t, h.DeleteRoom(h.Ctx, chat.System, empty.ID))
		h.WantEventKinds(empty.ID, chat.RoomCreated, chat.UserAdded, chat.RoomDeleted)
	})
}

func TestPrivateRoomIsFoundAndNotMade(t *testing.T) {
	chatsuite.Run(t, func(t *testing.T, h *chatsuite.Host) {
		find := func(me chat.Actor, other chat.UserID) (*chat.Room, error) { return h.PrivateRoom(h.Ctx, me, other) }
		chatsuite.WantError(t, chatsuite.ErrorOf(find(h.Alice, h.Bob)), chat.ErrNotFound)
		if h.CountRows("chat_rooms") != 0 {
			t.Error("it made a room")
		}
		opened := chatsuite.Must(h.OpenPrivate(h.Ctx, h.Bob, h.Alice))(t)
		h.Send(h.Bob, opened.ID, "hi")
		for me, other := range map[chat.UserID]chat.UserID{h.Alice: h.Bob, h.Bob: h.Alice} {
			want := chatsuite.Must(h.Room(h.Ctx, me, opened.ID))(t)
			if diff := cmp.Diff(want, chatsuite.Must(find(me, other))(t)); diff != "" {
				t.Error(diff)
			}
		}
		chatsuite.WantError(t, chatsuite.ErrorOf(find(h.Carol, h.Bob)), chat.ErrNotFound)
		chatsuite.WantFieldError(t, chatsuite.ErrorOf(find(h.Alice, h.Alice)), chat.ErrInvalid, "user_id", 0)
		chatsuite.WantFieldError(t, chatsuite.ErrorOf(find(h.Alice, "")), chat.ErrInvalid, "user_id", 0)
		chatsuite.WantFieldError(t, chatsuite.ErrorOf(find(chat.System, h.Alice)), chat.ErrInvalid, "actor", 0)
		chatsuite.NoError(t, h.DeleteRoom(h.Ctx, h.Alice, opened.ID))
		chatsuite.WantError(t, chatsuite.ErrorOf(find(h.Alice, h.Bob)), chat.ErrNotFound)
	})
}
