package httpadapter

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"

	"github.com/go-df/chat"
)

// Config is what the handler needs of the host. Only User is required.
type Config struct {
	// User returns who makes a request: the host's own authentication. The id
	// may be in any spelling of Config.UserIDs. An error, and an empty id, is answered
	// with 401; the error itself is not shown, and logged as a warning unless it is
	// chat.ErrUnauthenticated, which says that nobody is signed in. Required.
	User func(*http.Request) (chat.UserID, error)
	// Profiles looks up names and avatars to show beside user ids, once per
	// response, with each id once. Users that it leaves out, and all of them when
	// it fails, are shown by their ids alone. Defaults to none.
	Profiles func(*http.Request, []chat.UserID) (map[chat.UserID]Profile, error)
	// Logger receives failures that clients are told nothing about. Defaults to that
	// of the service.
	Logger *slog.Logger
	// BasePath is where the handler is mounted, such as "/chat": the URLs that it
	// gives out begin with it. Requests may come with or without it, so that
	// http.StripPrefix is allowed and not needed. Defaults to the root.
	BasePath string
	// MaxBody caps a JSON body, in bytes. Uploads have the service's
	// Limits.UploadBytes instead. Defaults to 64 KiB.
	MaxBody int64
	// RedirectMedia responds to downloads, after the check of who may have them, with a
	// redirect to the media store, where that is a chat.MediaURLSigner. The URL is valid
	// for 5 minutes, for whoever has it. Thumbnails are served here all the same.
	// Defaults to serving files here.
	RedirectMedia bool
	// TrustedOrigins are other origins, such as "https://app.example.com", whose
	// pages may call the API from a browser with the user's cookies: their writes
	// are let through, and CORS headers are sent to them. Defaults to none.
	TrustedOrigins []string
	// RateLimit caps the requests of each user. Defaults to no limit.
	RateLimit RateLimit
}

// Profile is what the host shows of a user.
type Profile struct {
	Name      string
	AvatarURL string
}

// RateLimit is a token bucket that each user has of their own.
type RateLimit struct {
	// PerSecond is how many requests a user may make in the long run. Defaults to
	// no limit.
	PerSecond float64
	// Burst is how many of them may come at once. Defaults to PerSecond, at least 1.
	Burst int
}

const defaultMaxBody = 64 << 10

func (c Config) withDefaults(svc *chat.Service) Config {
	if c.Logger == nil {
		c.Logger = svc.Logger()
	}
	c.BasePath = strings.TrimRight(c.BasePath, "/")
	if c.MaxBody == 0 {
		c.MaxBody = defaultMaxBody
	}
	if c.RateLimit.Burst == 0 {
		c.RateLimit.Burst = max(1, int(c.RateLimit.PerSecond))
	}
	return c
}

func (c Config) validate() error {
	switch {
	case c.User == nil:
		return errors.New("httpadapter: Config.User is required: it says who makes a request")
	case c.BasePath != "" && !plainPath(c.BasePath):
		return fmt.Errorf("httpadapter: Config.BasePath %q is not a plain path such as /chat", c.BasePath)
	case c.MaxBody < 0:
		return errors.New("httpadapter: Config.MaxBody is negative")
	case c.RateLimit.PerSecond < 0 || c.RateLimit.Burst < 0:
		return errors.New("httpadapter: Config.RateLimit is negative")
	}
	return nil
}

// plainPath keeps paths that look the same escaped and unescaped.
func plainPath(path string) bool {
	if path[0] != '/' || strings.Contains(path, "//") {
		return false
	}
	return strings.Trim(path, "/abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~") == ""
}
