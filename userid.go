package chat

import (
	"database/sql/driver"
	"fmt"
	"reflect"
	"strconv"
	"unicode/utf8"

	"github.com/google/uuid"

	"github.com/go-df/chat/internal/dialect"
	"github.com/go-df/chat/internal/textrule"
)

// UserID is the id of one of the host's users, as text. In the database it is
// kept in a column of the host's own type (text, bigint, uuid), which
// Config.UserIDs names; on the wire it is a JSON string.
type UserID string

// ID turns the id of a host's user, an integer, a string or a [uuid.UUID], into a
// UserID. Other arrays of 16 bytes do not compile: not all of them are spelled as a
// uuid is, a ULID for one. Give ID their text, or convert those that are uuids.
func ID[T ~string | ~int | ~int8 | ~int16 | ~int32 | ~int64 |
	~uint | ~uint8 | ~uint16 | ~uint32 | ~uint64 | uuid.UUID](id T) UserID {
	if u, isUUID := any(id).(uuid.UUID); isUUID {
		return UserID(u.String())
	}
	value := reflect.ValueOf(id)
	switch {
	case value.CanInt():
		return UserID(strconv.FormatInt(value.Int(), 10))
	case value.CanUint():
		return UserID(strconv.FormatUint(value.Uint(), 10))
	}
	return UserID(value.String())
}

// Scan reads a text, bigint or uuid column.
func (id *UserID) Scan(src any) error {
	switch v := src.(type) {
	case string:
		*id = UserID(v)
	case []byte:
		*id = UserID(v)
	case int64:
		*id = UserID(strconv.FormatInt(v, 10))
	case [16]byte:
		*id = UserID(uuid.UUID(v).String())
	default:
		return fmt.Errorf("chat: cannot read a user id from %T", src)
	}
	return nil
}

// Value binds the id as text, which both databases convert to the column's type.
func (id UserID) Value() (driver.Value, error) { return string(id), nil }

// UserIDType is a kind of user ids. StringIDs, Int64IDs and UUIDs
// serve most hosts.
type UserIDType interface {
	// Canonical checks an id that came in and returns its one spelling, the one
	// in which the database gives it back.
	Canonical(UserID) (UserID, error)
	// ColumnType is the SQL type of the columns that hold ids, the type of the
	// host's users.id. The dialect is "sqlite" or "postgres".
	ColumnType(dialect string) string
}

// The kinds of user ids.
var (
	// StringIDs are 1 to 255 bytes of UTF-8 without NUL, compared byte by byte.
	// "me" is refused: the HTTP API gives it a meaning of its own.
	StringIDs UserIDType = stringIDs{}
	// Int64IDs are whole numbers other than 0, which is what an id that was
	// never set looks like.
	Int64IDs UserIDType = int64IDs{}
	// UUIDs are uuids in any spelling that google/uuid parses, the nil uuid
	// excepted.
	UUIDs UserIDType = uuids{}
)

type stringIDs struct{}

func (stringIDs) Canonical(id UserID) (UserID, error) {
	switch {
	case id == "":
		return "", fmt.Errorf("is empty")
	case len(id) > 255:
		return "", fmt.Errorf("is over 255 bytes")
	case id == "me":
		return "", fmt.Errorf(`may not be "me"`)
	}
	if reason := unstorableTextReason(string(id)); reason != "" {
		return "", fmt.Errorf("%s", reason)
	}
	return id, nil
}

func (stringIDs) ColumnType(string) string { return "text" }

type int64IDs struct{}

func (int64IDs) Canonical(id UserID) (UserID, error) {
	n, err := strconv.ParseInt(string(id), 10, 64)
	if err != nil || n == 0 {
		return "", fmt.Errorf("is not a whole number of 64 bits other than 0")
	}
	return ID(n), nil
}

func (int64IDs) ColumnType(string) string { return "bigint" }

type uuids struct{}

func (uuids) Canonical(id UserID) (UserID, error) {
	u, err := uuid.Parse(string(id))
	if err != nil || u == uuid.Nil {
		return "", fmt.Errorf("is not a uuid")
	}
	return ID(u), nil
}

func (uuids) ColumnType(name string) string {
	if name == string(dialect.Postgres) {
		return "uuid"
	}
	return "text" // SQLite has no uuid, and would give such a column numeric affinity
}

// Actor is who acts: a UserID, or System. Every operation takes it after the
// context and checks its rights. A *UserID, such as Message.UserID, acts as the user
// it points to; a nil one is ErrUnauthenticated, and so is a nil Actor.
type Actor interface{ isActor() }

func (UserID) isActor() {}

// SystemActor is the type of System, its one value.
type SystemActor struct{}

func (SystemActor) isActor() {}

// System is the host's own code. It may do everything that the state of a room
// allows, without permission checks, and its messages have no author.
var System SystemActor

// UserIDType returns what Config.UserIDs is: how ids of users are checked and spelled.
func (s *Service) UserIDType() UserIDType { return s.config.UserIDs }

// principal is an Actor that was checked: either System or a user with a canonical
// id. The zero principal is neither, and every operation refuses it.
type principal struct {
	system bool
	id     UserID
}

// checked reports whether p came from a valid Actor.
func (p principal) checked() bool { return p.system != (p.id != "") }

// asActor returns the Actor that p came from, a user in the one spelling of their id.
func (p principal) asActor() Actor {
	if p.system {
		return System
	}
	return p.id
}

// nullableID is the id for columns that are NULL for System.
func (p principal) nullableID() *UserID {
	if p.system {
		return nil
	}
	return &p.id
}

// authorKind is the kind of author of what p writes.
func (p principal) authorKind() AuthorKind {
	if p.system {
		return AuthorKindSystem
	}
	return AuthorKindUser
}

// user returns the id of the acting user. It returns ErrInvalid for System, in
// operations that are about oneself.
func (p principal) user() (UserID, error) {
	if p.system {
		return "", invalid("actor", CodeNotAllowed, "must be a user here, not System")
	}
	return p.id, nil
}

// principalOf checks an actor. The principal beside an error is zero.
func (s *Service) principalOf(actor Actor) (principal, error) {
	switch a := actor.(type) {
	case SystemActor:
		return principal{system: true}, nil
	case *SystemActor:
		if a != nil {
			return principal{system: true}, nil
		}
	case *UserID:
		if a != nil {
			return s.principalOf(*a)
		}
	case UserID:
		if a == "" {
			return principal{}, ErrUnauthenticated
		}
		id, err := s.config.userID("actor", a)
		if err != nil {
			return principal{}, err
		}
		return principal{id: id}, nil
	}
	return principal{}, ErrUnauthenticated
}

// userID checks and canonicalises an id that came in as the named field.
func (c *Config) userID(field string, id UserID) (UserID, error) {
	canonical, err := c.UserIDs.Canonical(id)
	if err != nil {
		return "", invalid(field, CodeInvalidUserID, "is not a user id: it %v", err)
	}
	return canonical, nil
}

// invalidTextReason returns why a string cannot be a text that people read, or "".
func invalidTextReason(s string) string {
	if reason := unstorableTextReason(s); reason != "" {
		return reason
	}
	if textrule.HasControl(s) {
		return "contains a control character"
	}
	return ""
}

// unstorableTextReason returns why a string cannot be stored as text by both databases, or "".
func unstorableTextReason(s string) string {
	if !utf8.ValidString(s) {
		return "is not valid UTF-8"
	}
	for i := range len(s) {
		if s[i] == 0 {
			return "contains a NUL character"
		}
	}
	return ""
}
