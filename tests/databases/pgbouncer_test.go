package databases_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	"gorm.io/driver/postgres"
	"gorm.io/gorm"

	"github.com/go-df/chat"
	"github.com/go-df/chat/internal/chatsuite"
	"github.com/go-df/chat/internal/dbtest"
)

// poolerModes are the query modes that a pooler in transaction mode allows, which gives
// each transaction another connection of the server's.
var poolerModes = []string{"exec", "simple_protocol", "cache_describe"}

// throughPgBouncer is a host behind a PgBouncer, migrated over a direct connection.
func throughPgBouncer(t *testing.T, v chatsuite.Variant, mode string, options ...func(*chat.Config)) *chatsuite.Host {
	t.Helper()
	return chatsuite.NewOn(t, v, func(template dbtest.Template) *gorm.DB {
		dsn := dbtest.PgBouncerDSN(t, dbtest.PostgresDSN(t, template))
		return dbtest.Open(t, postgres.Open(dbtest.WithParameter(dsn, "default_query_exec_mode", mode)), gorm.Config{})
	}, options...)
}

func TestEveryOperationThroughPgBouncer(t *testing.T) {
	t.Parallel()
	for i, mode := range poolerModes {
		t.Run(mode, func(t *testing.T) {
			t.Parallel()
			got := tell(func(option func(*chat.Config)) *chatsuite.Host { return throughPgBouncer(t, kinds[i], mode, option) })
			if diff := cmp.Diff(storyOnSQLite(t, kinds[i]), got); diff != "" {
				t.Errorf("SQLite (-) and PgBouncer (+):\n%s", diff)
			}
		})
	}
}

// More senders than PgBouncer has connections, each statement on whichever is free: what
// one transaction sets does not reach the next.
func TestConcurrentSendsThroughPgBouncer(t *testing.T) {
	t.Parallel()
	for i, mode := range poolerModes {
		t.Run(mode, func(t *testing.T) {
			t.Parallel()
			h := throughPgBouncer(t, kinds[i], mode)
			rooms := []*chat.Room{h.NewGroup(h.Bob), h.NewGroup(h.Bob), h.NewGroup(h.Bob)}
			chatsuite.ParallelN(t, 200, func(i int) error {
				in := chat.NewMessage{Text: "text", ClientID: fmt.Sprint(i % 150)} // some are repeats
				if i%10 == 0 {
					return h.InTx(h.Ctx, func(_ *gorm.DB, s *chat.Service) error {
						return chatsuite.ErrorOf(s.SendMessage(h.Ctx, h.Bob, rooms[i%3].ID, in))
					})
				}
				return chatsuite.ErrorOf(h.SendMessage(h.Ctx, h.Alice, rooms[i%3].ID, in))
			})
			h.CheckRoomLogs()
			chatsuite.ParallelN(t, 40, func(int) error {
				var timeout string
				err := h.DB.Raw("SELECT current_setting('lock_timeout') FROM (SELECT pg_sleep(0.01)) AS busy").Scan(&timeout).Error
				if err == nil && timeout != "0" {
					err = fmt.Errorf("lock_timeout is left at %s", timeout)
				}
				return err
			})
		})
	}
}
