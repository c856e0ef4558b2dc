package databases_test

import (
	"context"
	"database/sql"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"
	"gorm.io/gorm"

	"github.com/go-df/chat"
	"github.com/go-df/chat/internal/chatsuite"
	"github.com/go-df/chat/internal/dbtest"
)

// hostPool is a pool of the host's own around database/sql's, as telemetry has one. It counts
// the statements that GORM prepares.
type hostPool struct {
	gorm.ConnPool
	db       *sql.DB
	prepared *atomic.Int64
}

func (p *hostPool) PrepareContext(ctx context.Context, query string) (*sql.Stmt, error) {
	p.prepared.Add(1)
	return p.ConnPool.PrepareContext(ctx, query)
}

// BeginTx implements [gorm.ConnPoolBeginner].
func (p *hostPool) BeginTx(ctx context.Context, options *sql.TxOptions) (gorm.ConnPool, error) {
	tx, err := p.db.BeginTx(ctx, options)
	if err != nil {
		return nil, err
	}
	return &hostPoolTx{tx, p.prepared}, nil
}

type hostPoolTx struct {
	*sql.Tx
	prepared *atomic.Int64
}

func (tx *hostPoolTx) PrepareContext(ctx context.Context, query string) (*sql.Stmt, error) {
	tx.prepared.Add(1)
	return tx.Tx.PrepareContext(ctx, query)
}

// openPool is a hostPool that says, as GORM asks, which pool it is around.
type openPool struct{ *hostPool }

// GetDBConn implements [gorm.GetDBConnector].
func (p openPool) GetDBConn() (*sql.DB, error) { return p.db, nil }

// poolHandles are handles on a pool of the host's.
var poolHandles = []struct {
	name   string
	config gorm.Config
	pool   func(p *hostPool) gorm.ConnPool
	leave  func(db *gorm.DB) *gorm.DB
}{
	{name: "open", pool: func(p *hostPool) gorm.ConnPool { return openPool{p} }},
	{name: "closed", pool: func(p *hostPool) gorm.ConnPool { return p }},
	{name: "prepared", config: gorm.Config{PrepareStmt: true}, pool: func(p *hostPool) gorm.ConnPool { return openPool{p} }},
	{
		name: "prepared twice", config: gorm.Config{PrepareStmt: true}, pool: func(p *hostPool) gorm.ConnPool { return openPool{p} },
		leave: func(db *gorm.DB) *gorm.DB { return db.Session(&gorm.Session{PrepareStmt: true}) },
	},
}

func TestEveryOperationOnAPoolOfTheHosts(t *testing.T) {
	t.Parallel()
	for _, v := range pooled {
		want := storyOnSQLite(t, v)
		for _, with := range poolHandles {
			t.Run(v.Dialect()+"/"+with.name, func(t *testing.T) {
				t.Parallel()
				var prepared atomic.Int64
				var db *sql.DB
				got := tell(func(option func(*chat.Config)) *chatsuite.Host {
					h := chatsuite.NewOn(t, v, func(template dbtest.Template) *gorm.DB {
						return dbtest.Open(t, v.Dialector(address(t, v, template)), gorm.Config{})
					}, option)
					db = chatsuite.Must(h.DB.DB())(t)
					config := with.config
					handle := chatsuite.Must(gorm.Open(v.PoolDialector(with.pool(&hostPool{db, db, &prepared})), &config))(t)
					if with.leave != nil {
						handle = with.leave(handle)
					}
					h.Service = chatsuite.Must(chat.New(handle, h.Config))(t)
					return h
				})
				if diff := cmp.Diff(want, got); diff != "" {
					t.Errorf("on the driver's pool (-) and on the host's (+):\n%s", diff)
				}
				if n := prepared.Load(); n > 1 { // the host's own in InTx
					t.Errorf("%d statements of ours were prepared by GORM", n)
				}
				if n := db.Stats().InUse; n != 0 {
					t.Errorf("%d connections are still in use", n)
				}
			})
		}
	}
}

// A host that holds one connection, as GORM's Connection gives it, reads the log on it.
func TestASnapshotOnOneConnectionOfTheHosts(t *testing.T) {
	chatsuite.RunPooled(t, func(t *testing.T, h *chatsuite.Host) {
		room := h.NewGroup(h.Bob)
		h.Send(h.Alice, room.ID, "hi")
		chatsuite.NoError(t, h.DB.Connection(func(held *gorm.DB) error {
			s, err := chat.New(held, h.Config)
			if err != nil {
				return err
			}
			log, err := s.Events(h.Ctx, h.Bob, room.ID, chat.EventsQuery{})
			if err == nil && len(log.Items) != len(h.EventKinds(room.ID)) {
				t.Errorf("%d events", len(log.Items))
			}
			chatsuite.WantFieldError(t, chat.Migrate(h.Ctx, held, h.Config), chat.ErrInvalid, "db", 0) // says what it needs
			return err
		}))
	})
}
