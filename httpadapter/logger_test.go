package httpadapter_test

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"gorm.io/driver/sqlite"
	"gorm.io/gorm"

	"github.com/go-df/chat"
	"github.com/go-df/chat/httpadapter"
	"github.com/go-df/chat/internal/dbtest"
)

// A host that gives the service a logger, and the handler none, is told what clients are
// not: here that its SQLite does not enforce foreign keys, at the first request, be it
// one that reads.
func TestTheLoggerIsTheServicesUnlessGiven(t *testing.T) {
	t.Parallel()
	template := dbtest.Template{Key: "http/logger", Prepare: func(ctx context.Context, db *gorm.DB) error {
		return chat.Migrate(ctx, db, chat.Config{UserIDs: chat.Int64IDs})
	}}
	db := dbtest.Open(t, sqlite.Open(dbtest.SQLitePath(t, template)), gorm.Config{}) // no _foreign_keys=1
	for _, request := range []struct{ method, body string }{{http.MethodGet, ""}, {http.MethodPost, `{"name":"x"}`}} {
		for _, own := range []bool{false, true} {
			var service, given logged
			config := chat.Config{UserIDs: chat.Int64IDs, Logger: slog.New(slog.NewTextHandler(&service, nil))}
			handlers := httpadapter.Config{User: signedIn}
			if own {
				handlers.Logger = slog.New(slog.NewTextHandler(&given, nil))
			}
			handler := must(httpadapter.New(must(chat.New(db, config))(t), handlers))(t)
			r := httptest.NewRequest(request.method, "/rooms", strings.NewReader(request.body))
			r.Header.Set("X-User", "alice")
			r.Header.Set("Content-Type", "application/json")
			w := httptest.NewRecorder()
			handler.ServeHTTP(w, r)
			if w.Code != http.StatusInternalServerError || strings.Contains(w.Body.String(), "foreign") {
				t.Errorf("%s: %d %s", request.method, w.Code, w.Body)
			}
			told, other := service.String(), given.String()
			if own {
				told, other = other, told
			}
			if !strings.Contains(told, "_foreign_keys=1") || other != "" {
				t.Errorf("%s, a logger of its own: %v: the logs are %q and %q", request.method, own, told, other)
			}
		}
	}
}
