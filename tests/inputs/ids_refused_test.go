package inputs_test

import (
	"encoding/base64"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/go-df/chat"
	"github.com/go-df/chat/internal/chatsuite"
)

// badIDs are what the variant's codec refuses, by why.
func badIDs(h *chatsuite.Host) map[string]chat.UserID {
	bad := map[string]chat.UserID{
		"NUL": "a\x00b", "NUL alone": "\x00", "not UTF-8": "\xff", "256 bytes": chat.UserID(strings.Repeat("1", 256)),
	}
	switch h.UserIDs {
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
	case chatsuite.PrefixedIDs{}:
		bad["no prefix"], bad["me"], bad["prefix alone"] = "1", "me", "u_"
	}
	return bad
}

// idCall is a call that takes a user id.
type idCall struct {
	name, field string
	call        func(h *chatsuite.Host, s *idScene, id chat.UserID) error
}

type idScene struct{ room, message, reaction, media uuid.UUID }

// idCalls are all the places where an id comes in.
func idCalls() []idCall {
	return append(idCallsOfActors(), []idCall{
		{"OpenPrivate", "user_id", func(h *chatsuite.Host, _ *idScene, id chat.UserID) error {
			_, err := h.OpenPrivate(h.Ctx, h.Alice, id)
			return err
		}},
		{"CreateRoom", "owner", func(h *chatsuite.Host, _ *idScene, id chat.UserID) error {
			_, err := h.CreateRoom(h.Ctx, chat.System, chat.NewRoom{Name: "A", Owner: id})
			return err
		}},
		{"CreateRoom", "members[1].user_id", func(h *chatsuite.Host, _ *idScene, id chat.UserID) error {
			members := []chat.NewRoomUser{{UserID: h.Bob}, {UserID: id}}
			_, err := h.CreateRoom(h.Ctx, h.Alice, chat.NewRoom{Name: "A", Members: members})
			return err
		}},
		{"AddUsers", "members[1].user_id", func(h *chatsuite.Host, s *idScene, id chat.UserID) error {
			_, err := h.AddUsers(h.Ctx, h.Alice, s.room, chat.NewRoomUser{UserID: h.Carol}, chat.NewRoomUser{UserID: id})
			return err
		}},
		{"RoomUser", "user_id", func(h *chatsuite.Host, s *idScene, id chat.UserID) error {
			_, err := h.RoomUser(h.Ctx, h.Alice, s.room, id)
			return err
		}},
		{"UpdateRoomUser", "user_id", func(h *chatsuite.Host, s *idScene, id chat.UserID) error {
			_, err := h.UpdateRoomUser(h.Ctx, h.Alice, s.room, id, chat.RoomUserPatch{ResetPermissions: true})
			return err
		}},
		{"RemoveUser", "user_id", func(h *chatsuite.Host, s *idScene, id chat.UserID) error {
			return h.RemoveUser(h.Ctx, h.Alice, s.room, id)
		}},
		{"BanUser", "user_id", func(h *chatsuite.Host, s *idScene, id chat.UserID) error {
			return h.BanUser(h.Ctx, h.Alice, s.room, id, chat.BanOptions{})
		}},
		{"UnbanUser", "user_id", func(h *chatsuite.Host, s *idScene, id chat.UserID) error {
			return h.UnbanUser(h.Ctx, h.Alice, s.room, id)
		}},
		{"Bans", "cursor", func(h *chatsuite.Host, s *idScene, id chat.UserID) error {
			_, err := h.Bans(h.Ctx, h.Alice, s.room, chat.Page{Cursor: base64.RawURLEncoding.EncodeToString([]byte(jsonString(id)))})
			return err
		}},
		{"TransferOwnership", "user_id", func(h *chatsuite.Host, s *idScene, id chat.UserID) error {
			_, err := h.TransferOwnership(h.Ctx, h.Alice, s.room, id)
			return err
		}},
		{"EraseUser", "user_id", func(h *chatsuite.Host, _ *idScene, id chat.UserID) error {
			return h.EraseUser(h.Ctx, chat.System, id, chat.EraseOptions{})
		}},
		{"EraseUser", "successors", func(h *chatsuite.Host, s *idScene, id chat.UserID) error {
			return h.EraseUser(h.Ctx, chat.System, h.Alice, chat.EraseOptions{Successors: map[uuid.UUID]chat.UserID{s.room: id}})
		}},
		{"RoomUsers", "cursor", func(h *chatsuite.Host, s *idScene, id chat.UserID) error {
			_, err := h.RoomUsers(h.Ctx, h.Alice, s.room, chat.Page{Cursor: base64.RawURLEncoding.EncodeToString([]byte(jsonString(id)))})
			return err
		}},
	}...)
}

