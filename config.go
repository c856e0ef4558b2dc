package chat

import (
	"context"
	"log/slog"
	"regexp"
	"strings"
	"time"

	"github.com/go-df/chat/internal/dialect"
)

// Config describes the host. Its zero value serves a host whose
// user ids are text and that has no media.
type Config struct {
	// UserIDs is the kind of the host's user ids. Defaults to StringIDs.
	UserIDs UserIDType
	// UsersTable names the host's table of users, "users" or "schema.users", whose
	// primary key is the column id. When it is set, Migrate makes foreign keys to
	// it. Defaults to none.
	UsersTable string
	// Media keeps the bytes of media. Defaults to none, and UploadMedia returns
	// ErrNoMediaStore.
	Media MediaStore
	// KeepMetadata stores files as they come, with where, when and with what they were made. For
	// hosts that want originals, such as an archive of evidence. Defaults to false.
	KeepMetadata bool
	// Previewer makes thumbnails of what is no picture to this library, such as HEIC, AVIF, PDF
	// and films. Defaults to none, and such files have no thumbnail.
	Previewer Previewer
	// MediaTimeout is how long a call of the media store may make no progress: not
	// return, read nothing of an upload, yield nothing of a download. It then fails
	// with ErrMediaStore. Defaults to 30 seconds.
	MediaTimeout time.Duration
	// Reactions decides which reactions are accepted. Defaults to EmojiReactions.
	Reactions ReactionPolicy
	// PrivatePermissions is what both users of a private room may do, where it is
	// made from now on: a host that must keep evidence leaves CanDeleteRoom out.
	// Defaults to DefaultPermissions(PrivateMessages).
	PrivatePermissions *Permissions
	// ShowLastSeen shows RoomUser.LastSeenAt of a public room's members also to those
	// who joined it by themselves. Defaults to false.
	ShowLastSeen bool
	// MessageSearch makes Migrate keep a full-text index of messages, which costs
	// every send something. Without it SearchMessages scans. Defaults to false.
	MessageSearch bool
	// SendContextKey returns which messages may be committed together. Sends that meet
	// are grouped, and a group runs under the values of the context of one of its
	// callers. Where the database handle looks at the context, as for row-level security
	// or a schema per tenant, return what it looks at: only sends with the same key share
	// a group. Defaults to nil: all may.
	SendContextKey func(ctx context.Context) string
	// LockWaiters is how many operations may wait for the locks of rooms, each with a
	// connection, at a time; others that need the lock of a room wait without one.
	// Defaults to a quarter of the pool's MaxOpenConns, at least 1, and to 8 where the
	// pool is unlimited.
	LockWaiters int
	// Bus is how the processes that share the database wake each other, and tell each
	// other of read markers and of who is writing. Defaults to none, for one process;
	// several without one notice each other's events within a second.
	Bus Bus
	// NoReceipts tells and shows no user how far others have read, whatever Limits.ReceiptMembers
	// says. Defaults to false.
	NoReceipts bool
	// Hooks are asked before anything happens. Defaults to none.
	Hooks Hooks
	// Limits caps what one call may bring or make.
	Limits Limits
	// Clock returns the current time, read once per operation. Defaults to time.Now, and then what
	// is removed by its age (uploads, deleted rooms) is stamped and aged by the clock of
	// PostgreSQL, since those of several programs may differ.
	Clock func() time.Time
	// Logger receives failures that no caller gets as an error, such as an object that could not be
	// deleted from the media store. Message text is never logged. Defaults to
	// discarding.
	Logger *slog.Logger
}

