package inputs_test

import (
	"errors"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/go-df/chat"
	"github.com/go-df/chat/internal/chatsuite"
)

func textCalls() []badCall {
	text := func(text string) chat.NewMessage { return chat.NewMessage{Text: text} }
	edit := func(text string) chat.MessagePatch { return chat.MessagePatch{Text: &text} }
	all := []badCall{
		invalidIn("text", "neither text nor media", sends(text(""))),
		invalidIn("text", "blank", sends(text(blank))),
		invalidIn("text", "edited to nothing", edits(edit(""))),
		invalidIn("text", "edited to blank", edits(edit(blank))),
		invalidIn("client_id", "with NUL", sends(chat.NewMessage{Text: "a", ClientID: withNUL})),
		invalidIn("client_id", "not UTF-8", sends(chat.NewMessage{Text: "a", ClientID: notUTF8})),
		tooLargeIn("client_id", 255, "256 bytes", sends(chat.NewMessage{Text: "a", ClientID: strings.Repeat("c", 256)})),
		tooLargeIn("client_id", 255, "256 bytes of 4", sends(chat.NewMessage{Text: "a", ClientID: strings.Repeat(oneRune4, 64)})),
		invalidIn("reaction", "empty", reacts("")),
		invalidIn("reaction", "blank", reacts(blank)),
		invalidIn("reaction", "a letter", reacts("a")),
		invalidIn("reaction", "with NUL", reacts("👍\x00")),
		invalidIn("reaction", "not UTF-8", reacts("\xf0\x9f\x91")),
		tooLargeIn("reaction", 255, "256 bytes", reacts(strings.Repeat("👍", 64))),
	}
	for _, bad := range []string{withNUL, notUTF8, "\xed\xa0\x80", "\x00"} {
		all = append(all, invalidIn("text", "sent that is not text", sends(text(bad))),
			invalidIn("text", "edited that is not text", edits(edit(bad))))
	}
	for _, bad := range withControls {
		all = append(all, invalidIn("text", "sent with a control character", sends(text(bad))),
			invalidIn("text", "edited to one with a control character", edits(edit(bad))))
	}
	for _, nothing := range unseen {
		all = append(all, invalidIn("text", "sent with nothing to see", sends(text(nothing))),
			invalidIn("text", "edited to nothing to see", edits(edit(nothing))))
	}
	for _, over := range []string{strings.Repeat("a", 4001), strings.Repeat("é", 4001), strings.Repeat(oneRune4, 4001)} {
		if len(over) > 16<<10 {
			all = append(all, tooLargeIn("text", 16384, "bytes", sends(text(over))), tooLargeIn("text", 16384, "bytes", edits(edit(over))))
			continue
		}
		all = append(all, tooLargeIn("text", 4000, "characters", sends(text(over))), tooLargeIn("text", 4000, "characters", edits(edit(over))))
	}
	return all
}

func roomCalls() []badCall {
	group := func(change func(in *chat.NewRoom)) func(s *badScene) error {
		in := chat.NewRoom{Name: "A group"}
		change(&in)
		return creates(in)
	}
	all := []badCall{
		invalidIn("type", "unknown", group(func(in *chat.NewRoom) { in.Type = "club" })),
		invalidIn("type", "wrongly cased", group(func(in *chat.NewRoom) { in.Type = "Group" })),
		invalidIn("type", "with NUL", group(func(in *chat.NewRoom) { in.Type = "group\x00" })),
		invalidIn("type", "private", group(func(in *chat.NewRoom) { in.Type = chat.PrivateMessages })),
		invalidIn("type", "private and public", group(func(in *chat.NewRoom) { in.Type, in.Public = chat.PrivateMessages, true })),
		invalidIn("type", "unknown in the inbox", func(s *badScene) error {
			_, err := s.Rooms(s.Ctx, s.Alice, chat.RoomsQuery{Type: "club"})
			return err
		}),
		tooLargeIn("members", 1000, "1,001 in a call", group(func(in *chat.NewRoom) { in.Members = make([]chat.NewRoomUser, 1001) })),
		tooLargeIn("members", 1000, "1,001 added", func(s *badScene) error {
			_, err := s.AddUsers(s.Ctx, s.Alice, s.channel.ID, make([]chat.NewRoomUser, 1001)...)
			return err
		}),
		tooLargeIn("name", 128, "129 characters", group(func(in *chat.NewRoom) { in.Name = strings.Repeat("é", 129) })),
		tooLargeIn("name", 128, "renamed to 129", updates(chat.RoomPatch{Name: ptr(strings.Repeat("n", 129))})),
		tooLargeIn("description", 1024, "1,025 characters", group(func(in *chat.NewRoom) { in.Description = strings.Repeat("é", 1025) })),
		tooLargeIn("description", 1024, "changed to 1,025", updates(chat.RoomPatch{Description: ptr(strings.Repeat("d", 1025))})),
	}
	for _, bad := range slices.Concat([]string{"", blank, withNUL, notUTF8, "\u202e\u2066", "\u202e\u3164\u202c"}, withControls, unseen, withLineBreaks) {
		all = append(all, invalidIn("name", "new", group(func(in *chat.NewRoom) { in.Name = bad })),
			invalidIn("name", "changed", updates(chat.RoomPatch{Name: &bad})))
	}
	for _, bad := range append([]string{withNUL, notUTF8}, withControls...) {
		all = append(all, invalidIn("description", "new", group(func(in *chat.NewRoom) { in.Description = bad })),
			invalidIn("description", "changed", updates(chat.RoomPatch{Description: &bad})))
	}
	return all
}