// idCallsOfActors are all operations, by whoever acts.
func idCallsOfActors() (all []idCall) {
	for name, call := range map[string]func(h *chatsuite.Host, s *idScene, who chat.UserID) error{
		"CreateRoom": func(h *chatsuite.Host, _ *idScene, who chat.UserID) error {
			_, err := h.CreateRoom(h.Ctx, who, chat.NewRoom{Name: "A"})
			return err
		},
		"OpenPrivate": func(h *chatsuite.Host, _ *idScene, who chat.UserID) error {
			_, err := h.OpenPrivate(h.Ctx, who, h.Bob)
			return err
		},
		"Room": func(h *chatsuite.Host, s *idScene, who chat.UserID) error {
			_, err := h.Room(h.Ctx, who, s.room)
			return err
		},
		"Rooms": func(h *chatsuite.Host, _ *idScene, who chat.UserID) error {
			_, err := h.Rooms(h.Ctx, who, chat.RoomsQuery{})
			return err
		},
		"UpdateRoom": func(h *chatsuite.Host, s *idScene, who chat.UserID) error {
			_, err := h.UpdateRoom(h.Ctx, who, s.room, chat.RoomPatch{})
			return err
		},
		"DeleteRoom": func(h *chatsuite.Host, s *idScene, who chat.UserID) error { return h.DeleteRoom(h.Ctx, who, s.room) },
		"JoinRoom": func(h *chatsuite.Host, s *idScene, who chat.UserID) error {
			_, err := h.JoinRoom(h.Ctx, who, s.room)
			return err
		},
		"LeaveRoom": func(h *chatsuite.Host, s *idScene, who chat.UserID) error { return h.LeaveRoom(h.Ctx, who, s.room) },
		"TransferOwnership": func(h *chatsuite.Host, s *idScene, who chat.UserID) error {
			_, err := h.TransferOwnership(h.Ctx, who, s.room, h.Bob)
			return err
		},
		"AddUsers": func(h *chatsuite.Host, s *idScene, who chat.UserID) error {
			_, err := h.AddUsers(h.Ctx, who, s.room, chat.NewRoomUser{UserID: h.Carol})
			return err
		},
		"RoomUser": func(h *chatsuite.Host, s *idScene, who chat.UserID) error {
			_, err := h.RoomUser(h.Ctx, who, s.room, h.Bob)
			return err
		},
		"RoomUsers": func(h *chatsuite.Host, s *idScene, who chat.UserID) error {
			_, err := h.RoomUsers(h.Ctx, who, s.room, chat.Page{})
			return err
		},
		"UpdateRoomUser": func(h *chatsuite.Host, s *idScene, who chat.UserID) error {
			_, err := h.UpdateRoomUser(h.Ctx, who, s.room, h.Bob, chat.RoomUserPatch{})
			return err
		},
		"RemoveUser": func(h *chatsuite.Host, s *idScene, who chat.UserID) error {
			return h.RemoveUser(h.Ctx, who, s.room, h.Bob)
		},
		"BanUser": func(h *chatsuite.Host, s *idScene, who chat.UserID) error {
			return h.BanUser(h.Ctx, who, s.room, h.Bob, chat.BanOptions{})
		},
		"UnbanUser": func(h *chatsuite.Host, s *idScene, who chat.UserID) error {
			return h.UnbanUser(h.Ctx, who, s.room, h.Bob)
		},
		"Bans": func(h *chatsuite.Host, s *idScene, who chat.UserID) error {
			_, err := h.Bans(h.Ctx, who, s.room, chat.Page{})
			return err
		},
		"MarkUnread": func(h *chatsuite.Host, s *idScene, who chat.UserID) error {
			_, err := h.MarkUnread(h.Ctx, who, s.room, 1)
			return err
		},
		"MarkRead": func(h *chatsuite.Host, s *idScene, who chat.UserID) error {
			_, err := h.MarkRead(h.Ctx, who, s.room, 1)
			return err
		},
		"Typing": func(h *chatsuite.Host, s *idScene, who chat.UserID) error { return h.Typing(h.Ctx, who, s.room) },
		"Unread": func(h *chatsuite.Host, _ *idScene, who chat.UserID) error { _, err := h.Unread(h.Ctx, who); return err },
		"SendMessage": func(h *chatsuite.Host, s *idScene, who chat.UserID) error {
			_, err := h.SendMessage(h.Ctx, who, s.room, chat.NewMessage{Text: "a"})
			return err
		},
		"Message": func(h *chatsuite.Host, s *idScene, who chat.UserID) error {
			_, err := h.Message(h.Ctx, who, s.message)
			return err
		},
		"Messages": func(h *chatsuite.Host, s *idScene, who chat.UserID) error {
			_, err := h.Messages(h.Ctx, who, s.room, chat.HistoryQuery{})
			return err
		},
		"EditMessage": func(h *chatsuite.Host, s *idScene, who chat.UserID) error {
			_, err := h.EditMessage(h.Ctx, who, s.message, chat.MessagePatch{})
			return err
		},
		"DeleteMessage": func(h *chatsuite.Host, s *idScene, who chat.UserID) error {
			return h.DeleteMessage(h.Ctx, who, s.message)
		},
		"UploadMedia": func(h *chatsuite.Host, _ *idScene, who chat.UserID) error {
			_, err := h.UploadMedia(h.Ctx, who, chat.NewMedia{Body: strings.NewReader("x")})
			return err
		},
		"Media": func(h *chatsuite.Host, s *idScene, who chat.UserID) error {
			_, err := h.Media(h.Ctx, who, s.media)
			return err
		},
		"OpenMedia": func(h *chatsuite.Host, s *idScene, who chat.UserID) error {
			_, _, err := h.OpenMedia(h.Ctx, who, s.media)
			return err
		},
		"React": func(h *chatsuite.Host, s *idScene, who chat.UserID) error {
			_, err := h.React(h.Ctx, who, s.message, "👍")
			return err
		},
		"Unreact": func(h *chatsuite.Host, s *idScene, who chat.UserID) error {
			return chatsuite.ErrorOf(h.Unreact(h.Ctx, who, s.reaction))
		},
		"Reaction": func(h *chatsuite.Host, s *idScene, who chat.UserID) error {
			_, err := h.Reaction(h.Ctx, who, s.reaction)
			return err
		},
		"Reactions": func(h *chatsuite.Host, _ *idScene, who chat.UserID) error {
			_, err := h.Reactions(h.Ctx, who, chat.ReactionsQuery{})
			return err
		},
		"SearchRooms": func(h *chatsuite.Host, _ *idScene, who chat.UserID) error {
			_, err := h.SearchRooms(h.Ctx, who, chat.RoomSearchQuery{})
			return err
		},
		"SearchMessages": func(h *chatsuite.Host, _ *idScene, who chat.UserID) error {
			_, err := h.SearchMessages(h.Ctx, who, chat.MessageSearchQuery{Query: "hello"})
			return err
		},
		"EraseUser": func(h *chatsuite.Host, _ *idScene, who chat.UserID) error {
			return h.EraseUser(h.Ctx, who, h.Bob, chat.EraseOptions{})
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
	overEveryKindOfID(t, func(t *testing.T, h *chatsuite.Host) {
		group := h.NewGroup(h.Bob)
		message := h.Send(h.Alice, group.ID, "hello")
		media := chatsuite.Must(h.UploadMedia(h.Ctx, h.Alice, chat.NewMedia{Body: strings.NewReader("x")}))(t)
		s := &idScene{group.ID, message.ID, chatsuite.Must(h.React(h.Ctx, h.Bob, message.ID, "👍"))(t).ID, media.ID}
		before := chatsuite.RowCounts(t, h.DB)
		for _, c := range idCalls() {
			for why, id := range badIDs(h) {
				if c.field == "cursor" && why == "not UTF-8" {
					continue // JSON's decoder makes another id of it
				}
				chatsuite.WantFieldError(t, c.call(h, s, id), chat.ErrInvalid, c.field, 0)
				if t.Failed() {
					t.Fatalf("that was %s with %s as %s", c.name, why, c.field)
				}
			}
			switch err := c.call(h, s, ""); c.field {
			case "actor":
				chatsuite.WantError(t, err, chat.ErrUnauthenticated)
			default:
				chatsuite.WantFieldError(t, err, chat.ErrInvalid, c.field, 0)
			}
		}
		if diff := cmp.Diff(before, chatsuite.RowCounts(t, h.DB)); diff != "" {
			t.Error(diff)
		}
	})
}

// idsInOrder are ids of many users, in the order in which the database of the
// variant compares them: text by its bytes, numbers by their size.
func idsInOrder(h *chatsuite.Host) []chat.UserID {
	switch h.UserIDs {
	case chat.Int64IDs:
		return []chat.UserID{"-9223372036854775808", "-10", "-9", "-1", "1", "2", "9", "10", "100", "9007199254740993", "9223372036854775807"}
	case chat.UUIDs:
		return []chat.UserID{
			"00000000-0000-0000-0000-000000000001", "09999999-0000-0000-0000-000000000000", "0aaaaaaa-0000-0000-0000-000000000000",
			"9fffffff-0000-7000-8000-000000000000", "a0000000-0000-7000-8000-000000000000", "ffffffff-ffff-ffff-ffff-ffffffffffff",
		}
	case chatsuite.PrefixedIDs{}:
		return []chat.UserID{"u_1", "u_10", "u_100", "u_2", "u_9"}
	}
	return []chat.UserID{" ", "'", "-", "1", "10", "9", "A", "B", "ME", "Z", "a", "a b", "a-b", "ab", "b", "z", "Ä", "ä", "日本", oneRune4 + "!"}
}

// Members are listed in the order of the database, each once, whatever the page's
// length, and the two of a private room stand in the same order.
func TestUserIDsAreInTheOrderOfTheDatabase(t *testing.T) {
	overEveryKindOfID(t, func(t *testing.T, h *chatsuite.Host) {
		want := idsInOrder(h)
		if h.Config.UsersTable != "" {
			for _, id := range want {
				chatsuite.NoError(t, h.DB.Exec("INSERT INTO users (id) VALUES (?) ON CONFLICT DO NOTHING", id).Error)
			}
		}
		in := chat.NewRoom{Type: chat.Channel, Name: "A", Owner: want[len(want)/2]}
		for _, id := range want {
			in.Members = append([]chat.NewRoomUser{{UserID: oddSpelling(h, id)}}, in.Members...)
		}
		room := chatsuite.Must(h.CreateRoom(h.Ctx, chat.System, in))(t)
		for _, limit := range []int{1, 2, 3, 100} {
			var got []chat.UserID
			for page := (chat.Page{Limit: limit}); len(got) == 0 || page.Cursor != ""; {
				list := chatsuite.Must(h.RoomUsers(h.Ctx, chat.System, room.ID, page))(t)
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
			opened := chatsuite.Must(h.OpenPrivate(h.Ctx, second, first))(t)
			wantID(t, "the first of a pair", opened.PrivateA, first)
			wantID(t, "the second of a pair", opened.PrivateB, second)
			if again := chatsuite.Must(h.OpenPrivate(h.Ctx, first, second))(t); again.ID != opened.ID {
				t.Errorf("%s and %s have two rooms", first, second)
			}
		}
	})
}
