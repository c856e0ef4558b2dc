package hosttx_test

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"syscall"
	"testing"

	"gorm.io/gorm"

	"github.com/go-df/chat"
	"github.com/go-df/chat/internal/chatsuite"
)

// state is an error of PostgreSQL's.
type state string

func (s state) Error() string    { return "the database says " + string(s) }
func (s state) SQLState() string { return string(s) }

// code is an error of SQLite's.
type code int

func (c code) Error() string { return fmt.Sprint("the database says ", int(c)) }
func (c code) Code() int     { return int(c) }

// TestOutagesAreMarked: what says that the database is out of reach, or full, is told
// from a fault, whichever statement of whichever operation meets it.
func TestOutagesAreMarked(t *testing.T) {
	t.Parallel()
	dial := &net.OpError{Op: "dial", Net: "tcp", Err: syscall.ECONNREFUSED}
	for _, v := range []chatsuite.Variant{chatsuite.SQLiteFile, chatsuite.Postgres} {
		faults := map[error]error{driver.ErrBadConn: chat.ErrUnavailable, io.ErrUnexpectedEOF: chat.ErrUnavailable, dial: chat.ErrUnavailable}
		if v == chatsuite.Postgres {
			for _, s := range []state{"08006", "57P01", "57P03", "53300"} {
				faults[s] = chat.ErrUnavailable
			}
			faults[state("53100")], faults[state("42P01")] = chat.ErrNoSpace, nil
		} else {
			faults[code(13)], faults[code(1)] = chat.ErrNoSpace, nil // FULL, ERROR
		}
		t.Run(v.String(), func(t *testing.T) {
			t.Parallel()
			h := chatsuite.New(t, v)
			room := h.NewGroup(h.Bob)
			var fault error
			where := ""
			svc := chatsuite.Must(chat.New(faultyHandle(h, func(statement string) error {
				if where != "" && strings.Contains(statement, where) {
					return fault
				}
				return nil
			}), h.Config))(t)
			operations := map[string]func() error{
				"FROM chat_rooms": func() error { return chatsuite.ErrorOf(svc.Room(h.Ctx, h.Bob, room.ID)) },
				"UPDATE chat_rooms": func() error {
					return chatsuite.ErrorOf(svc.SendMessage(h.Ctx, h.Bob, room.ID, chat.NewMessage{Text: "x"}))
				},
				"INSERT INTO chat_rooms": func() error { return chatsuite.ErrorOf(svc.CreateRoom(h.Ctx, h.Bob, chat.NewRoom{Name: "x"})) },
				"COMMIT":                 func() error { return chatsuite.ErrorOf(svc.CreateRoom(h.Ctx, h.Bob, chat.NewRoom{Name: "x"})) },
			}
			operations["chat_meta"] = func() error {
				fresh := chatsuite.Must(chat.New(faultyHandle(h, func(statement string) error {
					if strings.Contains(statement, "FROM chat_meta") {
						return fault
					}
					return nil
				}), h.Config))(t)
				return chatsuite.ErrorOf(fresh.Rooms(h.Ctx, h.Bob, chat.RoomsQuery{}))
			}
			for at, do := range operations {
				for cause, kind := range faults {
					fault, where = cause, at
					err := do()
					where = ""
					if !errors.Is(err, cause) || chat.IsRetryable(err) {
						t.Errorf("%v at %s: error is %v", cause, at, err)
					}
					for _, k := range []error{chat.ErrUnavailable, chat.ErrNoSpace, chat.ErrSchema} {
						if is := errors.Is(err, k); is != (kind != nil && errors.Is(k, kind)) {
							t.Errorf("%v at %s: that it is %v: %t", cause, at, k, is)
						}
					}
				}
			}
			chatsuite.Must(svc.SendMessage(h.Ctx, h.Bob, room.ID, chat.NewMessage{Text: "and goes on"}))(t)
		})
	}
}

// TestErrorsOfTheHostInInTxAreItsOwn: a host may call others in its function, whose
// connections are not the database's.
func TestErrorsOfTheHostInInTxAreItsOwn(t *testing.T) {
	chatsuite.Run(t, func(t *testing.T, h *chatsuite.Host) {
		theirs := &net.OpError{Op: "dial", Net: "tcp", Err: syscall.ECONNREFUSED}
		err := h.InTx(h.Ctx, func(*gorm.DB, *chat.Service) error { return theirs })
		if !errors.Is(err, theirs) || errors.Is(err, chat.ErrUnavailable) {
			t.Errorf("error is %v", err)
		}
	})
}

// TestConnectionThatIsTerminated: a real one, in the middle of a transaction.
func TestConnectionThatIsTerminated(t *testing.T) {
	t.Parallel()
	h := chatsuite.New(t, chatsuite.Postgres)
	for range 3 {
		err := h.InTx(h.Ctx, func(tx *gorm.DB, s *chat.Service) error {
			var pid int
			chatsuite.NoError(t, tx.Raw("SELECT pg_backend_pid()").Scan(&pid).Error)
			chatsuite.NoError(t, h.DB.Exec("SELECT pg_terminate_backend(?)", pid).Error)
			for range 2 { // the first finds out, the second knows
				err := chatsuite.ErrorOf(s.CreateRoom(h.Ctx, h.Alice, chat.NewRoom{Name: "x"}))
				chatsuite.WantError(t, err, chat.ErrUnavailable)
			}
			return chatsuite.ErrorOf(s.Rooms(h.Ctx, h.Alice, chat.RoomsQuery{}))
		})
		chatsuite.WantError(t, err, chat.ErrUnavailable)
	}
	h.NewGroup(h.Bob) // on a new connection
	ctx, cancel := context.WithCancel(h.Ctx)
	cancel()
	err := chatsuite.ErrorOf(h.Rooms(ctx, h.Alice, chat.RoomsQuery{}))
	if !errors.Is(err, context.Canceled) || errors.Is(err, chat.ErrUnavailable) {
		t.Errorf("a call that was given up: %v", err)
	}
}

// TestSQLiteThatIsFull: a real one, of as many pages as there are.
func TestSQLiteThatIsFull(t *testing.T) {
	t.Parallel()
	h := chatsuite.New(t, chatsuite.SQLite) // one connection, of which the limit is a setting
	room := h.NewGroup(h.Bob)
	chatsuite.NoError(t, h.DB.Exec("PRAGMA max_page_count = 1").Error) // SQLite makes it as many as there are
	text := strings.Repeat("x", 4000)
	var err error
	for n := 0; err == nil && n < 100; n++ {
		_, err = h.SendMessage(h.Ctx, h.Alice, room.ID, chat.NewMessage{Text: text})
	}
	chatsuite.WantError(t, err, chat.ErrNoSpace)
	chatsuite.Must(h.Messages(h.Ctx, h.Bob, room.ID, chat.HistoryQuery{}))(t)
	chatsuite.NoError(t, h.DB.Exec("PRAGMA max_page_count = 1000000").Error)
	chatsuite.Must(h.SendMessage(h.Ctx, h.Alice, room.ID, chat.NewMessage{Text: text}))(t)
}
