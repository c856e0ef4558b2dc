package schema

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"strings"
	"text/template"
	"time"

	"github.com/go-df/chat/internal/words"
)

// SearchKey is the key of chat_meta that says which index of messages there is. It
// is missing when there is none.
const SearchKey = "message_search"

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

// MakeSearch renders what makes an index of a kind, filled, and notes it in chat_meta.
func MakeSearch(kind string) (string, error) {
	file := kind
	if kind == SearchPostgres {
		file = "postgres"
	}
	parsed, err := template.ParseFS(searchFiles, "search/"+file+".sql")
	if err != nil {
		return "", err
	}
	data := searchData{Separators: class(words.Separators()), UnknownSeparators: string(words.UnknownSeparators())}
	for _, block := range words.FoldBlocks() {
		within := class([][2]rune{{block.From[0], block.From[len(block.From)-1]}})
		data.Folds = append(data.Folds, searchFold{within, string(block.From), string(block.To)})
	}
	var rendered strings.Builder
	if err := parsed.Execute(&rendered, data); err != nil {
		return "", err
	}
	fmt.Fprintf(&rendered, "INSERT INTO chat_meta (key, value) VALUES ('%s', '%s');\n", SearchKey, kind)
	return rendered.String(), nil
}

// searchData is what the definition of a word puts into the SQL.
type searchData struct {
	Separators        string // as class writes them
	UnknownSeparators string
	Folds             []searchFold
}

// searchFold turns the letters From into To; all of From are in the class Within.
type searchFold struct{ Within, From, To string }

// class is the inside of PostgreSQL's bracket expression for ranges of characters.
func class(ranges [][2]rune) string {
	var class strings.Builder
	for _, r := range ranges {
		fmt.Fprintf(&class, `\U%08x-\U%08x`, r[0], r[1])
	}
	return class.String()
}

const (
	dropSearchPostgres = `DROP INDEX IF EXISTS chat_messages_words;
DROP FUNCTION IF EXISTS chat_message_words(text, uuid);
`
	dropSearchSQLite = `DROP TRIGGER IF EXISTS chat_message_words_insert;
DROP TRIGGER IF EXISTS chat_message_words_before_update;
DROP TRIGGER IF EXISTS chat_message_words_after_update;
DROP TRIGGER IF EXISTS chat_message_words_delete;
DROP TABLE IF EXISTS chat_message_words;
DROP VIEW IF EXISTS chat_message_words_source;
`
	forgetSearch = "DELETE FROM chat_meta WHERE key = '" + SearchKey + "';\n"
)

// Search makes the index of messages, filled, or drops it. Any number of processes
// may do so at once.
func Search(ctx context.Context, db *sql.DB, o Options) error {
	for try := 1; ; try++ {
		err := o.searchOnce(ctx, db)
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

func (o Options) searchOnce(ctx context.Context, db *sql.DB) (err error) {
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
	// Whoever comes second waits here, and then sees what the first one made.
	lock := "UPDATE chat_meta SET value = value WHERE key = 'epoch'"
	if o.Dialect == "postgres" {
		lock = fmt.Sprintf("SELECT pg_advisory_xact_lock(%d)", int64(searchLock))
	}
	if _, err := tx.ExecContext(ctx, lock); err != nil {
		return err
	}
	var there int
	if err := tx.QueryRowContext(ctx, "SELECT count(*) FROM chat_meta WHERE key = '"+SearchKey+"'").Scan(&there); err != nil {
		return err
	}
	switch {
	case o.MessageSearch && there == 0:
		err = o.createSearch(ctx, tx)
	case !o.MessageSearch && there > 0:
		_, err = tx.ExecContext(ctx, DropSearch(o.Dialect))
	}
	if err != nil {
		return err
	}
	return tx.Commit()
}

// DropSearch is what drops an index of any kind.
func DropSearch(dialect string) string {
	if dialect == "sqlite" {
		return dropSearchSQLite + forgetSearch
	}
	return dropSearchPostgres + forgetSearch
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
