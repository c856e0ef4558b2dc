package schema

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/go-df/chat/internal/words"
)

// SearchKey is the key of chat_meta that says which index of messages there is. It
// is missing when there is none. WordsKey is the key of which version the words are that
// messages have, with the index or still from when there was one.
const (
	SearchKey = "message_search"
	WordsKey  = "message_words"
)

// The kinds of indexes.
const (
	SearchPostgres = "tsvector"
	SearchFTS4     = "fts4"
	SearchFTS5     = "fts5"
)

//go:embed search/*.sql
var searchFiles embed.FS

// searchKinds are a dialect's indexes, the one to prefer first. The default build
// of SQLite's most used driver has FTS4 alone, the pure-Go ones FTS5 alone.
func (o Options) searchKinds() []string {
	if o.Dialect == "sqlite" {
		return []string{SearchFTS4, SearchFTS5}
	}
	return []string{SearchPostgres}
}

// MakeSearch is what makes an index of a kind over the words that messages have, and notes it in
// chat_meta.
func MakeSearch(kind string) (string, error) {
	file := kind
	if kind == SearchPostgres {
		file = "postgres"
	}
	script, err := searchFiles.ReadFile("search/" + file + ".sql")
	return fmt.Sprintf("%s%sINSERT INTO chat_meta (key, value) VALUES ('%s', '%s'), ('%s', '%s');\n", script, forgetSearch,
		SearchKey, kind, WordsKey, words.Version), err
}

const (
	dropSearchPostgres = `DROP INDEX IF EXISTS chat_messages_words;
DROP INDEX IF EXISTS chat_messages_unworded;
`
	dropSearchSQLite = `DROP TRIGGER IF EXISTS chat_message_words_insert;
DROP TRIGGER IF EXISTS chat_message_words_before_update;
DROP TRIGGER IF EXISTS chat_message_words_after_update;
DROP TRIGGER IF EXISTS chat_message_words_delete;
DROP TABLE IF EXISTS chat_message_words;
DROP VIEW IF EXISTS chat_message_words_source;
DROP INDEX IF EXISTS chat_messages_unworded;
`
	forgetSearch = "DELETE FROM chat_meta WHERE key IN ('" + SearchKey + "', '" + WordsKey + "');\n"
	noteNoSearch = "DELETE FROM chat_meta WHERE key = '" + SearchKey + "';\n"
)

// Search makes the index of messages, or drops it. Any number of processes may do so at
// once, and beside sends: what is sent meanwhile without words is found as well, and gets
// them at the end.
func Search(ctx context.Context, db *sql.DB, o Options) error {
	kind, version, err := o.searchMade(ctx, db)
	if err != nil {
		return err
	}
	if o.MessageSearch && (kind == "" || version != words.Version) {
		if kind != "" { // for the time being nobody uses it
			if err := o.again(ctx, func() error { return o.searchOnce(ctx, db, false) }); err != nil {
				return err
			}
		}
		if err := o.fillWords(ctx, db, version != words.Version); err != nil {
			return err
		}
	}
	if err := o.again(ctx, func() error { return o.searchOnce(ctx, db, o.MessageSearch) }); err != nil || !o.MessageSearch {
		return err
	}
	return o.fillUnworded(ctx, db)
}

// searchMade reads from chat_meta which index there is, and of which version the words are.
func (o Options) searchMade(ctx context.Context, db queryer) (kind, version string, err error) {
	err = db.QueryRowContext(ctx, "SELECT COALESCE((SELECT value FROM chat_meta WHERE key = '"+SearchKey+
		"'), ''), COALESCE((SELECT value FROM chat_meta WHERE key = '"+WordsKey+"'), '')").Scan(&kind, &version)
	return kind, version, err
}

type queryer interface {
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

// again runs do until it does not fail because of other runs, on SQLite.
func (o Options) again(ctx context.Context, do func() error) error {
	for try := 1; ; try++ {
		err := do()
		if err == nil || o.Dialect == "postgres" || try == sqliteTries || !contended(err) {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// searchLock is the key of the advisory lock under which the index is made; it
// spells "chatwrds".
const searchLock = 0x6368617477726473

// searchOnce makes or drops the index, in one transaction.
func (o Options) searchOnce(ctx context.Context, db *sql.DB, wanted bool) error {
	return o.inTx(ctx, db, func(tx *sql.Tx) error {
		// Whoever comes second waits here, and then sees what the first one made.
		lock := lockSQLite
		if o.Dialect == "postgres" {
			lock = fmt.Sprintf("SELECT pg_advisory_xact_lock(%d)", int64(searchLock))
		}
		if _, err := tx.ExecContext(ctx, lock); err != nil {
			return err
		}
		kind, version, err := o.searchMade(ctx, tx)
		switch {
		case err != nil:
			return err
		case wanted && (kind == "" || version != words.Version):
			return o.createSearch(ctx, tx)
		case !wanted && kind != "":
			_, err = tx.ExecContext(ctx, o.dropSearch()+noteNoSearch)
		}
		return err
	})
}

// lockSQLite takes the write lock.
const lockSQLite = "UPDATE chat_meta SET value = value WHERE key = 'epoch'"

func (o Options) inTx(ctx context.Context, db *sql.DB, do func(tx *sql.Tx) error) (err error) {
	options := &sql.TxOptions{}
	if o.Dialect == "postgres" {
		options.Isolation = sql.LevelReadCommitted // whatever the host's default
	}
	tx, err := db.BeginTx(ctx, options)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, tx.Rollback())
		}
	}()
	if err = do(tx); err != nil {
		return err
	}
	return tx.Commit()
}

// DropSearch is what drops an index of any kind, and forgets that there are words.
func DropSearch(dialect string) string { return Options{Dialect: dialect}.dropSearch() + forgetSearch }

func (o Options) dropSearch() string {
	if o.Dialect == "sqlite" {
		return dropSearchSQLite
	}
	return dropSearchPostgres
}

// createSearch makes the first kind of index that the database has. Where SQLite
// has none, searches go on scanning.
func (o Options) createSearch(ctx context.Context, tx *sql.Tx) error {
	for _, kind := range o.searchKinds() {
		script, err := MakeSearch(kind)
		if err != nil {
			return err
		}
		if _, err = tx.ExecContext(ctx, DropSearch(o.Dialect)+script); err == nil || !missingModule(err) {
			return err
		}
	}
	_, err := tx.ExecContext(ctx, DropSearch(o.Dialect))
	return err
}

func missingModule(err error) bool {
	return strings.Contains(err.Error(), "no such module") || strings.Contains(err.Error(), "unknown tokenizer")
}
