package authorization_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/uuid"

	"github.com/go-df/chat"
	"github.com/go-df/chat/internal/chatsuite"
)

// hookOf is a host's hook that notes whether it was asked.
type hookOf struct {
	asked   atomic.Bool
	refuses atomic.Bool
}

var errHook = chat.Refuse("the host says no")

func (k *hookOf) before(context.Context, chat.Actor, chat.Operation) error {
	k.asked.Store(true)
	if k.refuses.Load() {
		return errHook
	}
	return nil
}

// overHooked runs a test on each kind of room, with a hook; make test-long has both databases.
func overHooked(t *testing.T, test func(e *tableExaminer, hook *hookOf, rows map[useCase]*tableAnswer)) {
	t.Helper()
	t.Parallel()
	table := readAuthorization(t)
	variants := []chatsuite.Variant{chatsuite.SQLite}
	if chatsuite.Long() {
		variants = append(variants, chatsuite.Postgres)
	}
	for _, name := range table.rooms {
		for _, v := range variants {
			t.Run(name+"/"+v.Dialect(), func(t *testing.T) {
				t.Parallel()
				hook := &hookOf{}
				h := chatsuite.New(t, v, func(c *chat.Config) { c.Hooks.Before = hook.before })
				test(newTableExaminer(t, h, parseRoomKind(name), actorKinds()), hook, table.rows[name])
			})
		}
	}
}

// A hook that has nothing against anything allows nothing: every answer is the table's.
func TestHooksNeverAllow(t *testing.T) {
	overHooked(t, func(e *tableExaminer, hook *hookOf, rows map[useCase]*tableAnswer) {
		hook.asked.Store(false)
		e.examine(rows)
		if !hook.asked.Load() {
			e.t.Error("the hook was never asked")
		}
	})
}

// A hook that refuses everything stops all that it is asked about, and shows nobody what the
// table hides: that stays not found, as where nothing ever was.
func TestHooksRefuseAndRevealNothing(t *testing.T) {
	unasked := []string{"MarkRead", "MarkUnread", "Typing", "UpdateRoomUser", "EraseUser"} // some, or all, of these write
	overHooked(t, func(e *tableExaminer, hook *hookOf, rows map[useCase]*tableAnswer) {
		hook.refuses.Store(true)
		refusals := 0
		for _, sc := range e.settings {
			for _, try := range tryouts(e.room) {
				row := rows[try.useCase]
				call, there := e.callOf(sc, try)
				if row == nil || !there || slices.Contains(unasked, try.method) && row.to[sc.column] == isDone {
					continue
				}
				if e.refusedByHook(sc, &tableCell{tableCase: try, tableCall: call, row: row, want: row.to[sc.column]}, hook) {
					refusals++
				}
			}
		}
		if refusals == 0 {
			e.t.Error("nothing was refused")
		}
		if fingerprintOf(e.t, e.h.DB) != e.before {
			e.t.Error("what a hook refused changed a table")
		}
	})
}

// refusedByHook reports whether the hook's refusal came back.
func (e *tableExaminer) refusedByHook(sc *setting, c *tableCell, hook *hookOf) bool {
	hook.asked.Store(false)
	err := c.call(c.tableCall)
	if !hook.asked.Load() {
		return false
	}
	hidden := c.want == isNotFound || c.want == isNotFoundIfAny
	outside := !sc.member && sc.actor != chat.System
	child := strings.HasPrefix(c.on, "message") || strings.HasPrefix(c.on, "reaction")
	switch {
	case hidden && (outside || sc.newcomer && child):
		if err != chat.ErrNotFound { //nolint:errorlint // a wrapped one would tell something
			e.errorf(sc, c, "refused by a hook the error is %v, want not found", err)
		}
		x := c.tableCall
		x.id, x.room = uuid.New(), uuid.New()
		if absent := c.call(x); absent == nil || absent.Error() != err.Error() {
			e.errorf(sc, c, "error is %v, where nothing ever was it is %v", err, absent)
		}
		return false
	case hidden && errors.Is(err, chat.ErrNotFound): // a reaction that there is no more
		return false
	case err != errHook: //nolint:errorlint // as it is
		e.errorf(sc, c, "error is %v, want the hook's", err)
	}
	return true
}
