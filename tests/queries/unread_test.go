package queries_test

import (
	"errors"
	"regexp"
	"strings"
	"testing"

	"gorm.io/gorm"

	"github.com/go-df/chat"
	"github.com/go-df/chat/internal/chatsuite"
)

// TestUnreadReadsTombstonesAlone: whatever says what is unread reads, of the messages of a
// room, those that are deleted, in the index of them, and not all that are unread.
func TestUnreadReadsTombstonesAlone(t *testing.T) {
	overExplained(t, func(t *testing.T, x *explained) {
		x.exec("UPDATE chat_messages SET deleted_at = created_at WHERE room_id = ? AND number % 2000 = 0", x.big.ID)
		x.exec("UPDATE chat_rooms SET last_deleted_number = ? WHERE id = ?", bigRoom, x.big.ID)
		for _, analyzed := range []bool{false, true} {
			if analyzed || x.Postgres {
				x.exec("ANALYZE")
			}
			for name, do := range map[string]func() error{
				"Room":         func() error { return chatsuite.ErrorOf(x.Room(x.Ctx, x.crowded, x.big.ID)) },
				"Rooms":        func() error { return chatsuite.ErrorOf(x.Rooms(x.Ctx, x.crowded, chat.RoomsQuery{})) },
				"Rooms unread": func() error { return chatsuite.ErrorOf(x.Rooms(x.Ctx, x.crowded, chat.RoomsQuery{Unread: true})) },
				"Unread":       func() error { return chatsuite.ErrorOf(x.Unread(x.Ctx, x.crowded)) },
			} {
				counts := 0
				for _, q := range x.ask(do) {
					if !strings.Contains(q.query, "t.deleted_at IS NOT NULL") {
						continue
					}
					counts++
					for _, index := range x.tombstoneIndexes(q) {
						if index != "chat_messages_deleted" {
							t.Errorf("%s, analyzed %t: tombstones are read by %q\n%s", name, analyzed, index, q.query)
						}
					}
				}
				if counts != 1 {
					t.Errorf("%s counts tombstones in %d queries", name, counts)
				}
			}
		}
		if n := chatsuite.Must(x.Room(x.Ctx, x.crowded, x.big.ID))(t).Unread; n != bigRoom-bigRoom/2000 {
			t.Errorf("%d are unread", n)
		}
	})
}

// tombstoneIndexes are the indexes, or "", by which a query reads messages as t.
func (x *explained) tombstoneIndexes(q asked) (indexes []string) {
	x.T.Helper()
	var lines []string
	if x.Postgres {
		chatsuite.NoError(x.T, x.DB.Connection(func(conn *gorm.DB) error {
			execute := "EXPLAIN EXECUTE asked(" + strings.Join(literals(x.T, q.args), ", ") + ")"
			err := errors.Join(conn.Exec("PREPARE asked AS "+q.query).Error, conn.Raw(execute).Scan(&lines).Error)
			return errors.Join(err, conn.Exec("DEALLOCATE asked").Error)
		}))
	} else {
		lines = x.sqlitePlan(q)
	}
	for _, line := range lines {
		if found := tombstones.FindStringSubmatch(line); found != nil {
			indexes = append(indexes, found[1]+found[2]+found[3])
		}
	}
	if len(indexes) == 0 {
		x.T.Errorf("no step of the plan reads tombstones:\n%s", strings.Join(lines, "\n"))
	}
	return indexes
}

// sqlitePlan are the steps of SQLite's plan of a query.
func (x *explained) sqlitePlan(q asked) (steps []string) {
	x.T.Helper()
	rows, err := x.DB.Statement.ConnPool.QueryContext(x.Ctx, "EXPLAIN QUERY PLAN "+q.query, q.args...)
	chatsuite.NoError(x.T, err)
	defer func() { chatsuite.NoError(x.T, rows.Close()) }()
	for rows.Next() {
		var id, parent, unused int
		var step string
		chatsuite.NoError(x.T, rows.Scan(&id, &parent, &unused, &step))
		steps = append(steps, step)
	}
	chatsuite.NoError(x.T, rows.Err())
	return steps
}

// tombstones matches the steps of plans that read messages as t, and captures the index.
var tombstones = regexp.MustCompile(`(?:(?:SEARCH|SCAN) t\b(?:.* INDEX (\w+))?|Bitmap Index Scan on (chat_messages_\w+)|(?:Index Scan|Index Only Scan) using (chat_messages_\w+) on chat_messages t\b|Seq Scan on chat_messages t\b)`)