// searchCalls refuse what is asked of rooms and of messages.
func searchCalls() (all []badCall) {
	rooms := func(query string) func(s *badScene) error {
		return func(s *badScene) error {
			_, err := s.SearchRooms(s.Ctx, s.Alice, chat.RoomSearchQuery{Query: query})
			return err
		}
	}
	messages := func(query string) func(s *badScene) error {
		return func(s *badScene) error {
			_, err := s.SearchMessages(s.Ctx, s.Alice, chat.MessageSearchQuery{Query: query})
			return err
		}
	}
	for _, query := range []string{withNUL, notUTF8} {
		all = append(all, invalidIn("q", "for rooms", rooms(query)), invalidIn("q", "for messages", messages(query)))
	}
	for _, query := range []string{"", blank, "%", "--"} {
		all = append(all, invalidIn("q", "without a word", messages(query)))
	}
	long, many := strings.Repeat("q", 257), strings.Repeat("q ", 17)
	return append(all,
		tooLargeIn("q", 256, "257 bytes for rooms", rooms(long)), tooLargeIn("q", 256, "257 bytes for messages", messages(long)),
		tooLargeIn("q", 16, "17 words for rooms", rooms(many)), tooLargeIn("q", 16, "17 words for messages", messages(many)))
}

func ptr[T any](value T) *T { return &value }

var (
	withControls = []string{
		"a\x01b", "a\x07", "\x08a", "a\vb", "a\fb", "a\x0eb", "\x1b[31mred", "a\x1fb", "a\x7fb", "a\u0080b", "a\u0085b", "a\u009bb", "\u009fa", "a\n\x00",
	}
	withLineBreaks = []string{"a\nb", "a\r\nb", "a\rb", "a\n", "\na", "a\u2028b", "a\u2029b"}
	// Nothing of these is drawn.
	unseen = []string{
		"\u200b", "\ufeff", "\u3164", "\u2800", "\u115f", "\u1160", "\uffa0", "\u00ad", "\u034f", "\u180e", "\u2060", "\ufe0f", "\U000e0041",
		"\u202e", "\u200e", "\u061c", " \u200b\t\u3164\u2800 ", strings.Repeat("\u200d", 10),
	}
)

