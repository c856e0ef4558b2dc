package chat_test

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/go-df/chat"
	"github.com/go-df/chat/internal/chatsuite"
)

// exported reads an export: its files, of which those of lines have been decoded.
type exported struct {
	files map[string]string
	lines map[string][]map[string]any
}

func exportUser(t *testing.T, h *chatsuite.Host, user chat.UserID) exported {
	t.Helper()
	var archive bytes.Buffer
	chatsuite.NoError(t, h.ExportUser(h.Ctx, user, &archive))
	e := exported{map[string]string{}, map[string][]map[string]any{}}
	for _, f := range chatsuite.Must(zip.NewReader(bytes.NewReader(archive.Bytes()), int64(archive.Len())))(t).File {
		content := chatsuite.Must(f.Open())(t)
		text := string(chatsuite.Must(io.ReadAll(content))(t))
		if e.files[f.Name] = text; !strings.HasSuffix(f.Name, ".jsonl") {
			continue
		}
		e.lines[f.Name] = nil
		for line := range strings.Lines(text) {
			var row map[string]any
			chatsuite.NoError(t, json.Unmarshal([]byte(line), &row))
			e.lines[f.Name] = append(e.lines[f.Name], row)
		}
	}
	return e
}

// column is a field of each line.
func (e exported) column(file, field string) (values []any) {
	for _, line := range e.lines[""+file+".jsonl"] {
		values = append(values, line[field])
	}
	return values
}

