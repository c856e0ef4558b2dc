package chat_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/go-df/chat"
)

// badIDs are what the variant's codec refuses, by why.
func (h *host) badIDs() map[string]chat.UserID {
	bad := map[string]chat.UserID{
		"NUL": "a\x00b", "NUL alone": "\x00", "not UTF-8": "\xff", "256 bytes": chat.UserID(strings.Repeat("1", 256)),
	}
	switch h.ids {
	case chat.StringIDs:
		bad["me"] = "me"
		bad["64 characters of 4 bytes"] = chat.UserID(strings.Repeat(oneRune4, 64))
	case chat.Int64IDs:
		for _, id := range []chat.UserID{"not-an-id", "me", "0", "-0", "+0", "9223372036854775808", "-9223372036854775809", "1.0", "1e3",
			"0x1", "1_000", " 1", "1 ", "١", "--1", "1;2", "NaN", "true", "1\n"} {
			bad[string(id)] = id
		}
	case chat.UUIDs:
		for _, id := range []chat.UserID{"not-an-id", "me", "1", "00000000-0000-0000-0000-000000000000", "{00000000-0000-0000-0000-000000000000}",
			"00000000-0000-4000-8000-00000000000g", "00000000-0000-4000-8000-0000000000011", " 00000000-0000-4000-8000-000000000001"} {
			bad[string(id)] = id
		}
	case prefixedIDs{}:
		bad["no prefix"], bad["me"], bad["prefix alone"] = "1", "me", "u_"
	}
	return bad
}

// idCall is a call that takes a user id.
type idCall struct {
	name, field string
	call        func(h *host, s *idScene, id chat.UserID) error
}

type idScene struct{ room, message, reaction, media uuid.UUID }

// idCalls are all the places where an id comes in.
func idCalls() []idCall {
	return append(idCallsOfActors(), []idCall{
		{"OpenPrivate", "user_id", func(h *host, _ *idScene, id chat.UserID) error {
			_, err := h.OpenPrivate(h.ctx, h.alice, id)
			return err
		}},
		{"CreateRoom", "owner", func(h *host, _ *idScene, id chat.UserID) error {
			_, err := h.CreateRoom(h.ctx, chat.System, chat.NewRoom{Name: "A", Owner: id})
			return err
		}},
		{"CreateRoom", "members[1].user_id", func(h *host, _ *idScene, id chat.UserID) error {
			members := []chat.NewRoomUser{{UserID: h.bob}, {UserID: id}}
			_, err := h.CreateRoom(h.ctx, h.alice, chat.NewRoom{Name: "A", Members: members})
			return err
		}},
		{"AddUsers", "members[1].user_id", func(h *host, s *idScene, id chat.UserID) error {
			_, err := h.AddUsers(h.ctx, h.alice, s.room, chat.NewRoomUser{UserID: h.carol}, chat.NewRoomUser{UserID: id})
			return err
		}},
		{"RoomUser", "user_id", func(h *host, s *idScene, id chat.UserID) error {
			_, err := h.RoomUser(h.ctx, h.alice, s.room, id)
			return err
		}},
		{"UpdateRoomUser", "user_id", func(h *host, s *idScene, id chat.UserID) error {
			_, err := h.UpdateRoomUser(h.ctx, h.alice, s.room, id, chat.RoomUserPatch{ResetPermissions: true})
			return err
		}},
		{"RemoveUser", "user_id", func(h *host, s *idScene, id chat.UserID) error { return h.RemoveUser(h.ctx, h.alice, s.room, id) }},
		{"TransferOwnership", "user_id", func(h *host, s *idScene, id chat.UserID) error {
			_, err := h.TransferOwnership(h.ctx, h.alice, s.room, id)
			return err
		}},
		{"EraseUser", "user_id", func(h *host, _ *idScene, id chat.UserID) error {
			return h.EraseUser(h.ctx, chat.System, id, chat.EraseOptions{})
		}},
		{"EraseUser", "successors", func(h *host, s *idScene, id chat.UserID) error {
			return h.EraseUser(h.ctx, chat.System, h.alice, chat.EraseOptions{Successors: map[uuid.UUID]chat.UserID{s.room: id}})
		}},
		{"RoomUsers", "cursor", func(h *host, s *idScene, id chat.UserID) error {
			_, err := h.RoomUsers(h.ctx, h.alice, s.room, chat.Page{Cursor: encodedCursor(jsonString(id))})
			return err
		}},
	}...)
}