// What is refused has neighbours that are not, and what is dropped leaves the rest.
func TestNamesAndTextsThatAreKept(t *testing.T) {
	chatsuite.Run(t, func(t *testing.T, h *chatsuite.Host) {
		for given, want := range map[string]string{
			"a\tb": "a\tb", "a\u200db": "a\u200db", "👨\u200d👩\u200d👧": "👨\u200d👩\u200d👧", "❤\ufe0f": "❤\ufe0f", "नमस्ते": "नमस्ते", "שלום\u200f!": "שלום\u200f!",
			"\u06dd": "\u06dd", ".": ".", "\ue000": "\ue000", "photo\u202egnp.exe": "photognp.exe", "\u2066a\u2067b\u2068c\u2069d": "abcd",
			"\u202aa\u202bb\u202cc\u202dd\u202ee": "abcde", "\u202e" + strings.Repeat("n", 128) + "\u202c": strings.Repeat("n", 128),
		} {
			in := chat.NewRoom{Name: given, Description: given + "\r\nsecond line\n\tthird"}
			room := chatsuite.Must(h.CreateRoom(h.Ctx, h.Alice, in))(t)
			renamed := chatsuite.Must(h.UpdateRoom(h.Ctx, h.Alice, h.NewGroup().ID, chat.RoomPatch{Name: &given}))(t)
			got := chatsuite.Must(h.Room(h.Ctx, h.Alice, room.ID))(t)
			if room.Name != want || got.Name != want || renamed.Name != want || got.Description != in.Description {
				t.Errorf("%+q is kept as %+q and %+q, want %+q", given, got.Name, renamed.Name, want)
			}
			text := given + "\r\nsecond line\n\tthird\u2028\rfourth"
			sent := chatsuite.Must(h.SendMessage(h.Ctx, h.Alice, room.ID, chat.NewMessage{Text: text}))(t)
			if kept := chatsuite.Must(h.Message(h.Ctx, h.Alice, sent.ID))(t); kept.Text != text {
				t.Errorf("the text %+q is kept as %+q", text, kept.Text)
			}
		}
		room := h.NewGroup()
		for i, nothing := range unseen { // beside a file there need not be anything to see
			in := chat.NewMessage{Text: nothing, MediaIDs: []uuid.UUID{h.Upload(h.Alice, strings.Repeat("x", i+1)).ID}}
			sent := chatsuite.Must(h.SendMessage(h.Ctx, h.Alice, room.ID, in))(t)
			if sent.Text != nothing {
				t.Errorf("%+q is kept as %+q", nothing, sent.Text)
			}
		}
	})
}

// The codes say whether something is missing or wrong.
func TestCodesOfNamesAndTexts(t *testing.T) {
	chatsuite.Run(t, func(t *testing.T, h *chatsuite.Host) {
		room := h.NewGroup()
		want := func(code, text string, err error) {
			t.Helper()
			var refused *chat.FieldError
			if !errors.As(err, &refused) || refused.Code != code {
				t.Errorf("%+q: error is %v, want the code %s", text, err, code)
			}
		}
		for code, all := range map[string][]string{chat.CodeRequired: unseen, chat.CodeInvalidText: withControls} {
			for _, text := range all {
				want(code, text, chatsuite.ErrorOf(h.CreateRoom(h.Ctx, h.Alice, chat.NewRoom{Name: text})))
				want(code, text, chatsuite.ErrorOf(h.SendMessage(h.Ctx, h.Alice, room.ID, chat.NewMessage{Text: text})))
			}
		}
		for _, name := range withLineBreaks {
			want(chat.CodeInvalidText, name, chatsuite.ErrorOf(h.CreateRoom(h.Ctx, h.Alice, chat.NewRoom{Name: name})))
		}
	})
}

func metadataCalls() []badCall {
	var all []badCall
	give := func(refuse func(name string, call func(s *badScene) error) badCall, text string) {
		m := chat.Metadata(text)
		all = append(all,
			refuse("sent", sends(chat.NewMessage{Text: "a", Metadata: m})),
			refuse("edited", edits(chat.MessagePatch{Metadata: &m})),
			refuse("of a new room", creates(chat.NewRoom{Name: "A", Metadata: m})),
			refuse("of a room", updates(chat.RoomPatch{Metadata: &m})))
	}
	for _, bad := range []string{
		"[]", `"a"`, "1", "true", "{", `{"a":}`, `{"a":1} {"b":2}`, `{"a":1,}`, "{a:1}", "nul", "{'a':1}",
		"{\"a\":\"\x00\"}", `{"a":"\u0000"}`, `{"\u0000":1}`, `{"a":["b\u0000"]}`, "{\"a\":\"\xff\"}", "{\"a\":\"\n\"}",
		`{"a":` + strings.Repeat("[", 200) + strings.Repeat("]", 200) + `}`,
	} {
		give(func(name string, call func(s *badScene) error) badCall {
			return invalidIn("metadata", name+" "+bad, call)
		}, bad)
	}
	give(func(name string, call func(s *badScene) error) badCall {
		return tooLargeIn("metadata", 8192, name, call)
	}, `{"a":"`+strings.Repeat("x", 8192-7)+`"}`)
	return all
}

