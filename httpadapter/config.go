package httpadapter

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/go-df/chat"
)

// Config is what the handler needs of the host. Only User is required.
type Config struct {
	// User returns who makes a request: the host's own authentication. The id
	// may be in any spelling of Config.UserIDs. Nobody is signed in when the error wraps
	// chat.ErrUnauthenticated, or the id is empty without an error: the response is 401.
	// Any other error says that who it is cannot be determined at present, for example because the
	// sessions are out of reach: it is logged, and the response is 503, so that clients
	// do not take an outage for having been signed out. Required.
	//
	// While a stream of events is open it is asked again each minute, with the request
	// that opened it, and the stream ends when the answer is an error or another user. So
	// it should look the session up, rather than only what a middleware has found.
	User func(*http.Request) (chat.UserID, error)
	// Profiles looks up names and avatars to show beside user ids, once per
	// response, with each id once. Users that it leaves out, and all of them when
	// it fails, are shown by their ids alone. Defaults to none.
	Profiles func(*http.Request, []chat.UserID) (map[chat.UserID]Profile, error)
	// Logger receives failures that clients get no details of. Defaults to that
	// of the service.
	Logger *slog.Logger
	// BasePath is where the handler is mounted, such as "/chat": the URLs that it
	// gives out begin with it. Requests may come with or without it, so that
	// http.StripPrefix is allowed and not needed. Defaults to the root.
	BasePath string
	// MaxBody caps a JSON body, in bytes. Uploads have the service's
	// Limits.UploadBytes instead. Defaults to what the service's Limits allow in each
	// operation, every character escaped or not.
	MaxBody int64
	// UserMetadata lets users set the metadata of rooms and messages, which a host then
	// must not take for its own. Defaults to false: metadata in a request is refused.
	UserMetadata bool
	// MediaMaxAge is how long a browser may show a file without asking for it again,
	// whether or not its user may still see it. Defaults to 0: it asks each time, and
	// gets 304 for what it has.
	MediaMaxAge time.Duration
	// MinDownloadRate is how many bytes of a response a client must take in a second,
	// in the long run and after 10 seconds, before the connection is given up. It needs
	// net/http's own server, and a ResponseWriter of which http.ResponseController can
	// set a write deadline. Defaults to 16 KiB; a negative rate is none. Each piece of a
	// stream of events is given up so in any case, since nobody else ends it.
	MinDownloadRate int64
	// RedirectMedia responds to downloads, after the check of who may have them, with a
	// redirect to the media store, where that is a chat.MediaURLSigner. The URL is valid
	// for 5 minutes, for whoever has it. Thumbnails are served here all the same.
	// Defaults to serving files here.
	RedirectMedia bool
	// TrustedOrigins are other origins, such as "https://app.example.com", whose
	// pages may call the API from a browser with the user's cookies: their writes
	// are let through, and CORS headers are sent to them. They are spelled as browsers
	// send them: in lower case, without the scheme's own port, and with nothing after
	// the host and port. Defaults to none.
	TrustedOrigins []string
	// MaxInFlight caps the requests of a user that are served at once, of which two at
	// most are searches. Another is refused with 429. Thumbnails do not count: making
	// them has a queue of its own. Defaults to 16; a negative number is no cap.
	MaxInFlight int
	// MaxStreams caps the streams of events of a user that are open at once, and the
	// polls for events that are waiting. Another is refused with 429. They do not count
	// in MaxInFlight. Defaults to 10; a negative number is no cap.
	MaxStreams int
	// StreamLife is how long a stream of events is open before its client is to connect
	// again, which it does by itself, and goes on where it was. Defaults to 30 minutes.
	StreamLife time.Duration
	// Disable lists operations by their ids in openapi.json, such as "chat_room_create", that
	// are not served: they are 404, as what was never there, and not in the openapi.json that is
	// served. The host's own code may do through the service what users may not do here.
	// Defaults to none; New refuses an id that no operation has.
	Disable []string
	// RateLimit caps how often each user may ask. Defaults to no limits.
	RateLimit RateLimit
}

// Profile is what the host shows of a user.
type Profile struct {
	Name      string
	AvatarURL string
}

// RateLimit are the rates of the classes of requests, each of them counted by itself. A
// zero rate is no limit. Thumbnails count in none.
type RateLimit struct {
	Write  Rate // everything that changes something, except for uploads
	Upload Rate // POST /media
	Search Rate // of messages, and of public rooms
	Read   Rate // everything else, to open a stream of events included
}

// Rate is a token bucket that each user has of their own.
type Rate struct {
	// PerSecond is how many requests a user may make in the long run. Defaults to
	// no limit.
	PerSecond float64
	// Burst is how many of them may come at once. Defaults to PerSecond, at least 1.
	Burst int
}

const (
	defaultInFlight     = 16
	searchesInFlight    = 2
	defaultStreams      = 10
	defaultStreamLife   = 30 * time.Minute
	defaultDownloadRate = 16 << 10
)

func (c Config) withDefaults(svc *chat.Service) Config {
	if c.Logger == nil {
		c.Logger = svc.Logger()
	}
	c.BasePath = strings.TrimRight(c.BasePath, "/")
	if c.MaxInFlight == 0 {
		c.MaxInFlight = defaultInFlight
	}
	if c.MaxStreams == 0 {
		c.MaxStreams = defaultStreams
	}
	if c.StreamLife == 0 {
		c.StreamLife = defaultStreamLife
	}
	if c.MinDownloadRate == 0 {
		c.MinDownloadRate = defaultDownloadRate
	}
	for _, rate := range c.RateLimit.all() {
		if rate.Burst == 0 {
			rate.Burst = max(1, int(rate.PerSecond))
		}
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
	case c.StreamLife < 0:
		return errors.New("httpadapter: Config.StreamLife is negative")
	case c.MediaMaxAge < 0:
		return errors.New("httpadapter: Config.MediaMaxAge is negative")
	}
	for _, id := range c.Disable {
		if !slices.ContainsFunc(routes, func(r route) bool { return r.id == id }) {
			return fmt.Errorf("httpadapter: Config.Disable: there is no operation %q", id)
		}
	}
	for _, rate := range c.RateLimit.all() {
		if rate.PerSecond < 0 || rate.Burst < 0 {
			return errors.New("httpadapter: Config.RateLimit is negative")
		}
	}
	return nil
}

func (l *RateLimit) all() map[class]*Rate {
	return map[class]*Rate{write: &l.Write, upload: &l.Upload, search: &l.Search, read: &l.Read}
}

// plainPath keeps paths that look the same escaped and unescaped.
func plainPath(path string) bool {
	if path[0] != '/' || strings.Contains(path, "//") {
		return false
	}
	return strings.Trim(path, "/abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~") == ""
}
