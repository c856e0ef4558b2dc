package hosttx_test

import (
	"strings"
	"testing"

	"gorm.io/gorm"

	"github.com/go-df/chat"
	"github.com/go-df/chat/internal/chatsuite"
	"github.com/go-df/chat/internal/dbtest"
)

// unmigrated is a database that was never migrated.
func unmigrated(t *testing.T, v chatsuite.Variant) *gorm.DB {
	t.Helper()
	if v.Postgres {
		return dbtest.Postgres(t, dbtest.Template{})
	}
	return dbtest.SQLiteMemory(t, dbtest.Template{})
}

// wantSchemaRemedy: the message names what to run.
func wantSchemaRemedy(t *testing.T, err error, remedy string) {
	t.Helper()
	chatsuite.WantError(t, err, chat.ErrSchema)
	if err == nil || !strings.Contains(err.Error(), remedy) {
		t.Errorf("%v does not name %s", err, remedy)
	}
	if chat.IsRetryable(err) {
		t.Error("trying again does not help")
	}
}

func TestADatabaseThatWasNotMigratedIsRefused(t *testing.T) {
	t.Parallel()
	for _, v := range []chatsuite.Variant{chatsuite.SQLite, chatsuite.Postgres} {
		t.Run(v.String(), func(t *testing.T) {
			t.Parallel()
			db := unmigrated(t, v)
			config := chat.Config{UserIDs: v.UserIDs}
			svc := chatsuite.Must(chat.New(db, config))(t)
			ctx, alice, bob := t.Context(), v.UserID(1), v.UserID(2)
			wantSchemaRemedy(t, chatsuite.ErrorOf(svc.OpenPrivate(ctx, alice, bob)), "chat.Migrate")
			wantSchemaRemedy(t, chatsuite.ErrorOf(svc.Rooms(ctx, alice, chat.RoomsQuery{})), "chat.Migrate")
			wantSchemaRemedy(t, svc.InTx(ctx, func(*gorm.DB, *chat.Service) error {
				t.Error("InTx ran its function without tables")
				return nil
			}), "chat.Migrate")

			// The question itself must not end a host's transaction.
			chatsuite.NoError(t, db.AutoMigrate(&order{}))
			chatsuite.NoError(t, db.Transaction(func(tx *gorm.DB) error {
				bound, _ := svc.WithTx(tx)
				wantSchemaRemedy(t, chatsuite.ErrorOf(bound.OpenPrivate(ctx, alice, bob)), "chat.Migrate")
				return tx.Create(&order{ID: 1, Note: "still here"}).Error
			}))
			var orders int64
			chatsuite.NoError(t, db.Model(&order{}).Count(&orders).Error)
			if orders != 1 {
				t.Errorf("%d of the host's rows are there", orders)
			}

			// The same service goes on once somebody has migrated.
			chatsuite.NoError(t, chat.Migrate(ctx, db, config))
			chatsuite.NoError(t, chatsuite.ErrorOf(svc.OpenPrivate(ctx, alice, bob)))
		})
	}
}

func TestAnotherVersionOfTheSchemaIsRefused(t *testing.T) {
	chatsuite.Run(t, func(t *testing.T, h *chatsuite.Host) {
		ctx := t.Context()
		version := func(n string) {
			t.Helper()
			chatsuite.NoError(t, h.DB.Exec("UPDATE chat_migrations SET version_id = "+n+" WHERE version_id > 0").Error)
		}
		version("99")
		fresh := chatsuite.Must(chat.New(h.DB, h.Config))(t)
		wantSchemaRemedy(t, chatsuite.ErrorOf(fresh.OpenPrivate(ctx, h.Alice, h.Bob)), "upgrade")
		wantSchemaRemedy(t, h.DB.Transaction(func(tx *gorm.DB) error {
			bound, _ := fresh.WithTx(tx)
			return chatsuite.ErrorOf(bound.OpenPrivate(ctx, h.Alice, h.Bob))
		}), "upgrade")
		version("0")
		wantSchemaRemedy(t, chatsuite.ErrorOf(fresh.OpenPrivate(ctx, h.Alice, h.Bob)), "chat.Migrate")
		if n := h.QueryInt("SELECT count(*) FROM chat_rooms"); n != 0 {
			t.Errorf("%d rooms were written", n)
		}
	})
}

func TestAConfigThatTheTablesWereNotMadeForIsRefused(t *testing.T) {
	chatsuite.Run(t, func(t *testing.T, h *chatsuite.Host) {
		config := h.Config
		config.UserIDs = chat.UUIDs
		if !h.Postgres { // where text and uuid are one type
			config.UserIDs = chat.Int64IDs
		}
		svc := chatsuite.Must(chat.New(h.DB, config))(t)
		err := chatsuite.ErrorOf(svc.Rooms(h.Ctx, chat.System, chat.RoomsQuery{}))
		wantSchemaRemedy(t, err, "user_id_type")
	})
}
