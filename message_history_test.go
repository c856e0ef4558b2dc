package chat_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/go-df/chat"
	"github.com/go-df/chat/internal/chatsuite"
)

func TestHistoryPages(t *testing.T) {
	chatsuite.Run(t, func(t *testing.T, h *chatsuite.Host) {
		room := h.NewGroup()
		for i := range 10 {
			h.Send(h.Alice, room.ID, fmt.Sprint(i+1))
		}
		n := func(n int64) *int64 { return &n }
		for name, c := range map[string]struct {
			at            chat.HistoryQuery
			first, last   int64
			before, after bool
		}{
			"newest":            {chat.HistoryQuery{Limit: 3}, 8, 10, true, false},
			"all":               {chat.HistoryQuery{}, 1, 10, false, false},
			"before":            {chat.HistoryQuery{Before: n(8), Limit: 3}, 5, 7, true, true},
			"before the second": {chat.HistoryQuery{Before: n(2), Limit: 3}, 1, 1, false, true},
			"before the first":  {chat.HistoryQuery{Before: n(1)}, 0, 0, false, true},
			"after":             {chat.HistoryQuery{After: n(3), Limit: 3}, 4, 6, true, true},
			"after nothing":     {chat.HistoryQuery{After: n(0), Limit: 3}, 1, 3, false, true},
			"after the last":    {chat.HistoryQuery{After: n(10)}, 0, 0, true, false},
			"after far away":    {chat.HistoryQuery{After: n(1 << 62)}, 0, 0, true, false},
			"around":            {chat.HistoryQuery{Around: n(5), Limit: 5}, 3, 7, true, true},
			"around, even":      {chat.HistoryQuery{Around: n(5), Limit: 4}, 3, 6, true, true},
			"around the first":  {chat.HistoryQuery{Around: n(1), Limit: 3}, 1, 3, false, true},
			"around the last":   {chat.HistoryQuery{Around: n(10), Limit: 5}, 8, 10, true, false},
		} {
			page := chatsuite.Must(h.Messages(h.Ctx, h.Alice, room.ID, c.at))(t)
			var first, last int64
			if len(page.Items) > 0 {
				first, last = page.Items[0].Number, page.Items[len(page.Items)-1].Number
			}
			if first != c.first || last != c.last || page.HasBefore != c.before || page.HasAfter != c.after {
				t.Errorf("%s: %d to %d, before %v, after %v", name, first, last, page.HasBefore, page.HasAfter)
			}
		}
		_, err := h.Messages(h.Ctx, h.Alice, room.ID, chat.HistoryQuery{Before: n(1), After: n(2)})
		chatsuite.WantError(t, err, chat.ErrInvalid)
	})
}

// A member is removed after it was decided that they may read, and before the messages
// are read: what is written from then on is not for them, nor when they are added again to a
// room that shows newcomers no history.
func TestMemberWhoIsRemovedMeanwhileReadsNothing(t *testing.T) {
	for name, read := range map[string]func(h *chatsuite.Host, m *chat.Message) ([]chat.Message, error){
		"a page": func(h *chatsuite.Host, m *chat.Message) ([]chat.Message, error) {
			page, err := h.Messages(h.Ctx, h.Bob, m.RoomID, chat.HistoryQuery{})
			if err != nil {
				return nil, err
			}
			return page.Items, nil
		},
		"a search": func(h *chatsuite.Host, m *chat.Message) ([]chat.Message, error) {
			page, err := h.SearchMessages(h.Ctx, h.Bob, chat.MessageSearchQuery{Query: "secret", RoomID: &m.RoomID})
			if err != nil {
				return nil, err
			}
			var found []chat.Message
			for _, hit := range page.Items {
				found = append(found, hit.Message)
			}
			return found, nil
		},
		"a message": func(h *chatsuite.Host, m *chat.Message) ([]chat.Message, error) {
			seen, err := h.Message(h.Ctx, h.Bob, m.ID)
			if err != nil {
				return nil, err
			}
			return []chat.Message{*seen}, nil
		},
	} {
		for _, added := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, added again: %v", name, added), func(t *testing.T) {
				chatsuite.Run(t, func(t *testing.T, h *chatsuite.Host) {
					removedMeanwhile(t, h, read, map[string]string{
						"a page":    "AS first, ",                                                                        // which decides, too
						"a message": "chat_messages m JOIN chat_rooms r ON r.id = m.room_id LEFT JOIN chat_room_users u", // as well
						"a search":  "chat_messages m WHERE m.room_id",
					}[name], added)
				})
			})
		}
	}
}

func removedMeanwhile(t *testing.T, h *chatsuite.Host, read func(h *chatsuite.Host, m *chat.Message) ([]chat.Message, error),
	statement string, added bool,
) {
	t.Helper()
	room := chatsuite.Must(h.CreateRoom(h.Ctx, h.Alice, chat.NewRoom{
		Name: "x", HistoryVisibility: chat.HistoryJoined, Members: []chat.NewRoomUser{{UserID: h.Bob}},
	}))(t).ID
	m := h.Send(h.Alice, room, "no secret")
	if seen, err := read(h, m); err != nil || len(seen) != 1 || seen[0].Text != "no secret" {
		t.Fatalf("a member reads %+v, %v", seen, err)
	}
	removed, secret := false, "a secret"
	onceAt(h, h.DB.Callback().Row().Before("gorm:row"), statement, func() {
		chatsuite.NoError(t, h.RemoveUser(h.Ctx, h.Alice, room, h.Bob))
		chatsuite.Must(h.EditMessage(h.Ctx, h.Alice, m.ID, chat.MessagePatch{Text: &secret}))(t)
		if added {
			chatsuite.Must(h.AddUsers(h.Ctx, h.Alice, room, chat.NewRoomUser{UserID: h.Bob}))(t)
		}
		removed = true
	})
	seen, err := read(h, m)
	if len(seen) > 0 || err != nil && !errors.Is(err, chat.ErrNotFound) {
		t.Errorf("who was removed reads %+v, %v", seen, err)
	}
	if !removed {
		t.Error("nobody was removed")
	}
}
