package main

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"gorm.io/driver/sqlite"
	"gorm.io/gorm"

	"github.com/go-df/chat"
	"github.com/go-df/chat/storage"
)

// The export of testdata is there as it was written, once, however often it is imported.
func TestImportOfAnExport(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	database, media := filepath.Join(t.TempDir(), "chat.db"), t.TempDir()
	for _, want := range []string{"general: 5 messages\n", "general: 0 messages\n"} {
		var out strings.Builder
		if err := run(ctx, &out, database, media, os.DirFS("testdata/export")); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, out.String()); diff != "" {
			t.Error(diff)
		}
	}
	db, err := gorm.Open(sqlite.Open(database + "?_foreign_keys=1"))
	if err != nil {
		t.Fatal(err)
	}
	svc, err := chat.New(db, chat.Config{UsersTable: "users", Media: storage.Dir(media)})
	if err != nil {
		t.Fatal(err)
	}
	rooms, err := svc.Rooms(ctx, chat.UserID("U02BOB"), chat.RoomsQuery{})
	if err != nil {
		t.Fatal(err)
	}
	room := rooms.Items[0]
	page, err := svc.Messages(ctx, chat.UserID("U02BOB"), room.ID, chat.HistoryQuery{})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for i := range page.Items {
		got = append(got, line(&page.Items[i]))
	}
	want := []string{
		"2024-01-01T10:01:00.0002Z U01ALICE: Happy new year, @Bob Boon & all: a card (https://example.com) 🎉2",
		"2024-01-01T10:02:00.0003Z U03CAROL: Thank you! > 1",
		"2024-01-02T10:00:00.0001Z U02BOB: The plan\n[gone.txt] edited plan.txt",
		"2024-01-02T10:02:00.0002Z system: calendar: Meeting at noon",
		"2024-01-02T10:04:00.0004Z U01ALICE: to a thread that was deleted",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if room.Name != "general" || room.MemberCount != 2 || room.Unread != 0 {
		t.Errorf("the room is %+v", room)
	}
}

func line(m *chat.Message) string {
	author := string(m.AuthorKind)
	if m.UserID != nil {
		author = string(*m.UserID)
	}
	text := m.CreatedAt.UTC().Format("2006-01-02T15:04:05.999999Z07:00") + " " + author + ": " + m.Text
	if m.EditedAt != nil {
		text += " edited"
	}
	if m.ReplyTo != nil {
		text += " > " + string(rune('0'+m.ReplyTo.Number))
	}
	for _, r := range m.Reactions {
		text += " " + r.Reaction + string(rune('0'+r.Count))
	}
	for i := range m.Media {
		text += " " + m.Media[i].FileName
	}
	return text
}
