package chattest_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"gorm.io/gorm"

	"github.com/go-df/chat"
	"github.com/go-df/chat/chattest"
	"github.com/go-df/chat/internal/dbtest"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

// hostConfig is that of a host with users.
var hostConfig = chat.Config{UserIDs: chat.Int64IDs, UsersTable: "users"}

// hostTemplate is a host's database, with its users, and the chat's tables or without.
func hostTemplate(migrated bool) dbtest.Template {
	return dbtest.Template{Key: fmt.Sprint("chattest/", migrated), Prepare: func(ctx context.Context, db *gorm.DB) error {
		if err := db.AutoMigrate(&user{}); err != nil || !migrated {
			return err
		}
		return chat.Migrate(ctx, db, hostConfig)
	}}
}

// onHosts runs a test on a database of each kind.
func onHosts(t *testing.T, migrated bool, test func(t *testing.T, host *gorm.DB)) {
	t.Helper()
	t.Parallel()
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		test(t, dbtest.SQLiteFile(t, hostTemplate(migrated)))
	})
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		test(t, dbtest.Postgres(t, hostTemplate(migrated)))
	})
}

// tables counts the rows, and the tables of the chat.
func tables(t *testing.T, host *gorm.DB) (counts []int64) {
	t.Helper()
	for _, table := range []string{"users", "chat_rooms", "chat_messages", "chat_events"} {
		n := int64(-1)
		if host.Migrator().HasTable(table) {
			ok(t, host.Table(table).Count(&n).Error)
		}
		counts = append(counts, n)
	}
	return counts
}

// A host's test does what its program does, with transactions that are committed, rolled back
// and broken, and leaves nothing.
func TestOnTheHostsDatabaseAllIsUndone(t *testing.T) {
	for _, migrated := range []bool{true, false} {
		t.Run(fmt.Sprint("migrated ", migrated), func(t *testing.T) {
			onHosts(t, migrated, func(t *testing.T, host *gorm.DB) {
				before := tables(t, host)
				for range 2 {
					t.Run("a test", func(t *testing.T) { useHostsDatabase(t, host) })
				}
				if diff := cmp.Diff(before, tables(t, host)); diff != "" {
					t.Errorf("the tests left something: %s", diff)
				}
			})
		})
	}
}

func useHostsDatabase(t *testing.T, host *gorm.DB) {
	t.Helper()
	c := chattest.NewWith(t, chattest.Options{DB: host, Config: hostConfig})
	ada, ben := user{Name: "Ada"}, user{Name: "Ben"}
	ok(t, c.DB.Create(&ada).Error)
	ok(t, c.DB.Create(&ben).Error)
	room, err := c.OpenPrivate(t.Context(), chat.ID(ada.ID), chat.ID(ben.ID))
	ok(t, err)
	for range 3 {
		_, err := c.SendMessage(t.Context(), chat.ID(ada.ID), room.ID, chat.NewMessage{Text: "hi"})
		ok(t, err)
	}
	if err := c.DB.Create(&user{ID: ada.ID}).Error; err == nil {
		t.Error("a user's id was there twice")
	}
	if err := c.DB.Exec("SELECT nothing FROM nowhere").Error; err == nil {
		t.Error("a statement that makes no sense was run")
	}
	errHost := errors.New("the host thought better of it")
	err = c.InTx(t.Context(), func(tx *gorm.DB, s *chat.Service) error {
		ok(t, tx.Create(&user{Name: "Cleo"}).Error)
		if _, err := s.SendMessage(t.Context(), chat.System, room.ID, chat.NewMessage{Text: "never"}); err != nil {
			return err
		}
		return errHost
	})
	if !errors.Is(err, errHost) {
		t.Errorf("the transaction ended with %v", err)
	}
	ok(t, c.InTx(t.Context(), func(tx *gorm.DB, s *chat.Service) error {
		_ = tx.Transaction(func(nested *gorm.DB) error { return nested.Create(&user{ID: ada.ID}).Error })
		_, err := s.SendMessage(t.Context(), chat.System, room.ID, chat.NewMessage{Text: "welcome"})
		return err
	}))
	if got := tables(t, c.DB); got[0] != 2 || got[1] != 1 || got[2] != 4 {
		t.Errorf("the transaction has %v users, rooms, messages and events", got)
	}
	ok(t, c.Check(t.Context()))
}

func TestTheConstraintsOfACommitAreChecked(t *testing.T) {
	t.Parallel()
	host := dbtest.Postgres(t, hostTemplate(true))
	c := chattest.NewWith(t, chattest.Options{DB: host, Config: hostConfig})
	ada, ben := user{Name: "Ada"}, user{Name: "Ben"}
	ok(t, c.DB.Create(&ada).Error)
	ok(t, c.DB.Create(&ben).Error)
	room, err := c.CreateRoom(t.Context(), chat.ID(ada.ID), chat.NewRoom{Name: "Ada's"})
	ok(t, err)
	err = c.DB.Transaction(func(tx *gorm.DB) error {
		return tx.Exec("UPDATE chat_rooms SET owner_id = ? WHERE id = ?", ben.ID, room.ID).Error
	})
	if err == nil {
		t.Error("an owner who is no member was committed")
	}
	found, err := c.Room(t.Context(), chat.System, room.ID)
	ok(t, err)
	if *found.OwnerID != chat.ID(ada.ID) {
		t.Errorf("the owner is %s", *found.OwnerID)
	}
}

