package databases_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"gorm.io/gorm"
	"gorm.io/plugin/dbresolver"

	"github.com/go-df/chat"
	"github.com/go-df/chat/internal/chatsuite"
	"github.com/go-df/chat/internal/dbtest"
)

// pooled are the databases on which several pools can be opened.
var pooled = []chatsuite.Variant{
	{UserIDs: chat.Int64IDs, UsersTable: true, File: true},
	{UserIDs: chat.Int64IDs, UsersTable: true, Postgres: true},
}

// address is a new database of the variant's, that several pools can open.
func address(t *testing.T, v chatsuite.Variant, template dbtest.Template) string {
	t.Helper()
	if v.Postgres {
		return dbtest.PostgresDSN(t, template)
	}
	return dbtest.SQLiteDSN(dbtest.SQLitePath(t, template))
}

// servers are a primary and a replica, which has nothing of what the primary has, each
// as one more pool.
type servers struct {
	v                chatsuite.Variant
	primary, replica func() gorm.Dialector
}

func newServers(t *testing.T, v chatsuite.Variant, primary, replica string) *servers {
	t.Helper()
	pool := func(dsn string) func() gorm.Dialector {
		return func() gorm.Dialector {
			return v.PoolDialector(chatsuite.Must(dbtest.Open(t, v.Dialector(dsn), gorm.Config{}).DB())(t))
		}
	}
	return &servers{v, pool(primary), pool(replica)}
}

// toReplicas are ways in which a host sends its queries to replicas.
var toReplicas = []struct {
	name string
	open func(t *testing.T, s *servers) *gorm.DB
}{
	{"a replica", func(t *testing.T, s *servers) *gorm.DB {
		return use(t, dbtest.Open(t, s.primary(), gorm.Config{}), dbresolver.Register(dbresolver.Config{Replicas: []gorm.Dialector{s.replica()}}))
	}},
	{"two replicas, traced", func(t *testing.T, s *servers) *gorm.DB {
		return use(t, dbtest.Open(t, s.primary(), gorm.Config{}), dbresolver.Register(dbresolver.Config{
			Replicas: []gorm.Dialector{s.replica(), s.replica()}, TraceResolverMode: true}))
	}},
	{"prepared statements", func(t *testing.T, s *servers) *gorm.DB {
		return use(t, dbtest.Open(t, s.primary(), gorm.Config{PrepareStmt: true}),
			dbresolver.Register(dbresolver.Config{Replicas: []gorm.Dialector{s.replica()}}))
	}},
	{"a source of its own, on a handle of the replica", func(t *testing.T, s *servers) *gorm.DB {
		return use(t, dbtest.Open(t, s.replica(), gorm.Config{}), dbresolver.Register(dbresolver.Config{
			Sources: []gorm.Dialector{s.primary()}, Replicas: []gorm.Dialector{s.replica()}}))
	}},
	{"servers by table", func(t *testing.T, s *servers) *gorm.DB {
		return use(t, dbtest.Open(t, s.replica(), gorm.Config{}), dbresolver.Register(dbresolver.Config{
			Sources: []gorm.Dialector{s.primary()}, Replicas: []gorm.Dialector{s.replica()},
		}, &chat.Room{}).Register(dbresolver.Config{Sources: []gorm.Dialector{s.replica()}}, "chat_messages", "chat_meta"))
	}},
	{"a handle for reading", func(t *testing.T, s *servers) *gorm.DB {
		return use(t, dbtest.Open(t, s.primary(), gorm.Config{}), dbresolver.Register(dbresolver.Config{
			Replicas: []gorm.Dialector{s.replica()}})).Clauses(dbresolver.Read)
	}},
}

func use(t *testing.T, db *gorm.DB, plugin gorm.Plugin) *gorm.DB {
	t.Helper()
	chatsuite.NoError(t, db.Use(plugin))
	return db
}

// Any statement that reached the replica would fail: there is no table.
func TestEveryOperationUsesThePrimary(t *testing.T) {
	t.Parallel()
	for _, v := range pooled {
		for _, with := range toReplicas {
			t.Run(v.Dialect()+"/"+with.name, func(t *testing.T) {
				t.Parallel()
				got := tell(func(option func(*chat.Config)) *chatsuite.Host {
					var s *servers
					h := chatsuite.NewOn(t, v, func(template dbtest.Template) *gorm.DB {
						primary := address(t, v, template)
						s = newServers(t, v, primary, address(t, v, dbtest.Template{}))
						return dbtest.Open(t, v.Dialector(primary), gorm.Config{})
					}, option)
					h.Service = chatsuite.Must(chat.New(with.open(t, s), h.Config))(t)
					return h
				})
				if diff := cmp.Diff(storyOnSQLite(t, v), got); diff != "" {
					t.Errorf("without (-) and with replicas (+):\n%s", diff)
				}
			})
		}
	}
}

