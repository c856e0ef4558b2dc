package schema

import (
	"context"
	"database/sql"
	"encoding/json"
	"strconv"

	"github.com/google/uuid"

	"github.com/go-df/chat/internal/dialect"
	"github.com/go-df/chat/internal/words"
)

// fillBatch is how many messages get their words in one transaction.
const fillBatch = 1000

// unworded is a message that is to get its words.
type unworded struct {
	id     uuid.UUID
	room   uuid.UUID
	number int64
	text   string
}

// fillWords goes through all messages by their ids, and makes the words of those that have none,
// or of all.
func (o Options) fillWords(ctx context.Context, db *sql.DB, all bool) error {
	lacking := "words IS NULL AND "
	if all {
		lacking = ""
	}
	last := uuid.Nil
	for {
		found, err := o.fill(ctx, db, lacking+"deleted_at IS NULL AND id > $1 ORDER BY id", last.String())
		if err != nil || len(found) < fillBatch {
			return err
		}
		last = found[len(found)-1].id
	}
}

// fillUnworded makes the words of the messages that the index finds to have none. Those that
// somebody else has locked are left to the next time: a search looks at them by themselves.
func (o Options) fillUnworded(ctx context.Context, db *sql.DB) error {
	for {
		found, err := o.fill(ctx, db, "words IS NULL AND deleted_at IS NULL ORDER BY room_id, number")
		if err != nil || len(found) < fillBatch {
			return err
		}
	}
}

// fill makes the words of a batch of messages of a condition, in one transaction.
func (o Options) fill(ctx context.Context, db *sql.DB, condition string, args ...any) (found []unworded, err error) {
	err = o.again(ctx, func() error {
		return o.inTx(ctx, db, func(tx *sql.Tx) error {
			if o.Dialect == "sqlite" {
				if _, err := tx.ExecContext(ctx, lockSQLite); err != nil {
					return err
				}
			}
			if found, err = o.readUnworded(ctx, tx, condition, args...); err != nil || len(found) == 0 {
				return err
			}
			return o.writeWords(ctx, tx, found)
		})
	})
	return found, err
}

func (o Options) readUnworded(ctx context.Context, tx *sql.Tx, condition string, args ...any) (found []unworded, err error) {
	query := "SELECT id, room_id, number, text FROM chat_messages WHERE " + condition + " LIMIT " + strconv.Itoa(fillBatch) + //nolint:gosec // of constants alone
		dialect.Dialect(o.Dialect).Lock("FOR NO KEY UPDATE SKIP LOCKED")
	rows, err := tx.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer func() {
		if closeErr := rows.Close(); err == nil {
			err = closeErr
		}
	}()
	for rows.Next() {
		var m unworded
		if err := rows.Scan(&m.id, &m.room, &m.number, &m.text); err != nil {
			return nil, err
		}
		found = append(found, m)
	}
	return found, rows.Err()
}

func (o Options) writeWords(ctx context.Context, tx *sql.Tx, found []unworded) error {
	if o.Dialect == "sqlite" {
		rows := make([]dialect.Object, len(found))
		for i, m := range found {
			rows[i] = dialect.Object{"id": m.id, "words": words.Kept(m.room, m.number, m.text)}
		}
		encoded, err := json.Marshal(rows)
		if err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, "UPDATE chat_messages SET words = j.words FROM (SELECT value->>'$.id' AS id, value->>'$.words' AS words"+
			" FROM json_each($1)) AS j WHERE chat_messages.id = j.id", string(encoded))
		return err
	}
	var arrays dialect.Arrays
	for _, m := range found {
		arrays.ID(&m.id)
	}
	arrays.End()
	for _, m := range found {
		kept := words.Kept(m.room, m.number, m.text)
		arrays.Text(&kept)
	}
	arrays.End()
	query := "UPDATE chat_messages SET words = " + dialect.Words("j.words") + //nolint:gosec // of constants alone
		" FROM unnest(CAST($1 AS uuid[]), CAST($2 AS text[])) AS j(id, words) WHERE chat_messages.id = j.id"
	_, err := tx.ExecContext(ctx, query, arrays.Args()...)
	return err
}