// Limits are the largest sizes that are accepted. A zero field means its default.
type Limits struct {
	TextCharacters      int   // of a message, in Unicode code points. Defaults to 4000.
	TextBytes           int   // of a message, in bytes of UTF-8. Defaults to 16384.
	Name                int   // of a room, in characters. Defaults to 128.
	Description         int   // of a room, in characters. Defaults to 1024.
	MetadataBytes       int   // of a room or a message, in bytes of JSON. Defaults to 8192.
	MediaPerMessage     int   // Defaults to 10.
	UploadBytes         int64 // of one media item. Defaults to 25 MiB.
	Pixels              int64 // of a picture, width × height; a larger one is a plain file. Defaults to 64,000,000.
	MentionsPerMessage  int   // users that one message mentions by themselves. Defaults to 50.
	ReactionBytes       int   // of one reaction. Defaults to 255.
	ReactionsPerMessage int   // different reactions to one message. Defaults to 50.
	ReactionsPerUser    int   // different reactions of one user to one message. Defaults to 10.
	Reason              int   // of a ban, in characters. Defaults to 512.
	GroupMembers        int   // of a group; a channel has no cap. Defaults to 1000.
	ReceiptMembers      int   // of a room whose members are told how far the others have read. Defaults to 100.
	UsersPerCall        int   // of one AddUsers or CreateRoom. Defaults to 1000.
	PageSize            int   // items a page when the caller names no limit. Defaults to 50.
	PageMax             int   // items a page at most; more is taken as this. Defaults to 100.

	// SearchTime is how long a search may read, after which it returns what it has found. Defaults to 2 seconds.
	SearchTime time.Duration
}

func (c Config) withDefaults() Config {
	if c.UserIDs == nil {
		c.UserIDs = StringIDs
	}
	if c.Reactions == nil {
		c.Reactions = EmojiReactions
	}
	private := DefaultPermissions(PrivateMessages)
	if c.PrivatePermissions != nil {
		private = *c.PrivatePermissions
	}
	c.PrivatePermissions = &private
	if c.Clock == nil {
		c.Clock = time.Now
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	if c.MediaTimeout == 0 {
		c.MediaTimeout = 30 * time.Second
	}
	c.Limits = c.Limits.withDefaults()
	return c
}

func (l Limits) withDefaults() Limits {
	for field, byDefault := range map[*int]int{
		&l.TextCharacters: 4000, &l.TextBytes: 16 << 10, &l.Name: 128, &l.Description: 1024,
		&l.MetadataBytes: 8 << 10, &l.MediaPerMessage: 10, &l.MentionsPerMessage: 50, &l.ReactionBytes: 255, &l.ReactionsPerMessage: 50,
		&l.ReactionsPerUser: 10, &l.Reason: 512,
		&l.ReceiptMembers: 100, &l.GroupMembers: 1000, &l.UsersPerCall: 1000, &l.PageSize: 50, &l.PageMax: 100,
	} {
		if *field == 0 {
			*field = byDefault
		}
	}
	if l.UploadBytes == 0 {
		l.UploadBytes = 25 << 20
	}
	if l.SearchTime == 0 {
		l.SearchTime = 2 * time.Second
	}
	if l.Pixels == 0 {
		l.Pixels = 64_000_000
	}
	return l
}

// usersTablePattern keeps names that need no quoting rules: they are written into
// the migrations.
var usersTablePattern = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)?$`)

func (c Config) validate(d dialect.Dialect) error {
	if d == dialect.SQLite && strings.Contains(c.UsersTable, ".") {
		return invalid("UsersTable", CodeInvalidConfig, "names a schema, and SQLite's foreign keys stay in their own")
	}
	if c.UsersTable != "" && !usersTablePattern.MatchString(c.UsersTable) {
		return invalid("UsersTable", CodeInvalidConfig, `is not a plain table name such as "users" or "app.users"`)
	}
	if c.LockWaiters < 0 {
		return invalid("LockWaiters", CodeInvalidConfig, "is negative")
	}
	if c.MediaTimeout < 0 {
		return invalid("MediaTimeout", CodeInvalidConfig, "is negative")
	}
	if !AllPermissions.Has(*c.PrivatePermissions) {
		return invalid("PrivatePermissions", CodeInvalidConfig, "has unknown bits")
	}
	return c.Limits.validate()
}

func (l Limits) validate() error {
	for _, n := range []int64{int64(l.TextCharacters), int64(l.TextBytes), int64(l.Name), int64(l.Description),
		int64(l.MetadataBytes), int64(l.MediaPerMessage), int64(l.MentionsPerMessage), l.UploadBytes, l.Pixels, int64(l.ReactionBytes),
		int64(l.ReactionsPerMessage), int64(l.ReactionsPerUser), int64(l.Reason), int64(l.GroupMembers), int64(l.ReceiptMembers), int64(l.UsersPerCall), int64(l.PageSize), int64(l.PageMax), int64(l.SearchTime)} {
		if n < 0 {
			return invalid("Limits", CodeInvalidConfig, "has a negative value")
		}
	}
	return nil
}