func TestTestsOnOneDatabaseRunInParallel(t *testing.T) {
	t.Parallel()
	host := dbtest.Postgres(t, hostTemplate(true))
	for n := range 4 {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			t.Parallel()
			c := chattest.NewWith(t, chattest.Options{DB: host, Config: hostConfig})
			ok(t, c.DB.Create(&user{ID: int64(100 + n)}).Error)
			_, err := c.CreateRoom(t.Context(), chat.System, chat.NewRoom{Name: "x", Ownerless: true, Members: []chat.NewRoomUser{{UserID: chat.ID(100 + n)}}})
			ok(t, err)
			if got := tables(t, c.DB); got[0] != 1 || got[1] != 1 {
				t.Errorf("it sees %v", got)
			}
		})
	}
}

func TestWhatCannotBeUndoneIsRefused(t *testing.T) {
	t.Parallel()
	host := dbtest.SQLiteFile(t, hostTemplate(true))
	tx := host.Begin()
	defer tx.Rollback()
	for want, options := range map[string]chattest.Options{
		"chattest: Options.DB is a transaction: hand over the handle that it was begun on":         {DB: tx},
		"chattest: Options.GORM is for the database in memory: Options.DB has a config of its own": {DB: host, GORM: &gorm.Config{}},
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

func TestTheHostsConfigOfGORM(t *testing.T) {
	t.Parallel()
	c := chattest.NewWith(t, chattest.Options{GORM: &gorm.Config{DisableAutomaticPing: true, TranslateError: true}, Config: hostConfig,
		Migrate: func(db *gorm.DB) error { return db.AutoMigrate(&user{}) }})
	ok(t, c.DB.Create(&user{ID: 1}).Error)
	if err := c.DB.Create(&user{ID: 1}).Error; !errors.Is(err, gorm.ErrDuplicatedKey) {
		t.Errorf("the error is not translated: %v", err)
	}
	_, err := c.CreateRoom(t.Context(), chat.ID(1), chat.NewRoom{Name: "x"})
	ok(t, err)
}

// Copies of one template are logs of their own.
func TestEachChatHasAnEpochOfItsOwn(t *testing.T) {
	t.Parallel()
	epochs := map[string]bool{}
	for range 3 {
		var epoch string
		ok(t, chattest.New(t).DB.Raw("SELECT value FROM chat_meta WHERE key = 'epoch'").Scan(&epoch).Error)
		epochs[epoch] = true
	}
	if len(epochs) != 3 {
		t.Errorf("three chats have %d epochs", len(epochs))
	}
}

func TestMissingTableOfUsersFailsTheTest(t *testing.T) {
	t.Parallel()
	failing := &failingTest{TB: t}
	done := make(chan struct{})
	go func() {
		defer close(done)
		chattest.NewWith(failing, chattest.Options{Config: hostConfig})
	}()
	<-done
	if want := `chattest: there is no table "users" with a column id: make it in Options.Migrate`; failing.message != want {
		t.Errorf("it says %q", failing.message)
	}
}

func TestEventsAndWaitForOfARoom(t *testing.T) {
	t.Parallel()
	c := chattest.New(t)
	room, err := c.OpenPrivate(t.Context(), alice, bob)
	ok(t, err)
	go func() {
		for _, text := range []string{"one", "two"} {
			if _, err := c.SendMessage(context.Background(), alice, room.ID, chat.NewMessage{Text: text}); err != nil {
				t.Error(err)
			}
		}
	}()
	first, second := c.WaitFor(room.ID, chat.MessageCreated), c.WaitFor(room.ID, chat.MessageCreated)
	var kinds []chat.EventKind
	for _, event := range c.Events(room.ID) {
		kinds = append(kinds, event.Kind)
	}
	if diff := cmp.Diff([]chat.EventKind{chat.RoomCreated, chat.MessageCreated, chat.MessageCreated}, kinds); diff != "" {
		t.Error(diff)
	}
	if first.Seq != 2 || second.Seq != 3 || *first.ActorID != alice {
		t.Errorf("waited for %+v and %+v", first, second)
	}
	ok(t, c.DeleteRoom(t.Context(), alice, room.ID))
	c.WaitFor(room.ID, chat.RoomDeleted)
}

func TestServicesThatShareABusHearOfEachOther(t *testing.T) {
	t.Parallel()
	bus := &chattest.Bus{}
	c := chattest.NewWith(t, chattest.Options{Config: chat.Config{Bus: bus}})
	other, err := chat.New(c.DB, c.Config)
	ok(t, err)
	defer func() { ok(t, other.Close()) }()
	room, err := c.OpenPrivate(t.Context(), alice, bob)
	ok(t, err)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	sub, err := other.Subscribe(ctx, bob, chat.SubscribeOptions{})
	ok(t, err)
	defer sub.Close()
	for typing := false; !typing; { // what is typed is stored nowhere: it comes by the bus alone, or is lost
		ok(t, c.Typing(ctx, alice, room.ID))
		c.Clock.Advance(time.Minute)
		next, stop := context.WithTimeout(ctx, 300*time.Millisecond)
		update, err := sub.Next(next)
		stop()
		typing = err == nil && update.Kind == chat.UpdateTyping
		if ctx.Err() != nil {
			t.Fatalf("nobody was seen typing; the bus has %d messages", len(bus.Published()))
		}
	}
	errBus := errors.New("the bus is down")
	bus.Fail(errBus)
	if err := bus.Publish(ctx, []byte("x")); !errors.Is(err, errBus) {
		t.Errorf("a bus that is down publishes: %v", err)
	}
	bus.Fail(nil)
	ok(t, bus.Publish(ctx, []byte("y")))
	if published := bus.Published(); string(published[len(published)-1]) != "y" {
		t.Errorf("the last of %d messages is %q", len(published), published[len(published)-1])
	}
}
