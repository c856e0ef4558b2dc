package chat_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/google/uuid"

	"github.com/go-df/chat"
	"github.com/go-df/chat/internal/chatsuite"
)

// digestOf is what Digest has to have of a user, by their own reads.
func digestOf(t *testing.T, h *chatsuite.Host, user chat.UserID, limit int) *chat.UserUnread {
	t.Helper()
	want := &chat.UserUnread{UserID: user}
	no := false
	var rooms []chat.Room
	for _, hidden := range []bool{false, true} {
		page := chatsuite.Must(h.Rooms(h.Ctx, user, chat.RoomsQuery{Muted: &no, Hidden: hidden}))(t)
		rooms = append(rooms, page.Items...)
	}
	slices.SortStableFunc(rooms, func(a, b chat.Room) int { return b.LastMessageAt.Compare(*a.LastMessageAt) })
	for _, r := range rooms {
		if r.Unread == 0 {
			continue
		}
		after := r.Me.LastReadNumber
		if r.Me.MarkedUnread != nil {
			after = *r.Me.MarkedUnread - 1
		}
		page := chatsuite.Must(h.Messages(h.Ctx, user, r.ID, chat.HistoryQuery{After: &after, Limit: 100}))(t)
		messages := slices.DeleteFunc(page.Items, func(m chat.Message) bool { return m.Deleted() || m.UserID != nil && *m.UserID == user })
		r.LastMessage, r.OtherMember = nil, nil
		want.Total, want.Mentions = want.Total+r.Unread, want.Mentions+r.MentionCount
		want.Rooms = append(want.Rooms, chat.RoomUnread{Room: r, Messages: messages[:min(limit, len(messages))]})
	}
	if want.Rooms == nil {
		return nil
	}
	return want
}

func TestDigestIsWhatTheUsersSee(t *testing.T) {
	chatsuite.Run(t, func(t *testing.T, h *chatsuite.Host) {
		group := h.NewGroup(h.Bob, h.Carol, h.Dave)
		yes := true
		for i := range 6 {
			in := chat.NewMessage{Text: fmt.Sprint("group ", i)}
			if i == 2 {
				in.MediaIDs, in.Mentions = []uuid.UUID{h.Upload(h.Alice, "x").ID}, []chat.UserID{h.Bob}
			}
			m := chatsuite.Must(h.SendMessage(h.Ctx, h.Alice, group.ID, in))(t)
			switch i {
			case 1:
				chatsuite.NoError(t, h.DeleteMessage(h.Ctx, h.Alice, m.ID))
			case 3:
				chatsuite.Must(h.React(h.Ctx, h.Dave, m.ID, "👍"))(t)
			}
		}
		chatsuite.Must(h.MarkRead(h.Ctx, h.Bob, group.ID, 1))(t)
		h.Send(h.Bob, group.ID, "Bob's own") // Bob has read it all
		chatsuite.Must(h.MarkUnread(h.Ctx, h.Bob, group.ID, 3))(t)
		h.Send(chat.System, group.ID, "System's")

		joined := chatsuite.Must(h.CreateRoom(h.Ctx, h.Alice, chat.NewRoom{Name: "x", HistoryVisibility: chat.HistoryJoined}))(t)
		hidden := h.Send(h.Alice, joined.ID, "before Bob")
		chatsuite.Must(h.AddUsers(h.Ctx, h.Alice, joined.ID, chat.NewRoomUser{UserID: h.Bob}))(t)
		chatsuite.Must(h.SendMessage(h.Ctx, h.Alice, joined.ID, chat.NewMessage{Text: "re", ReplyToID: &hidden.ID}))(t)
		shown := h.Send(h.Alice, joined.ID, "after Bob")
		chatsuite.Must(h.SendMessage(h.Ctx, h.Alice, joined.ID, chat.NewMessage{Text: "re", ReplyToID: &shown.ID}))(t)

		muted, archived := h.NewGroup(h.Bob, h.Carol), h.NewGroup(h.Bob)
		chatsuite.Must(h.UpdateRoomUser(h.Ctx, h.Bob, muted.ID, h.Bob, chat.RoomUserPatch{Muted: &yes}))(t)
		chatsuite.Must(h.UpdateRoomUser(h.Ctx, h.Bob, archived.ID, h.Bob, chat.RoomUserPatch{Hidden: &yes}))(t)
		h.Send(h.Alice, muted.ID, "muted")
		h.Send(h.Alice, archived.ID, "archived")
		private := chatsuite.Must(h.OpenPrivate(h.Ctx, h.Carol, h.Alice))(t)
		h.Send(h.Carol, private.ID, "private")
		gone := h.NewGroup(h.Dave)
		h.Send(h.Alice, gone.ID, "deleted")
		chatsuite.NoError(t, h.DeleteRoom(h.Ctx, h.Alice, gone.ID))
		alone := h.NewGroup(h.Erin) // marked unread, and nothing is unread in it
		h.Send(h.Erin, alone.ID, "own")
		chatsuite.Must(h.MarkUnread(h.Ctx, h.Erin, alone.ID, 1))(t)
		chatsuite.Must(h.MarkRead(h.Ctx, h.Dave, group.ID, 100))(t)

		for _, limit := range []int{0, 1, 2, 100} {
			got := map[chat.UserID]*chat.UserUnread{}
			var last chat.UserID
			for u, err := range h.Digest(h.Ctx, chat.DigestQuery{Messages: limit}) {
				chatsuite.NoError(t, err)
				if last != "" && h.UserIDs != chat.Int64IDs && u.UserID <= last {
					t.Errorf("%s after %s", u.UserID, last)
				}
				last, got[u.UserID] = u.UserID, &u
			}
			for _, user := range []chat.UserID{h.Alice, h.Bob, h.Carol, h.Dave, h.Erin} {
				want := digestOf(t, h, user, map[bool]int{true: 3, false: limit}[limit == 0])
				if want != nil && got[user] != nil {
					want.LastSeenAt = got[user].LastSeenAt
				}
				ignoreMine := cmp.FilterPath(func(p cmp.Path) bool { return p.Last().String() == ".Mine" }, cmp.Ignore())
				if diff := cmp.Diff(want, got[user], cmpopts.EquateEmpty(), ignoreMine); diff != "" {
					t.Errorf("of %s, %d messages: %s", user, limit, diff)
				}
			}
		}
		for _, u := range chatsuite.Must(collect(t, h.Digest(h.Ctx, chat.DigestQuery{})))(t) {
			encoded := string(chatsuite.Must(json.Marshal(u))(t))
			if u.UserID == h.Bob && strings.Contains(encoded, "before Bob") || strings.Contains(encoded, `"messages":null`) {
				t.Errorf("of %s: %s", u.UserID, encoded)
			}
		}
	})
}

