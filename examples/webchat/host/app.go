package host

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"strings"

	"gorm.io/driver/sqlite"
	"gorm.io/gorm"
	"gorm.io/gorm/logger"

	"github.com/go-df/chat"
	"github.com/go-df/chat/httpadapter"
	"github.com/go-df/chat/webui"
)

// app is the host application.
type app struct {
	db    *gorm.DB
	chat  *chat.Service
	users users
}

func openApp(ctx context.Context, o options, log *slog.Logger) (*app, error) {
	db, err := openDatabase(o.db)
	if err != nil {
		return nil, err
	}
	a := &app{db: db}
	if err := a.prepare(ctx, o, log); err != nil {
		return nil, errors.Join(err, a.close())
	}
	return a, nil
}

// prepare migrates the database and makes what the demo begins with.
func (a *app) prepare(ctx context.Context, o options, log *slog.Logger) (err error) {
	media, err := o.openMedia()
	if err != nil {
		return err
	}
	// First the application's own tables, then the chat's, which refer to its users.
	config := chat.Config{
		UserIDs: chat.Int64IDs, UsersTable: "users", Media: media, MessageSearch: true, Logger: log,
	}
	if err := a.db.WithContext(ctx).AutoMigrate(&User{}, &start{}); err != nil {
		return err
	}
	if err := chat.Migrate(ctx, a.db, config); err != nil {
		return err
	}
	if a.chat, err = chat.New(a.db, config); err != nil {
		return err
	}
	if a.users, err = signUp(ctx, a.db, o.users); err != nil {
		return err
	}
	return a.makeStart(ctx)
}

// close ends the service and then the connections to the database.
func (a *app) close() error {
	var err error
	if a.chat != nil {
		err = a.chat.Close()
	}
	pool, poolErr := a.db.DB()
	if poolErr != nil {
		return errors.Join(err, poolErr)
	}
	return errors.Join(err, pool.Close())
}

// handler is all that the application serves.
func (a *app) handler(o options, log *slog.Logger) (http.Handler, error) {
	api, err := httpadapter.New(a.chat, httpadapter.Config{
		BasePath: "/chat", User: a.signedIn, Profiles: a.profiles, SearchUsers: a.searchUsers, Logger: log,
		RateLimit:       limits(o.unlimited),
		MinDownloadRate: 16 << 10, // a client that takes less, after 10 seconds of grace, is given up
	})
	if err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	mux.Handle("/chat/", api)
	mux.Handle("/chat/ui/", webui.Handler(webui.Config{}))
	mux.HandleFunc("GET /{$}", a.page)
	mux.HandleFunc("GET /about", a.about)
	mux.Handle("GET /webchat.css", serveFile("webchat.css"))
	mux.Handle("GET /webchat.js", serveFile("webchat.js"))
	// The API looks after itself; the application's own forms have to be kept from
	// other sites' pages too.
	forms := http.NewCrossOriginProtection()
	mux.Handle("POST /sign-in", forms.Handler(http.HandlerFunc(a.signIn)))
	mux.Handle("POST /sign-out", forms.Handler(http.HandlerFunc(a.signOut)))
	return mux, nil
}

// limits are far above what a person does, and far below what a program could.
func limits(none bool) httpadapter.RateLimit {
	if none {
		return httpadapter.RateLimit{}
	}
	return httpadapter.RateLimit{
		Write:  httpadapter.Rate{PerSecond: 5, Burst: 100},
		Upload: httpadapter.Rate{PerSecond: 1, Burst: 20},
		Search: httpadapter.Rate{PerSecond: 2, Burst: 20},
		Read:   httpadapter.Rate{PerSecond: 20, Burst: 400},
	}
}

// openDatabase opens SQLite as the library recommends it, or PostgreSQL.
func openDatabase(name string) (*gorm.DB, error) {
	if strings.HasPrefix(name, "postgres://") || strings.HasPrefix(name, "postgresql://") {
		return openPostgres(name)
	}
	if err := makePrivate(name); err != nil {
		return nil, err
	}
	dialector, connections := sqliteFile(name)
	db, err := gorm.Open(dialector, &gorm.Config{Logger: logger.Discard})
	if err != nil {
		return nil, err
	}
	pool, err := db.DB()
	if err != nil {
		return nil, err
	}
	pool.SetMaxOpenConns(connections)
	pool.SetMaxIdleConns(connections)
	return db, nil
}

// makePrivate makes a SQLite file that nobody else on the machine may read: SQLite would
// make one that all may. The files beside it get the permissions of this one.
func makePrivate(name string) error {
	if name == ":memory:" {
		return nil
	}
	file, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE, 0o600) //nolint:gosec // G304: whoever starts the program names the file
	if err != nil {
		return err
	}
	return file.Close()
}

// sqliteFile returns how to open a file, and with how many connections.
func sqliteFile(name string) (gorm.Dialector, int) {
	const settings = "?_txlock=immediate&_journal_mode=WAL&_busy_timeout=5000&_foreign_keys=1&_stmt_cache_size=64"
	if name == ":memory:" { // a second connection would open a second database
		return sqlite.Open("file::memory:" + settings), 1
	}
	file := url.URL{Path: name}
	return sqlite.Open("file:" + file.EscapedPath() + settings), 8
}
