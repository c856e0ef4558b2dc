package httpadapter

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"regexp"
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
	// SearchUsers returns whom of the host's users the user of the request may find by what
	// they have typed, the best first: any part of a name, as the host has it. It may be
	// empty, for whom to suggest. At most limit ids are shown. What they are called is asked
	// of Profiles. Defaults to none: GET /users?q= is 501, no_user_search.
	SearchUsers func(r *http.Request, query string, limit int) ([]chat.UserID, error)
	// Logger receives failures that clients get no details of. Defaults to that
	// of the service.
	Logger *slog.Logger
	// BasePath is where the handler is mounted, such as "/chat": the URLs that it
	// gives out begin with it. Requests may come with or without it, so that
	// http.StripPrefix is allowed and not needed. Defaults to the root.
	BasePath string
	// PublicURL is where clients reach the API, such as "https://chat.example.com/chat",
	// BasePath included. The URLs of media are absolute with it, for clients on other
	// origins. Defaults to none: they are paths that begin with BasePath.
	PublicURL string
	// MediaURLKey signs the URLs of media, so that an <img> that cannot send a token gets
	// them: each is for one user and one file, and valid between half an hour and an hour.
	// The signature stands for the sign-in alone: whether the user may see the file is
	// decided at each request. It is at least 32 bytes that nobody can guess, the same in
	// all processes; another one ends all URLs. Defaults to none: Config.User says who asks
	// for a file, as for anything else.
	MediaURLKey []byte
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
	// CORSHeaders are headers of the host's own, such as "X-CSRF-Token", that the pages of
	// TrustedOrigins may send along, and read of the responses. Those that the API has need
	// not be named. Defaults to none.
	CORSHeaders []string
	// NoCompression sends JSON as it is. Defaults to false: what is larger than a kilobyte
	// is compressed with gzip for clients that take it. Streams of events and media never
	// are.
	NoCompression bool
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
	// Metadata is a JSON object with whatever else the host's pages show. It comes along
	// wherever the user does, so it should be small. Defaults to none.
	Metadata chat.Metadata
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
	c.PublicURL = strings.TrimRight(c.PublicURL, "/")
	c.MediaURLKey = bytes.Clone(c.MediaURLKey)
	c.CORSHeaders = slices.Clone(c.CORSHeaders)
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
	case c.PublicURL != "" && !absoluteURL(c.PublicURL):
		return fmt.Errorf("httpadapter: Config.PublicURL %q is not a URL such as https://chat.example.com/chat", c.PublicURL)
	case c.MediaURLKey != nil && len(c.MediaURLKey) < mediaURLKeyBytes:
		return fmt.Errorf("httpadapter: Config.MediaURLKey has less than %d bytes", mediaURLKeyBytes)
	case slices.ContainsFunc(c.CORSHeaders, func(name string) bool { return !headerName.MatchString(name) }):
		return fmt.Errorf("httpadapter: Config.CORSHeaders %q has what is no name of a header", c.CORSHeaders)
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

// headerName leaves "*" out, which browsers do not take for any header where cookies are
// sent along.
var headerName = regexp.MustCompile(`^[A-Za-z0-9!#$%&'+.^_|~-]+$`)

// absoluteURL reports whether paths may be put behind a URL.
func absoluteURL(text string) bool {
	at, err := url.Parse(text)
	return err == nil && (at.Scheme == "https" || at.Scheme == "http") && at.Hostname() != "" && at.User == nil &&
		at.RawQuery == "" && !at.ForceQuery && at.Fragment == "" && !strings.HasSuffix(text, "#") && (at.Path == "" || plainPath(at.EscapedPath()))
}

// plainPath keeps paths that look the same escaped and unescaped.
func plainPath(path string) bool {
	if path[0] != '/' || strings.Contains(path, "//") {
		return false
	}
	return strings.Trim(path, "/abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~") == ""
}