func permissionCalls() []badCall {
	var all []badCall
	for _, bad := range []chat.HistoryVisibility{"shared", "All", "joined ", "\xff"} {
		all = append(all,
			invalidIn("history_visibility", "new", creates(chat.NewRoom{Name: "A", HistoryVisibility: bad})),
			invalidIn("history_visibility", "changed", updates(chat.RoomPatch{HistoryVisibility: &bad})))
	}
	for _, bad := range []chat.Permissions{1 << 9, -1, math.MinInt64, chat.AllPermissions + 1, chat.CanDeleteRoom, chat.AllPermissions} {
		all = append(all,
			invalidIn("default_permissions", "new", creates(chat.NewRoom{Name: "A", DefaultPermissions: &bad})),
			invalidIn("default_permissions", "changed", updates(chat.RoomPatch{DefaultPermissions: &bad})),
			invalidIn("members[1].permissions", "new", func(s *badScene) error {
				_, err := s.CreateRoom(s.Ctx, s.Alice, chat.NewRoom{Name: "A", Members: []chat.NewRoomUser{
					{UserID: s.Bob}, {UserID: s.Carol, Permissions: &bad},
				}})
				return err
			}),
			invalidIn("members[0].permissions", "added", func(s *badScene) error {
				_, err := s.AddUsers(s.Ctx, s.Alice, s.group.ID, chat.NewRoomUser{UserID: s.Carol, Permissions: &bad})
				return err
			}),
			invalidIn("permissions", "changed", func(s *badScene) error {
				_, err := s.UpdateRoomUser(s.Ctx, s.Alice, s.group.ID, s.Bob, chat.RoomUserPatch{Permissions: &bad})
				return err
			}))
	}
	none := chat.NoPermissions
	return append(all, invalidIn("permissions", "given and left to the default", func(s *badScene) error {
		_, err := s.UpdateRoomUser(s.Ctx, s.Alice, s.group.ID, s.Bob, chat.RoomUserPatch{Permissions: &none, ResetPermissions: true})
		return err
	}))
}

func numberCalls() []badCall {
	number := int64(1)
	var all []badCall
	for _, negative := range []int64{-1, math.MinInt64} {
		for field, at := range map[string]chat.HistoryQuery{
			"before": {Before: &negative}, "after": {After: &negative}, "around": {Around: &negative}, "limit": {Limit: int(negative)},
		} {
			all = append(all, invalidIn(field, "negative", func(s *badScene) error {
				_, err := s.Messages(s.Ctx, s.Alice, s.group.ID, at)
				return err
			}))
		}
		page := chat.Page{Limit: int(negative)}
		all = append(all,
			invalidIn("number", "negative", func(s *badScene) error {
				_, err := s.MarkRead(s.Ctx, s.Alice, s.group.ID, negative)
				return err
			}),
			invalidIn("number", "negative, as unread", func(s *badScene) error {
				_, err := s.MarkUnread(s.Ctx, s.Alice, s.group.ID, negative)
				return err
			}),
			invalidIn("number", "0, as unread", func(s *badScene) error {
				_, err := s.MarkUnread(s.Ctx, s.Alice, s.group.ID, 0)
				return err
			}),
			invalidIn("limit", "of rooms", func(s *badScene) error {
				_, err := s.Rooms(s.Ctx, s.Alice, chat.RoomsQuery{Page: page})
				return err
			}),
			invalidIn("limit", "of users", func(s *badScene) error {
				_, err := s.RoomUsers(s.Ctx, s.Alice, s.group.ID, page)
				return err
			}),
			invalidIn("limit", "of found rooms", func(s *badScene) error {
				_, err := s.SearchRooms(s.Ctx, s.Alice, chat.RoomSearchQuery{Page: page})
				return err
			}),
			invalidIn("limit", "of found messages", func(s *badScene) error {
				_, err := s.SearchMessages(s.Ctx, s.Alice, chat.MessageSearchQuery{Query: "a", Page: page})
				return err
			}),
			invalidIn("limit", "of reactions", func(s *badScene) error {
				_, err := s.Reactions(s.Ctx, s.Alice, chat.ReactionsQuery{Page: page})
				return err
			}))
	}
	for field, at := range map[string]chat.HistoryQuery{
		"after": {Before: &number, After: &number}, "around": {After: &number, Around: &number},
	} {
		all = append(all, invalidIn(field, "beside another position", func(s *badScene) error {
			_, err := s.Messages(s.Ctx, s.Alice, s.group.ID, at)
			return err
		}))
	}
	return all
}