func TestDigestOfThoseWhoWereNotSeen(t *testing.T) {
	chatsuite.Run(t, func(t *testing.T, h *chatsuite.Host) {
		room, other := h.NewGroup(h.Bob, h.Carol), h.NewRoom(chat.Channel, h.Bob)
		h.Send(h.Alice, room.ID, "1")
		h.Clock.Advance(2 * time.Hour)
		chatsuite.Must(h.MarkRead(h.Ctx, h.Bob, other.ID, 0))(t) // seen elsewhere
		h.Clock.Advance(time.Hour)
		late := h.Send(h.Alice, other.ID, "2")
		chatsuite.Must(h.AddUsers(h.Ctx, h.Alice, room.ID, chat.NewRoomUser{UserID: h.Dave}))(t) // never seen, and new
		last := h.Send(h.Alice, room.ID, "3")

		who := func(in chat.DigestQuery) (list []string) {
			for u, err := range h.Digest(h.Ctx, in) {
				chatsuite.NoError(t, err)
				var rooms []string
				for _, r := range u.Rooms {
					rooms = append(rooms, string(r.Room.Type))
				}
				list = append(list, fmt.Sprint(u.UserID, " ", u.LastSeenAt != nil, " ", u.Total, rooms))
			}
			return list
		}
		line := func(user chat.UserID, seen bool, total int, rooms ...string) string {
			return fmt.Sprint(user, " ", seen, " ", total, rooms)
		}
		for name, want := range map[string]struct {
			in   chat.DigestQuery
			list []string
		}{
			"everybody":          {chat.DigestQuery{}, []string{line(h.Bob, true, 3, "group", "channel"), line(h.Carol, false, 2, "group"), line(h.Dave, false, 1, "group")}},
			"for half an hour":   {chat.DigestQuery{UnseenFor: 30 * time.Minute}, []string{line(h.Bob, true, 3, "group", "channel"), line(h.Carol, false, 2, "group")}},
			"for two hours":      {chat.DigestQuery{UnseenFor: 2 * time.Hour}, []string{line(h.Carol, false, 2, "group")}},
			"for a day":          {chat.DigestQuery{UnseenFor: 24 * time.Hour}, nil},
			"of channels":        {chat.DigestQuery{RoomType: chat.Channel}, []string{line(h.Bob, true, 1, "channel")}},
			"since the last one": {chat.DigestQuery{Since: late.CreatedAt.Add(time.Millisecond)}, []string{line(h.Bob, true, 2, "group"), line(h.Carol, false, 2, "group"), line(h.Dave, false, 1, "group")}},
			// The first was not sent since, but Carol was in no digest of a time when she had been unseen for less.
			"who became unseen since":     {chat.DigestQuery{UnseenFor: 2 * time.Hour, Since: room.CreatedAt.Add(time.Hour)}, []string{line(h.Carol, false, 2, "group")}},
			"who became unseen, and told": {chat.DigestQuery{UnseenFor: 2 * time.Hour, Since: last.CreatedAt.Add(time.Millisecond)}, nil},
		} {
			if diff := cmp.Diff(want.list, who(want.in)); diff != "" {
				t.Errorf("%s: %s", name, diff)
			}
		}
	})
}

// Of many users each is there once, whatever page they are on; pages of users who have read
// everything are passed over.
func TestDigestOfManyUsers(t *testing.T) {
	chatsuite.Run(t, func(t *testing.T, h *chatsuite.Host) {
		var members []chat.NewRoomUser
		for n := 6; n <= 260; n++ {
			if n > chatsuite.Users {
				chatsuite.NoError(t, h.DB.Exec("INSERT INTO users (id, name) VALUES (?, '')", h.UserID(n)).Error)
			}
			members = append(members, chat.NewRoomUser{UserID: h.UserID(n)})
		}
		room, quiet := h.NewGroup(), h.NewGroup()
		chatsuite.Must(h.AddUsers(h.Ctx, h.Alice, room.ID, members[200:]...))(t)
		chatsuite.Must(h.AddUsers(h.Ctx, h.Alice, quiet.ID, members...))(t)
		h.Send(h.Alice, room.ID, "hi")
		seen := map[chat.UserID]bool{}
		for u, err := range h.Digest(h.Ctx, chat.DigestQuery{}) {
			chatsuite.NoError(t, err)
			if seen[u.UserID] || len(u.Rooms) != 1 || len(u.Rooms[0].Messages) != 1 {
				t.Errorf("%+v", u)
			}
			seen[u.UserID] = true
		}
		if len(seen) != len(members)-200 {
			t.Errorf("%d users, want %d", len(seen), len(members)-200)
		}
	})
}
