package chat_test

import (
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/go-df/chat"
	"github.com/go-df/chat/internal/chatsuite"
)

func TestDeletedPrivateRoomMakesWayForANewOne(t *testing.T) {
	chatsuite.Run(t, func(t *testing.T, h *chatsuite.Host) {
		room := chatsuite.Must(h.OpenPrivate(h.Ctx, h.Alice, h.Bob))(t)
		h.Send(h.Alice, room.ID, "hi")
		chatsuite.NoError(t, h.DeleteRoom(h.Ctx, h.Bob, room.ID))
		_, err := h.Room(h.Ctx, h.Alice, room.ID)
		chatsuite.WantError(t, err, chat.ErrNotFound)
		chatsuite.WantError(t, h.DeleteRoom(h.Ctx, h.Bob, room.ID), chat.ErrNotFound)
		if again := chatsuite.Must(h.OpenPrivate(h.Ctx, h.Alice, h.Bob))(t); again.ID == room.ID || again.LastNumber != 0 {
			t.Errorf("the new room is %+v", again)
		}
		h.WantEventKinds(room.ID, chat.RoomCreated, chat.MessageCreated, chat.RoomDeleted)
	})
}

func TestPurgeRemovesDeletedRoomsAndReleasesTheirMedia(t *testing.T) {
	chatsuite.Run(t, func(t *testing.T, h *chatsuite.Host) {
		kept, room := h.NewGroup(h.Bob), h.NewGroup(h.Bob)
		picture := uploadPicture(h, h.Bob)
		first := chatsuite.Must(h.SendMessage(h.Ctx, h.Bob, room.ID, chat.NewMessage{MediaIDs: []uuid.UUID{picture.ID}}))(t)
		chatsuite.Must(h.SendMessage(h.Ctx, h.Alice, room.ID, chat.NewMessage{Text: "nice", ReplyToID: &first.ID}))(t)
		chatsuite.Must(h.React(h.Ctx, h.Alice, first.ID, "👍"))(t)
		h.Send(h.Bob, kept.ID, "stays")
		chatsuite.NoError(t, h.DeleteRoom(h.Ctx, h.Alice, room.ID))

		if n := chatsuite.Must(h.PurgeRooms(h.Ctx, time.Hour))(t); n != 0 {
			t.Errorf("purged %d rooms that were just deleted", n)
		}
		h.Clock.Advance(2 * time.Hour)
		if n := chatsuite.Must(h.PurgeRooms(h.Ctx, time.Hour))(t); n != 1 {
			t.Errorf("purged %d rooms", n)
		}
		for table, want := range map[string]int64{
			"chat_rooms": 1, "chat_room_users": 2, "chat_messages": 1, "chat_message_media": 0, "chat_reactions": 0,
		} {
			if got := h.CountRows(table); got != want {
				t.Errorf("%s has %d rows, want %d", table, got, want)
			}
		}
		var row chat.Media
		chatsuite.NoError(t, h.DB.Where("id = ?", picture.ID).First(&row).Error)
		if row.State != chat.MediaReleased {
			t.Errorf("the picture is %s", row.State)
		}
	})
}

// A room of more messages than one transaction removes is gone with one call.
func TestPurgeGoesOnPastABatch(t *testing.T) {
	chatsuite.Run(t, func(t *testing.T, h *chatsuite.Host) {
		const batch = 2000
		kept, rooms := h.NewGroup(h.Bob), []*chat.Room{h.NewGroup(h.Bob), h.NewGroup(h.Bob)}
		h.Send(h.Bob, kept.ID, "stays")
		insertTexts(h, rooms[0].ID, slices.Repeat([]string{"x"}, batch))
		insertTexts(h, rooms[1].ID, slices.Repeat([]string{"x"}, 2*batch+1))
		last := chatsuite.Must(h.Messages(h.Ctx, h.Alice, rooms[1].ID, chat.HistoryQuery{Limit: 1}))(t).Items[0]
		chatsuite.Must(h.React(h.Ctx, h.Alice, last.ID, "👍"))(t)
		for _, room := range rooms {
			chatsuite.NoError(t, h.DeleteRoom(h.Ctx, h.Alice, room.ID))
		}
		h.Clock.Advance(time.Hour)
		if n := chatsuite.Must(h.PurgeRooms(h.Ctx, time.Minute))(t); n != len(rooms) {
			t.Errorf("purged %d rooms, want %d", n, len(rooms))
		}
		for table, want := range map[string]int64{
			"chat_rooms": 1, "chat_room_users": 2, "chat_messages": 1, "chat_reactions": 0, "chat_events": 3,
		} {
			if got := h.CountRows(table); got != want {
				t.Errorf("%s has %d rows, want %d", table, got, want)
			}
		}
	})
}
