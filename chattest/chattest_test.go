package chattest_test

import (
	"context"
	"errors"
	"fmt"
	"go/parser"
	"go/token"
	"io"
	"io/fs"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"gorm.io/gorm"

	"github.com/go-df/chat"
	"github.com/go-df/chat/chattest"
	"github.com/go-df/chat/storage"
)

const alice, bob = chat.UserID("alice"), chat.UserID("bob")

func TestChatIsReadyAndEmpty(t *testing.T) {
	t.Parallel()
	c := chattest.New(t)
	inbox, err := c.Rooms(t.Context(), alice, chat.RoomsQuery{})
	ok(t, err)
	if diff := cmp.Diff(&chat.RoomsPage{Items: []chat.Room{}}, inbox); diff != "" {
		t.Error(diff)
	}
}

func TestEachTestHasAChatOfItsOwn(t *testing.T) {
	t.Parallel()
	mine, other := chattest.New(t), chattest.New(t)
	room, err := mine.OpenPrivate(t.Context(), alice, bob)
	ok(t, err)
	if _, err := other.Room(t.Context(), alice, room.ID); !errors.Is(err, chat.ErrNotFound) {
		t.Errorf("another chat's room: %v, want ErrNotFound", err)
	}
}

func TestTimeMovesOnlyWhenTheTestMovesIt(t *testing.T) {
	t.Parallel()
	c := chattest.New(t)
	room, err := c.OpenPrivate(t.Context(), alice, bob)
	ok(t, err)

	send := func() time.Time {
		t.Helper()
		message, err := c.SendMessage(t.Context(), alice, room.ID, chat.NewMessage{Text: "hi"})
		ok(t, err)
		return message.CreatedAt
	}
	got := []time.Time{send(), send()}
	c.Clock.Advance(time.Hour)
	got = append(got, send())
	c.Clock.Set(time.Date(2030, time.May, 4, 3, 2, 1, 0, time.UTC))
	got = append(got, send())

	start := time.Date(2026, time.January, 1, 12, 0, 0, 0, time.UTC)
	want := []time.Time{start, start, start.Add(time.Hour), time.Date(2030, time.May, 4, 3, 2, 1, 0, time.UTC)}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestMediaAreKeptInMemory(t *testing.T) {
	t.Parallel()
	c := chattest.New(t)
	media, err := c.UploadMedia(t.Context(), alice, chat.NewMedia{FileName: "a.txt", Body: strings.NewReader("hello")})
	ok(t, err)
	_, body, err := c.OpenMedia(t.Context(), alice, media.ID)
	ok(t, err)
	defer func() { ok(t, body.Close()) }()
	content, err := io.ReadAll(body)
	ok(t, err)
	if string(content) != "hello" || c.Store.Len() != 1 {
		t.Errorf("%d objects, the upload reads %q", c.Store.Len(), content)
	}
}

type user struct {
	ID   int64
	Name string
}

func (user) TableName() string { return "users" }

func TestHostHasItsUsersInTheSameDatabase(t *testing.T) {
	t.Parallel()
	c := chattest.NewWith(t, chattest.Options{
		Config:  chat.Config{UserIDs: chat.Int64IDs, UsersTable: "users"},
		Migrate: func(db *gorm.DB) error { return db.AutoMigrate(&user{}) },
	})
	ada, ben := user{Name: "Ada"}, user{Name: "Ben"}
	ok(t, c.DB.Create(&ada).Error)
	ok(t, c.DB.Create(&ben).Error)
	_, err := c.OpenPrivate(t.Context(), chat.ID(ada.ID), chat.ID(ben.ID))
	ok(t, err)

	if err := c.DB.Delete(&ben).Error; err == nil {
		t.Error("a user with a room was deleted, foreign keys are not on")
	}
	ok(t, c.InTx(t.Context(), func(tx *gorm.DB, s *chat.Service) error {
		if err := s.EraseUser(t.Context(), chat.System, chat.ID(ben.ID), chat.EraseOptions{}); err != nil {
			return err
		}
		return tx.Delete(&ben).Error
	}))
}

func TestHostMayBringItsOwnClockAndStore(t *testing.T) {
	t.Parallel()
	at := time.Date(2001, time.January, 1, 0, 0, 0, 0, time.UTC)
	store := storage.Memory()
	c := chattest.NewWith(t, chattest.Options{Config: chat.Config{
		Clock: func() time.Time { return at }, Media: store,
	}})
	media, err := c.UploadMedia(t.Context(), alice, chat.NewMedia{Body: strings.NewReader("hello")})
	ok(t, err)
	if !media.CreatedAt.Equal(at) || store.Len() != 1 || c.Store.Len() != 0 {
		t.Errorf("uploaded at %v, with %d objects in the host's store and %d in the other",
			media.CreatedAt, store.Len(), c.Store.Len())
	}
}

func TestSeveralGoroutinesShareAChat(t *testing.T) {
	t.Parallel()
	c := chattest.New(t)
	room, err := c.OpenPrivate(t.Context(), alice, bob)
	ok(t, err)
	var senders sync.WaitGroup
	for n := range 20 {
		senders.Go(func() {
			c.Clock.Advance(time.Second)
			if _, err := c.SendMessage(t.Context(), alice, room.ID, chat.NewMessage{Text: fmt.Sprint(n)}); err != nil {
				t.Error(err)
			}
		})
	}
	senders.Wait()
	unread, err := c.Unread(t.Context(), bob)
	ok(t, err)
	if unread.Total != 20 {
		t.Errorf("%d messages arrived, want 20", unread.Total)
	}
}

func TestCancelledTransactionLeavesTheDatabase(t *testing.T) {
	t.Parallel()
	c := chattest.New(t)
	room, err := c.OpenPrivate(t.Context(), alice, bob)
	ok(t, err)

	pool, err := c.DB.DB()
	ok(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	err = c.InTx(ctx, func(tx *gorm.DB, s *chat.Service) error {
		if _, err := s.SendMessage(ctx, alice, room.ID, chat.NewMessage{Text: "never mind"}); err != nil {
			return err
		}
		cancel()
		for pool.Stats().OpenConnections > 0 { // database/sql drops it in its own time
			time.Sleep(time.Millisecond)
		}
		return nil
	})
	if err == nil {
		t.Fatal("a cancelled transaction was committed")
	}
	found, err := c.Room(t.Context(), alice, room.ID)
	ok(t, err)
	if found.LastNumber != 0 {
		t.Errorf("%d messages are left of a cancelled transaction", found.LastNumber)
	}
}

// What a wrong config says, and that it ends the test there.
func TestWrongConfigFailsTheTest(t *testing.T) {
	t.Parallel()
	for want, options := range map[string]chattest.Options{
		"chattest: chat: invalid input: UsersTable is not a plain table name such as \"users\" or \"app.users\"": {
			Config: chat.Config{UsersTable: "users; --"},
		},
		"chattest: migrate the host's tables: no luck": {
			Migrate: func(*gorm.DB) error { return errors.New("no luck") },
		},
	} {
		failing := &failingTest{TB: t}
		done := make(chan struct{})
		go func() { // Fatalf ends a goroutine
			defer close(done)
			chattest.NewWith(failing, options)
		}()
		<-done
		if diff := cmp.Diff(want, failing.message); diff != "" {
			t.Error(diff)
		}
	}
}

// failingTest remembers why it failed.
type failingTest struct {
	testing.TB
	message string
}

func (f *failingTest) Fatalf(format string, args ...any) {
	f.message = fmt.Sprintf(format, args...)
	runtime.Goexit()
}

// Nothing that ships may reach this package.
func TestOnlyTestsImportChattest(t *testing.T) {
	t.Parallel()
	files := 0
	err := filepath.WalkDir("..", func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() && path != ".." && strings.HasPrefix(entry.Name(), ".") {
			return fs.SkipDir
		}
		if !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return nil
		}
		files++
		source, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		for _, imported := range source.Imports {
			if imported.Path.Value == `"github.com/go-df/chat/chattest"` {
				t.Errorf("%s imports chattest", path)
			}
		}
		return nil
	})
	ok(t, err)
	if files < 20 {
		t.Errorf("only %d files were looked at", files)
	}
}

func ok(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatalf("unexpected error: %v", err)
	}
}