// idCallsOfActors are all operations, by whoever acts.
func idCallsOfActors() (all []idCall) {
	for name, call := range map[string]func(h *host, s *idScene, who chat.UserID) error{
		"CreateRoom": func(h *host, _ *idScene, who chat.UserID) error {
			_, err := h.CreateRoom(h.ctx, who, chat.NewRoom{Name: "A"})
			return err
		},
		"OpenPrivate": func(h *host, _ *idScene, who chat.UserID) error {
			_, err := h.OpenPrivate(h.ctx, who, h.bob)
			return err
		},
		"Room": func(h *host, s *idScene, who chat.UserID) error { _, err := h.Room(h.ctx, who, s.room); return err },
		"Rooms": func(h *host, _ *idScene, who chat.UserID) error {
			_, err := h.Rooms(h.ctx, who, chat.RoomsQuery{})
			return err
		},
		"UpdateRoom": func(h *host, s *idScene, who chat.UserID) error {
			_, err := h.UpdateRoom(h.ctx, who, s.room, chat.RoomPatch{})
			return err
		},
		"DeleteRoom": func(h *host, s *idScene, who chat.UserID) error { return h.DeleteRoom(h.ctx, who, s.room) },
		"JoinRoom":   func(h *host, s *idScene, who chat.UserID) error { _, err := h.JoinRoom(h.ctx, who, s.room); return err },
		"LeaveRoom":  func(h *host, s *idScene, who chat.UserID) error { return h.LeaveRoom(h.ctx, who, s.room) },
		"TransferOwnership": func(h *host, s *idScene, who chat.UserID) error {
			_, err := h.TransferOwnership(h.ctx, who, s.room, h.bob)
			return err
		},
		"AddUsers": func(h *host, s *idScene, who chat.UserID) error {
			_, err := h.AddUsers(h.ctx, who, s.room, chat.NewRoomUser{UserID: h.carol})
			return err
		},
		"RoomUser": func(h *host, s *idScene, who chat.UserID) error {
			_, err := h.RoomUser(h.ctx, who, s.room, h.bob)
			return err
		},
		"RoomUsers": func(h *host, s *idScene, who chat.UserID) error {
			_, err := h.RoomUsers(h.ctx, who, s.room, chat.Page{})
			return err
		},
		"UpdateRoomUser": func(h *host, s *idScene, who chat.UserID) error {
			_, err := h.UpdateRoomUser(h.ctx, who, s.room, h.bob, chat.RoomUserPatch{})
			return err
		},
		"RemoveUser": func(h *host, s *idScene, who chat.UserID) error { return h.RemoveUser(h.ctx, who, s.room, h.bob) },
		"MarkRead": func(h *host, s *idScene, who chat.UserID) error {
			_, err := h.MarkRead(h.ctx, who, s.room, 1)
			return err
		},
		"Unread": func(h *host, _ *idScene, who chat.UserID) error { _, err := h.Unread(h.ctx, who); return err },
		"SendMessage": func(h *host, s *idScene, who chat.UserID) error {
			_, err := h.SendMessage(h.ctx, who, s.room, chat.NewMessage{Text: "a"})
			return err
		},
		"Message": func(h *host, s *idScene, who chat.UserID) error {
			_, err := h.Message(h.ctx, who, s.message)
			return err
		},
		"Messages": func(h *host, s *idScene, who chat.UserID) error {
			_, err := h.Messages(h.ctx, who, s.room, chat.HistoryQuery{})
			return err
		},
		"EditMessage": func(h *host, s *idScene, who chat.UserID) error {
			_, err := h.EditMessage(h.ctx, who, s.message, chat.MessagePatch{})
			return err
		},
		"DeleteMessage": func(h *host, s *idScene, who chat.UserID) error { return h.DeleteMessage(h.ctx, who, s.message) },
		"UploadMedia": func(h *host, _ *idScene, who chat.UserID) error {
			_, err := h.UploadMedia(h.ctx, who, chat.NewMedia{Body: strings.NewReader("x")})
			return err
		},
		"Media": func(h *host, s *idScene, who chat.UserID) error { _, err := h.Media(h.ctx, who, s.media); return err },
		"OpenMedia": func(h *host, s *idScene, who chat.UserID) error {
			_, _, err := h.OpenMedia(h.ctx, who, s.media)
			return err
		},
		"React": func(h *host, s *idScene, who chat.UserID) error {
			_, err := h.React(h.ctx, who, s.message, "👍")
			return err
		},
		"Unreact": func(h *host, s *idScene, who chat.UserID) error { return h.Unreact(h.ctx, who, s.reaction) },
		"Reaction": func(h *host, s *idScene, who chat.UserID) error {
			_, err := h.Reaction(h.ctx, who, s.reaction)
			return err
		},
		"Reactions": func(h *host, _ *idScene, who chat.UserID) error {
			_, err := h.Reactions(h.ctx, who, chat.ReactionsQuery{})
			return err
		},
		"SearchRooms": func(h *host, _ *idScene, who chat.UserID) error {
			_, err := h.SearchRooms(h.ctx, who, chat.RoomSearchQuery{})
			return err
		},
		"SearchMessages": func(h *host, _ *idScene, who chat.UserID) error {
			_, err := h.SearchMessages(h.ctx, who, chat.MessageSearchQuery{Query: "hello"})
			return err
		},
		"EraseUser": func(h *host, _ *idScene, who chat.UserID) error {
			return h.EraseUser(h.ctx, who, h.bob, chat.EraseOptions{})
		},
	} {
		all = append(all, idCall{name, "actor", call})
	}
	return all
}