func TestExportUser(t *testing.T) {
	chatsuite.Run(t, func(t *testing.T, h *chatsuite.Host) {
		open, left, gone := h.NewGroup(h.Bob), h.NewGroup(h.Bob), h.NewGroup(h.Bob)
		private := chatsuite.Must(h.OpenPrivate(h.Ctx, h.Bob, h.Carol))(t)
		secret := h.Send(h.Alice, open.ID, "SECRET of Alice's")
		h.Send(h.Carol, private.ID, "SECRET of Carol's")
		for _, room := range []*chat.Room{open, left, gone} {
			h.Send(h.Bob, room.ID, "Bob in "+room.ID.String())
		}
		file := chatsuite.Must(h.UploadMedia(h.Ctx, h.Bob, chat.NewMedia{FileName: "a b.TXT", Body: strings.NewReader("Bob's file")}))(t)
		unsent := chatsuite.Must(h.UploadMedia(h.Ctx, h.Bob, chat.NewMedia{FileName: "no.end-ing", Body: strings.NewReader("Bob's unsent file")}))(t)
		h.Upload(h.Alice, "SECRET file of Alice's")
		reply := chatsuite.Must(h.SendMessage(h.Ctx, h.Bob, open.ID, chat.NewMessage{Text: "re <b>", ReplyToID: &secret.ID, ClientID: "c1",
			MediaIDs: []uuid.UUID{file.ID}, Mentions: []chat.UserID{h.Alice}, Metadata: chat.Metadata(`{"order":1}`)}))(t)
		taken := chatsuite.Must(h.SendMessage(h.Ctx, h.Bob, open.ID, chat.NewMessage{MediaIDs: []uuid.UUID{h.Upload(h.Bob, "gone with its message").ID}}))(t)
		chatsuite.NoError(t, h.DeleteMessage(h.Ctx, h.Bob, taken.ID))
		reaction := chatsuite.Must(h.React(h.Ctx, h.Bob, secret.ID, "👍"))(t)
		chatsuite.Must(h.React(h.Ctx, h.Alice, reply.ID, "👎"))(t)
		mention := chatsuite.Must(h.SendMessage(h.Ctx, h.Alice, open.ID, chat.NewMessage{Text: "SECRET for Bob", Mentions: []chat.UserID{h.Bob}}))(t)
		all := chat.AllPermissions &^ chat.CanDeleteRoom
		chatsuite.Must(h.UpdateRoomUser(h.Ctx, h.Alice, open.ID, h.Bob, chat.RoomUserPatch{Permissions: &all}))(t)
		chatsuite.Must(h.PinMessage(h.Ctx, h.Bob, secret.ID))(t)
		chatsuite.NoError(t, h.BanUser(h.Ctx, h.Alice, left.ID, h.Bob, chat.BanOptions{Reason: "spam"}))
		chatsuite.NoError(t, h.BanUser(h.Ctx, h.Alice, left.ID, h.Carol, chat.BanOptions{Reason: "SECRET about Carol"}))
		chatsuite.NoError(t, h.DeleteRoom(h.Ctx, h.Alice, gone.ID))

		e := exportUser(t, h, h.Bob)
		wantFiles := []string{"events.jsonl", "media.jsonl", "media/" + unsent.ID.String(), "media/" + file.ID.String() + ".txt",
			"memberships.jsonl", "mentions.jsonl", "messages.jsonl", "pins.jsonl", "reactions.jsonl", "restrictions.jsonl", "user.json"}
		slices.Sort(wantFiles)
		if diff := cmp.Diff(wantFiles, slices.Sorted(maps.Keys(e.files))); diff != "" {
			t.Fatal(diff)
		}
		for name, content := range e.files {
			if strings.Contains(content, "SECRET") || strings.Contains(content, "A group") {
				t.Errorf("%s has what is other people's: %s", name, content)
			}
		}
		ids := func(of ...uuid.UUID) (list []any) {
			for _, id := range of {
				list = append(list, id.String())
			}
			return list
		}
		for what, pair := range map[string][2]any{
			"the version":     {`{"version":1,"user_id":"` + string(h.Bob) + `"`, e.files["user.json"][:len(`{"version":1,"user_id":"`)+len(h.Bob)+1]},
			"memberships":     {ids(open.ID, gone.ID, private.ID), e.column("memberships", "room_id")},
			"their rooms":     {[]any{"group", "group", "private_messages"}, e.column("memberships", "room_type")},
			"restrictions":    {ids(left.ID), e.column("restrictions", "room_id")},
			"reasons":         {[]any{"spam"}, e.column("restrictions", "reason")},
			"messages":        {[]any{"Bob in " + open.ID.String(), "Bob in " + left.ID.String(), "Bob in " + gone.ID.String(), "re <b>", ""}, e.column("messages", "text")},
			"client ids":      {[]any{nil, nil, nil, "c1", nil}, e.column("messages", "client_id")},
			"mentions in":     {[]any{[]any{}, []any{}, []any{}, []any{string(h.Alice)}, []any{}}, e.column("messages", "mentions")},
			"media in":        {[]any{[]any{}, []any{}, []any{}, ids(file.ID), []any{}}, e.column("messages", "media_ids")},
			"metadata":        {[]any{nil, nil, nil, map[string]any{"order": 1.0}, nil}, e.column("messages", "metadata")},
			"reactions":       {ids(reaction.ID), e.column("reactions", "id")},
			"mentions":        {ids(mention.ID), e.column("mentions", "message_id")},
			"pins":            {ids(secret.ID), e.column("pins", "message_id")},
			"states of media": {[]any{"ready", "ready", "released"}, e.column("media", "state")},
			"files":           {[]any{"media/" + file.ID.String() + ".txt", "media/" + unsent.ID.String(), nil}, e.column("media", "file")},
			"a file":          {"Bob's file", e.files["media/"+file.ID.String()+".txt"]},
			"an unsent file":  {"Bob's unsent file", e.files["media/"+unsent.ID.String()]},
		} {
			if diff := cmp.Diff(pair[0], pair[1]); diff != "" {
				t.Errorf("%s: %s", what, diff)
			}
		}
		n := h.QueryInt("SELECT count(*) FROM chat_events WHERE user_id = ? OR actor_id = ?", h.Bob, h.Bob)
		if got := e.column("events", "kind"); int64(len(got)) != n || !slices.Contains(got, any("user_banned")) || !slices.Contains(got, any("message_pinned")) {
			t.Errorf("%d events of %d: %v", len(got), n, got)
		}
		if m := e.lines["memberships.jsonl"][1]; m["room_deleted_at"] == nil || m["owner"] != false {
			t.Errorf("the deleted room: %v", m)
		}
	})
}