// A replica that has the tables and lags behind: what was just written is found.
func TestAReplicaThatLagsBehindIsNotRead(t *testing.T) {
	t.Parallel()
	for _, v := range pooled {
		t.Run(v.Dialect(), func(t *testing.T) {
			t.Parallel()
			var s *servers
			h := chatsuite.NewOn(t, v, func(template dbtest.Template) *gorm.DB {
				s = newServers(t, v, "", address(t, v, template))
				return dbtest.Open(t, v.Dialector(address(t, v, template)), gorm.Config{})
			})
			// The plugin comes after the service.
			use(t, h.DB, dbresolver.Register(dbresolver.Config{Replicas: []gorm.Dialector{s.replica()}}))
			room := h.NewGroup(h.Bob)
			in := chat.NewMessage{Text: "once", ClientID: "1"}
			first := chatsuite.Must(h.SendMessage(h.Ctx, h.Alice, room.ID, in))(t)
			for range 3 {
				if again := chatsuite.Must(h.SendMessage(h.Ctx, h.Alice, room.ID, in))(t); again.ID != first.ID {
					t.Errorf("a repeat is the message %s, want %s", again.ID, first.ID)
				}
			}
			chatsuite.Must(h.Message(h.Ctx, h.Bob, first.ID))(t)
			if n := len(chatsuite.Must(h.Rooms(h.Ctx, h.Bob, chat.RoomsQuery{}))(t).Items); n != 1 {
				t.Errorf("%d rooms in the inbox, want 1", n)
			}
		})
	}
}

func TestMigrateUsesThePrimary(t *testing.T) {
	t.Parallel()
	for _, v := range pooled {
		for _, with := range toReplicas {
			t.Run(v.Dialect()+"/"+with.name, func(t *testing.T) {
				t.Parallel()
				primary, replica := address(t, v, dbtest.Template{}), address(t, v, dbtest.Template{})
				db := with.open(t, newServers(t, v, primary, replica))
				config := chat.Config{UserIDs: v.UserIDs, MessageSearch: true}
				chatsuite.NoError(t, chat.Migrate(t.Context(), db, config))
				chatsuite.NoError(t, chat.Migrate(t.Context(), db, config))
				svc := chatsuite.Must(chat.New(db, config))(t)
				chatsuite.Must(svc.OpenPrivate(t.Context(), v.UserID(1), v.UserID(2)))(t)
				for name, want := range map[string]bool{primary: true, replica: false} {
					if has := dbtest.Open(t, v.Dialector(name), gorm.Config{}).Migrator().HasTable("chat_rooms"); has != want {
						t.Errorf("%s has the tables: %v, want %v", name, has, want)
					}
				}
			})
		}
	}
}

// The host's own statements in InTx are in the same transaction as ours.
func TestInTxOfAHostWithReplicas(t *testing.T) {
	t.Parallel()
	for _, v := range pooled {
		for _, with := range toReplicas {
			t.Run(v.Dialect()+"/"+with.name, func(t *testing.T) {
				t.Parallel()
				template := v.Template(chat.Config{UserIDs: v.UserIDs, UsersTable: "users"})
				primary := address(t, v, template)
				db := with.open(t, newServers(t, v, primary, address(t, v, dbtest.Template{})))
				svc := chatsuite.Must(chat.New(db, chat.Config{UserIDs: v.UserIDs, UsersTable: "users"}))(t)
				chatsuite.NoError(t, svc.InTx(t.Context(), func(tx *gorm.DB, s *chat.Service) error {
					if err := tx.Exec("INSERT INTO users (id, name) VALUES (?, 'new')", v.UserID(1000)).Error; err != nil {
						return err
					}
					return chatsuite.ErrorOf(s.OpenPrivate(t.Context(), v.UserID(1), v.UserID(1000)))
				}))
			})
		}
	}
}

// What is read in a snapshot is read on one connection, of the primary, however many read.
func TestSnapshotsOfAHostWithReplicas(t *testing.T) {
	t.Parallel()
	for _, v := range pooled {
		for _, with := range toReplicas {
			t.Run(v.Dialect()+"/"+with.name, func(t *testing.T) {
				t.Parallel()
				h := chatsuite.NewOn(t, v, func(template dbtest.Template) *gorm.DB {
					return with.open(t, newServers(t, v, address(t, v, template), address(t, v, dbtest.Template{})))
				})
				room := h.NewGroup(h.Bob)
				ctx, cancel := context.WithTimeout(h.Ctx, time.Minute) // connections that wait for others wait for ever
				defer cancel()
				var readers sync.WaitGroup
				for range 8 {
					readers.Go(func() {
						for range 10 {
							_, eventsErr := h.Events(ctx, h.Bob, room.ID, chat.EventsQuery{})
							sub, err := h.Subscribe(ctx, h.Bob, chat.SubscribeOptions{})
							if err := errors.Join(eventsErr, err); err != nil {
								t.Error(err)
								return
							}
							sub.Close()
						}
					})
				}
				readers.Wait()
				sent := h.Send(h.Alice, room.ID, "after all") // no connection has kept its snapshot
				for range 20 {
					chatsuite.NoError(t, chatsuite.ErrorOf(h.Message(h.Ctx, h.Bob, sent.ID)))
				}
			})
		}
	}
}
