// Package authorization_test holds every operation of the service against the table in
// testdata/authorization.txt: each kind of actor, on each kind of target, in each kind of
// room, with the permissions that the table says are needed and without.
package authorization_test

import (
	"errors"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"
	"gorm.io/gorm"

	"github.com/go-df/chat"
	"github.com/go-df/chat/internal/chatsuite"
	"github.com/go-df/chat/internal/dbtest"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

// Every cell of testdata/authorization.txt is tried on both databases. What is done
// is rolled back again.
func TestEveryAnswerIsTheTables(t *testing.T) {
	t.Parallel()
	table := readAuthorization(t)
	for _, name := range table.rooms {
		t.Run(name, func(t *testing.T) {
			chatsuite.Run(t, func(t *testing.T, h *chatsuite.Host) {
				newTableExaminer(t, h, parseRoomKind(name), actorKinds()).examine(table.rows[name])
			})
		})
	}
}

// A method that nobody thought about would be open to everyone.
func TestTheTableKnowsEveryMethodOfService(t *testing.T) {
	t.Parallel()
	table := readAuthorization(t)
	known := map[string]bool{}
	for method, reason := range table.noActor {
		known[method] = true
		if reason == "" {
			t.Errorf("%s says nothing about why %s acts for nobody", authorizationFile, method)
		}
	}
	for _, rows := range table.rows {
		for u := range rows {
			known[u.method] = true
		}
	}
	service := reflect.TypeFor[*chat.Service]()
	for i := range service.NumMethod() {
		name := service.Method(i).Name
		if !known[name] {
			t.Errorf("%s has no line for Service.%s", authorizationFile, name)
		}
		delete(known, name)
	}
	for name := range known {
		t.Errorf("%s has lines for %s, which Service does not have", authorizationFile, name)
	}
}

// The columns of members and what the lines say is needed are two accounts of the
// same rules.
func TestTheTablesColumnsAgreeWithWhatItsLinesNeed(t *testing.T) {
	t.Parallel()
	table := readAuthorization(t)
	for name, rows := range table.rows {
		room := parseRoomKind(name)
		for u, row := range rows {
			for _, kind := range actorKinds() {
				got := row.to[kind.column]
				if !kind.member || kind.owner || kind.newcomer || !kind.possible(room) || got == isNot {
					continue
				}
				if want := row.toSet(t, room.Type, kind.set(room.Type)); got != want {
					t.Errorf("%s:%d: %s | %s to %s in a %s is %s, by what it needs %s",
						authorizationFile, row.line, u.method, u.target, kind.column, name, got, want)
				}
			}
		}
	}
}

// tableExaminer tries the rows of one kind of room on one database.
type tableExaminer struct {
	t        *testing.T
	h        *chatsuite.Host
	room     roomKind
	settings []*setting
	before   string // the fingerprint of all tables
	refusals int
}

func newTableExaminer(t *testing.T, h *chatsuite.Host, room roomKind, kinds []actorKind) *tableExaminer {
	settings := newSettings(t, h, room, kinds)
	return &tableExaminer{t: t, h: h, room: room, settings: settings, before: fingerprintOf(t, h.DB)}
}

func (e *tableExaminer) examine(rows map[useCase]*tableAnswer) {
	for _, kind := range actorKinds() {
		for u, row := range rows {
			if got := row.to[kind.column]; !kind.possible(e.room) && got != isNot && got != isNotFoundIfAny {
				e.t.Errorf("%s:%d: %s | %s has the answer %s to %s, who cannot be here",
					authorizationFile, row.line, u.method, u.target, got, kind.column)
			}
		}
	}
	for _, sc := range e.settings {
		e.examineSetting(sc, rows)
	}
	if fingerprintOf(e.t, e.h.DB) != e.before {
		e.t.Error("what was refused, or undone, changed a table")
	}
}

// tableRefusal is what was refused to the actor of a setting.
type tableRefusal struct {
	*tableCell
	err error
}

// tableCell is a cell of the table at work.
type tableCell struct {
	tableCase
	tableCall
	row  *tableAnswer
	want string
}

func (e *tableExaminer) examineSetting(sc *setting, rows map[useCase]*tableAnswer) {
	var refused []tableRefusal
	for _, try := range tryouts(e.room) {
		row := rows[try.useCase]
		if row == nil {
			continue // left out of a sample
		}
		c := &tableCell{tableCase: try, row: row, want: row.to[sc.column]}
		call, there := e.callOf(sc, try)
		if c.tableCall = call; !there {
			if c.want != isNot && c.want != isNotFoundIfAny {
				e.errorf(sc, c, "there is no such target")
			}
			continue
		}
		switch c.want {
		case isNot:
			e.errorf(sc, c, "there is such a target")
		case isDone:
			e.allowed(sc, c)
		default:
			if err := e.refused(sc, c); err != nil {
				refused = append(refused, tableRefusal{c, err})
			}
		}
	}
	e.refusedInTx(sc, refused)
}

// callOf fills in the ids. Those who are nobody are refused whatever they name.
func (e *tableExaminer) callOf(sc *setting, try tableCase) (x tableCall, there bool) {
	id, hasThing := sc.things[try.on]
	user, hasUser := sc.users[try.user]
	if sc.nobody() {
		id, user, hasThing, hasUser = uuid.New(), sc.users["a stranger"], true, true
	}
	return tableCall{
		ctx: e.h.Ctx, s: e.h.Service, actor: sc.actor, kind: e.room,
		room: sc.things["room"], id: id, user: user, stranger: sc.users["a stranger"],
	}, hasThing && (hasUser || try.user == "")
}

func (e *tableExaminer) errorf(sc *setting, c *tableCell, format string, args ...any) {
	e.t.Helper()
	e.t.Errorf("%s:%d: %s | %s by %s: "+format, append([]any{
		authorizationFile, c.row.line, c.method, c.target, sc.column}, args...)...)
}

var errUndo = errors.New("what was done is undone")

// allowed does it in a transaction, and rolls that back.
func (e *tableExaminer) allowed(sc *setting, c *tableCell) {
	var got error
	err := e.h.InTx(e.h.Ctx, func(_ *gorm.DB, s *chat.Service) error {
		x := c.tableCall
		x.s = s
		got = c.call(x)
		return errUndo
	})
	if got != nil {
		e.errorf(sc, c, "error is %v, want none", got)
	}
	if !errors.Is(err, errUndo) {
		e.errorf(sc, c, "the transaction's error is %v", err)
	}
}

// refused tries it where it would leave a trace.
func (e *tableExaminer) refused(sc *setting, c *tableCell) error {
	err := c.call(c.tableCall)
	if !c.isAnswer(err) {
		e.errorf(sc, c, "error is %v, want %s", err, c.want)
		return nil
	}
	if e.refusals++; chatsuite.Long() || e.refusals%100 == 0 {
		if now := fingerprintOf(e.t, e.h.DB); now != e.before {
			e.errorf(sc, c, "the refusal changed a table")
			e.before = now
		}
	}
	return err
}

func (c *tableCell) isAnswer(err error) bool {
	var field *chat.FieldError
	switch c.want {
	case isNotFound, isNotFoundIfAny:
		return err == chat.ErrNotFound //nolint:errorlint // a wrapped one would tell something
	case isForbidden:
		return errors.Is(err, chat.ErrForbidden)
	case isConflict:
		return errors.Is(err, chat.ErrConflict)
	case isUnauthenticated:
		return errors.Is(err, chat.ErrUnauthenticated)
	case isInvalidActor:
		return errors.Is(err, chat.ErrInvalid) && errors.As(err, &field) && field.Field == "actor"
	case isInvalid:
		return errors.Is(err, chat.ErrInvalid) && errors.As(err, &field) && field.Field == c.row.names
	}
	return false
}

// refusedInTx tries all again in one transaction of the host's, which every refusal
// leaves in order, and where what is hidden is answered as what never was.
func (e *tableExaminer) refusedInTx(sc *setting, refused []tableRefusal) {
	err := e.h.InTx(e.h.Ctx, func(tx *gorm.DB, s *chat.Service) error {
		for _, r := range refused {
			x := r.tableCall
			x.s = s
			if err := r.call(x); err == nil || err.Error() != r.err.Error() {
				e.errorf(sc, r.tableCell, "in a transaction the error is %v, without it is %v", err, r.err)
			}
			if absent, hidden := r.absent(x); hidden {
				if err := r.call(absent); err == nil || err.Error() != r.err.Error() {
					e.errorf(sc, r.tableCell, "error is %v, where nothing ever was it is %v", r.err, err)
				}
			}
			if err := tx.Exec("UPDATE chat_rooms SET last_seq = last_seq WHERE id = ?", uuid.New()).Error; err != nil {
				e.errorf(sc, r.tableCell, "after the refusal the transaction is broken: %v", err)
				return err
			}
		}
		return nil
	})
	if err != nil {
		e.t.Errorf("the transaction of what is refused to %s does not commit: %v", sc.column, err)
	}
}

// absent is the call on what never was, if the answer hides that there is
// something.
func (c *tableCell) absent(x tableCall) (tableCall, bool) {
	switch {
	case c.want == isNotFound || c.want == isNotFoundIfAny:
		x.id, x.room = uuid.New(), uuid.New()
		return x, true
	case c.want == isInvalid && strings.Contains(c.on, "another"):
		x.id = uuid.New()
		return x, true
	}
	return x, false
}

// A sample of sets that have no column in the table: a member with the set gets what
// the line's needs say.
func TestSampleOfPermissionSetsIsAnsweredByWhatTheTablesLinesNeed(t *testing.T) {
	t.Parallel()
	table := readAuthorization(t)
	for _, name := range []string{"private_messages", "closed private_messages", "group", "channel"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			room := parseRoomKind(name)
			kinds := sampleOfSets()
			rows := map[useCase]*tableAnswer{}
			for u, row := range table.rows[name] {
				if len(row.needs) == 0 {
					continue // the same to every member
				}
				to := maps.Clone(row.to)
				for _, kind := range kinds {
					to[kind.column] = row.toSet(t, room.Type, *kind.permissions)
				}
				rows[u] = &tableAnswer{line: row.line, to: to, names: row.names}
			}
			newTableExaminer(t, chatsuite.New(t, chatsuite.SQLite), room, kinds).examine(rows)
		})
	}
}

// sampleOfSets are members with nothing, with each one, with all but each one, with
// all, and with some mixtures.
func sampleOfSets() (kinds []actorKind) {
	sets := []chat.Permissions{
		chat.NoPermissions, chat.AllPermissions, chat.CanEditOwnMessages | chat.CanCreateMessages,
		defaultSets[chat.Group] | chat.CanEditRoom, defaultSets[chat.Channel] | chat.CanEditRoom,
		defaultSets[chat.PrivateMessages],
	}
	for bit := chat.CanAddUsers; bit <= chat.CanDeleteRoom; bit <<= 1 {
		sets = append(sets, bit, chat.AllPermissions&^bit)
	}
	slices.Sort(sets)
	for i := range sets {
		kinds = append(kinds, actorKind{column: sets[i].String(), member: true, permissions: &sets[i]})
	}
	return kinds
}