func jsonString(id chat.UserID) string {
	return `"` + strings.ReplaceAll(string(id), "\x00", `\u0000`) + `"`
}

// An id that cannot be one of the host's users is refused wherever it comes in,
// before the database sees it, and nothing is written.
func TestIDsThatTheCodecRefusesAreRefusedEverywhere(t *testing.T) {
	overEveryKindOfID(t, func(t *testing.T, h *host) {
		group := h.group(h.bob)
		message := h.send(h.alice, group.ID, "hello")
		media := must(h.UploadMedia(h.ctx, h.alice, chat.NewMedia{Body: strings.NewReader("x")}))(t)
		s := &idScene{group.ID, message.ID, must(h.React(h.ctx, h.bob, message.ID, "👍"))(t).ID, media.ID}
		before := rowsOf(t, h.db)
		for _, c := range idCalls() {
			for why, id := range h.badIDs() {
				if c.field == "cursor" && why == "not UTF-8" {
					continue // JSON's decoder makes another id of it
				}
				wantField(t, c.call(h, s, id), chat.ErrInvalid, c.field, 0)
				if t.Failed() {
					t.Fatalf("that was %s with %s as %s", c.name, why, c.field)
				}
			}
			switch err := c.call(h, s, ""); c.field {
			case "actor":
				wantError(t, err, chat.ErrUnauthenticated)
			default:
				wantField(t, err, chat.ErrInvalid, c.field, 0)
			}
		}
		if diff := cmp.Diff(before, rowsOf(t, h.db)); diff != "" {
			t.Error(diff)
		}
	})
}

// idsInOrder are ids of many users, in the order in which the database of the
// variant compares them: text by its bytes, numbers by their size.
func (h *host) idsInOrder() []chat.UserID {
	switch h.ids {
	case chat.Int64IDs:
		return []chat.UserID{"-9223372036854775808", "-10", "-9", "-1", "1", "2", "9", "10", "100", "9007199254740993", "9223372036854775807"}
	case chat.UUIDs:
		return []chat.UserID{
			"00000000-0000-0000-0000-000000000001", "09999999-0000-0000-0000-000000000000", "0aaaaaaa-0000-0000-0000-000000000000",
			"9fffffff-0000-7000-8000-000000000000", "a0000000-0000-7000-8000-000000000000", "ffffffff-ffff-ffff-ffff-ffffffffffff",
		}
	case prefixedIDs{}:
		return []chat.UserID{"u_1", "u_10", "u_100", "u_2", "u_9"}
	}
	return []chat.UserID{" ", "'", "-", "1", "10", "9", "A", "B", "ME", "Z", "a", "a b", "a-b", "ab", "b", "z", "Ä", "ä", "日本", oneRune4 + "!"}
}

// Members are listed in the order of the database, each once, whatever the page's
// length, and the two of a private room stand in the same order.
func TestUserIDsAreInTheOrderOfTheDatabase(t *testing.T) {
	overEveryKindOfID(t, func(t *testing.T, h *host) {
		want := h.idsInOrder()
		if h.config.UsersTable != "" {
			for _, id := range want {
				ok(t, h.db.Exec("INSERT INTO users (id) VALUES (?) ON CONFLICT DO NOTHING", id).Error)
			}
		}
		in := chat.NewRoom{Type: chat.Channel, Name: "A", Owner: want[len(want)/2]}
		for _, id := range want {
			in.Members = append([]chat.NewRoomUser{{UserID: h.odd(id)}}, in.Members...)
		}
		room := must(h.CreateRoom(h.ctx, chat.System, in))(t)
		for _, limit := range []int{1, 2, 3, 100} {
			var got []chat.UserID
			for page := (chat.Page{Limit: limit}); len(got) == 0 || page.Cursor != ""; {
				list := must(h.RoomUsers(h.ctx, chat.System, room.ID, page))(t)
				for _, member := range list.Items {
					got = append(got, member.UserID)
				}
				page.Cursor = list.Next
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("in pages of %d: %s", limit, diff)
			}
		}
		for i, first := range want[:len(want)-1] {
			second := want[i+1]
			opened := must(h.OpenPrivate(h.ctx, second, first))(t)
			wantID(t, "the first of a pair", opened.PrivateA, first)
			wantID(t, "the second of a pair", opened.PrivateB, second)
			if again := must(h.OpenPrivate(h.ctx, first, second))(t); again.ID != opened.ID {
				t.Errorf("%s and %s have two rooms", first, second)
			}
		}
	})
}
