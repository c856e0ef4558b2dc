package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/go-df/chat/internal/dbtest"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

func TestConversationOnSQLite(t *testing.T) {
	t.Parallel()
	folder := t.TempDir() // empty, as a newcomer's is
	playTwice(t, filepath.Join(folder, "chat.db"), filepath.Join(folder, "chat-media"))
}

func TestConversationOnPostgres(t *testing.T) {
	t.Parallel()
	playTwice(t, dbtest.PostgresDSN(t, dbtest.Template{}), filepath.Join(t.TempDir(), "chat-media"))
}

// playTwice plays from nothing, and then again: the second run finds what the first
// one made, and makes nothing.
func playTwice(t *testing.T, database, media string) {
	t.Helper()
	want, err := os.ReadFile("testdata/conversation.txt")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"the first run", "the second run"} {
		var got strings.Builder
		if err := run(t.Context(), &got, database, media); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if diff := cmp.Diff(string(want), got.String()); diff != "" {
			t.Errorf("%s printed something else:\n%s", name, diff)
		}
	}
	pictures, err := filepath.Glob(filepath.Join(media, "??", "??", "*"))
	if err != nil {
		t.Fatal(err)
	}
	if len(pictures) != 1 {
		t.Errorf("%d pictures are kept, want 1: %v", len(pictures), pictures)
	}
}
