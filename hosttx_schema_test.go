package chat_test

import (
	"strings"
	"testing"

	"gorm.io/gorm"

	"github.com/go-df/chat"
	"github.com/go-df/chat/internal/dbtest"
)

// empty is a database that was never migrated.
func (v variant) empty(t *testing.T) *gorm.DB {
	t.Helper()
	if v.postgres {
		return dbtest.Postgres(t, dbtest.Template{})
	}
	return dbtest.SQLiteMemory(t, dbtest.Template{})
}

// wantSchemaRemedy: the message names what to run.
func wantSchemaRemedy(t *testing.T, err error, remedy string) {
	t.Helper()
	wantError(t, err, chat.ErrSchema)
	if err == nil || !strings.Contains(err.Error(), remedy) {
		t.Errorf("%v does not name %s", err, remedy)
	}
	if chat.IsRetryable(err) {
		t.Error("trying again does not help")
	}
}

func TestADatabaseThatWasNotMigratedIsRefused(t *testing.T) {
	t.Parallel()
	for _, v := range []variant{onSQLite, onPostgres} {
		t.Run(v.String(), func(t *testing.T) {
			t.Parallel()
			db := v.empty(t)
			config := chat.Config{UserIDs: v.ids}
			svc := must(chat.New(db, config))(t)
			ctx, alice, bob := t.Context(), v.id(1), v.id(2)
			wantSchemaRemedy(t, of(svc.OpenPrivate(ctx, alice, bob)), "chat.Migrate")
			wantSchemaRemedy(t, of(svc.Rooms(ctx, alice, chat.RoomsQuery{})), "chat.Migrate")
			wantSchemaRemedy(t, svc.InTx(ctx, func(*gorm.DB, *chat.Service) error {
				t.Error("InTx ran its function without tables")
				return nil
			}), "chat.Migrate")

			// The question itself must not end a host's transaction.
			ok(t, db.AutoMigrate(&order{}))
			ok(t, db.Transaction(func(tx *gorm.DB) error {
				bound, _ := svc.WithTx(tx)
				wantSchemaRemedy(t, of(bound.OpenPrivate(ctx, alice, bob)), "chat.Migrate")
				return tx.Create(&order{ID: 1, Note: "still here"}).Error
			}))
			var orders int64
			ok(t, db.Model(&order{}).Count(&orders).Error)
			if orders != 1 {
				t.Errorf("%d of the host's rows are there", orders)
			}

			// The same service goes on once somebody has migrated.
			ok(t, chat.Migrate(ctx, db, config))
			ok(t, of(svc.OpenPrivate(ctx, alice, bob)))
		})
	}
}

func TestAnotherVersionOfTheSchemaIsRefused(t *testing.T) {
	overBoth(t, func(t *testing.T, h *host) {
		ctx := t.Context()
		version := func(n string) {
			t.Helper()
			ok(t, h.db.Exec("UPDATE chat_migrations SET version_id = "+n+" WHERE version_id > 0").Error)
		}
		version("99")
		fresh := must(chat.New(h.db, h.config))(t)
		wantSchemaRemedy(t, of(fresh.OpenPrivate(ctx, h.alice, h.bob)), "upgrade")
		wantSchemaRemedy(t, h.db.Transaction(func(tx *gorm.DB) error {
			bound, _ := fresh.WithTx(tx)
			return of(bound.OpenPrivate(ctx, h.alice, h.bob))
		}), "upgrade")
		version("0")
		wantSchemaRemedy(t, of(fresh.OpenPrivate(ctx, h.alice, h.bob)), "chat.Migrate")
		if n := h.number("SELECT count(*) FROM chat_rooms"); n != 0 {
			t.Errorf("%d rooms were written", n)
		}
	})
}

func TestAConfigThatTheTablesWereNotMadeForIsRefused(t *testing.T) {
	overBoth(t, func(t *testing.T, h *host) {
		config := h.config
		config.UserIDs = chat.UUIDs
		if !h.postgres { // where text and uuid are one type
			config.UserIDs = chat.Int64IDs
		}
		svc := must(chat.New(h.db, config))(t)
		err := of(svc.Rooms(h.ctx, chat.System, chat.RoomsQuery{}))
		wantSchemaRemedy(t, err, "user_id_type")
	})
}