// Many of everything are several pages.
func TestExportUserOfManyRows(t *testing.T) {
	chatsuite.Run(t, func(t *testing.T, h *chatsuite.Host) {
		const many = 103
		var last *chat.Message
		for i := range many {
			room := h.NewGroup(h.Bob)
			last = chatsuite.Must(h.SendMessage(h.Ctx, h.Alice, room.ID, chat.NewMessage{Text: "x", Mentions: []chat.UserID{h.Bob}}))(t)
			h.Send(h.Bob, room.ID, fmt.Sprint(i))
			h.Upload(h.Bob, fmt.Sprint(i))
			chatsuite.Must(h.React(h.Ctx, h.Bob, last.ID, "👍"))(t)
		}
		chatsuite.NoError(t, h.DB.Exec("INSERT INTO chat_pins (message_id, room_id, user_id, created_at) SELECT id, room_id, ?, created_at FROM chat_messages WHERE user_id = ?",
			h.Bob, h.Alice).Error)
		chatsuite.NoError(t, h.DB.Exec("INSERT INTO chat_restrictions (room_id, user_id, denied) SELECT id, ?, 1 FROM chat_rooms", h.Bob).Error)
		chatsuite.NoError(t, h.DB.Exec("UPDATE chat_reactions SET created_at = (SELECT created_at FROM chat_messages WHERE id = ?)", last.ID).Error) // all at once
		e := exportUser(t, h, h.Bob)
		for _, name := range []string{"memberships", "restrictions", "messages", "reactions", "mentions", "pins", "media"} {
			distinct := map[string]bool{}
			for line := range strings.Lines(e.files[name+".jsonl"]) {
				distinct[line] = true
			}
			if len(distinct) != many || len(e.lines[name+".jsonl"]) != many {
				t.Errorf("%s: %d lines, %d different", name, len(e.lines[name+".jsonl"]), len(distinct))
			}
		}
		if n := len(e.lines["events.jsonl"]); n != 3*many || len(e.files) != 10-1+many { // added, sent, reacted
			t.Errorf("%d events, %d files", n, len(e.files))
		}
		if e := exportUser(t, h, h.Erin); len(e.files) != 9 || e.files["messages.jsonl"] != "" {
			t.Errorf("of somebody who was in no room: %v", e.files)
		}
	})
}

// slowWriter uses the database while it is written to.
type slowWriter struct {
	io.Writer
	use func()
}

func (w slowWriter) Write(p []byte) (int, error) {
	w.use()
	return w.Writer.Write(p)
}

type brokenWriter struct{ left int }

var errBroken = errors.New("the client is gone")

func (w *brokenWriter) Write(p []byte) (int, error) {
	if w.left -= len(p); w.left < 0 {
		return 0, errBroken
	}
	return len(p), nil
}

// With one connection the writer may use the database; and its errors end the export.
func TestExportUserHoldsNoConnection(t *testing.T) {
	chatsuite.Run(t, func(t *testing.T, h *chatsuite.Host) {
		chatsuite.Must(h.DB.DB())(t).SetMaxOpenConns(1)
		room := h.NewGroup(h.Bob)
		for range 5 {
			h.Send(h.Bob, room.ID, strings.Repeat(uuid.NewString(), 80))
			h.Upload(h.Bob, strings.Repeat(uuid.NewString(), 10_000))
		}
		writes := 0
		err := h.ExportUser(h.Ctx, h.Bob, slowWriter{io.Discard, func() {
			writes++
			chatsuite.NoError(t, h.DB.Exec("UPDATE users SET name = name WHERE id = ?", h.Bob).Error)
		}})
		if err != nil || writes < 3 {
			t.Errorf("after %d writes: %v", writes, err)
		}
		for _, left := range []int{0, 10, 10_000, 1_000_000} {
			chatsuite.WantError(t, h.ExportUser(h.Ctx, h.Bob, &brokenWriter{left}), errBroken)
		}
	})
}

// A file that the store has lost is an error, and one that was swept meanwhile is not.
func TestExportUserOfMissingFiles(t *testing.T) {
	chatsuite.Run(t, func(t *testing.T, h *chatsuite.Host) {
		h.Upload(h.Bob, "x")
		room := h.NewGroup(h.Bob)
		for range 60 { // more than a ZIP writer keeps back
			var text strings.Builder
			for range 100 {
				text.WriteString(uuid.NewString())
			}
			h.Send(h.Bob, room.ID, text.String())
		}
		h.Clock.Advance(time.Hour)
		var archive bytes.Buffer
		swept := 0
		chatsuite.NoError(t, h.ExportUser(h.Ctx, h.Bob, slowWriter{&archive, func() {
			swept += chatsuite.Must(h.SweepMedia(h.Ctx, time.Second))(t)
		}}))
		files := chatsuite.Must(zip.NewReader(bytes.NewReader(archive.Bytes()), int64(archive.Len())))(t).File
		if last := files[len(files)-1].Name; last != "media.jsonl" || swept != 1 {
			t.Errorf("%d swept, the last file is %s", swept, last)
		}
		media := h.Upload(h.Bob, "y")
		chatsuite.NoError(t, h.Store.Delete(h.Ctx, media.Key))
		err := h.ExportUser(h.Ctx, h.Bob, io.Discard)
		chatsuite.WantError(t, err, chat.ErrMediaStore)
		chatsuite.WantError(t, err, os.ErrNotExist)
	})
}
