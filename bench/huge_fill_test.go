package bench_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm"

	"github.com/go-df/chat"
	"github.com/go-df/chat/internal/dbtest"
	"github.com/go-df/chat/internal/dialect"
	"github.com/go-df/chat/internal/schema"
	"github.com/go-df/chat/internal/words"
)

// The texts are short, so that 50,000,000 fit in the disk that there is.
const hugeText = "'Meet a' || (n % 10) || ' b' || (n * 7919 % 1000) || ' c' || (n * 104729 % 100000)"

// hugeWords is the words.Kept of such a text m.text, in SQL.
var hugeWords = func() string {
	digit := func(n string) string {
		return "substr('0123456789abcdefghijklmnopqrstuv', (" + n + " & 31)::int + 1, 1)"
	}
	place := fmt.Sprintf("right(m.room_id::text, 7) || %s || %s", digit("m.number >> 22"), digit("m.number >> 17"))
	return "(SELECT " + dialect.Words("place || replace(lower(m.text), ' ', ' ' || place)") + " FROM (VALUES (" + place + ")) AS p (place))"
}()

// asFilled are the settings under which servers are filled: what a transaction writes into tables
// that it has emptied is written once, and not to the log as well.
var asFilled = []string{"shared_buffers = '" + sharedBuffers + "'", "max_wal_size = '4GB'", "wal_level = minimal",
	"max_wal_senders = 0", "checkpoint_timeout = '1h'", "autovacuum = off", "maintenance_work_mem = '2GB'"}

// hugeDatabase returns the DSN of the server's database of so many messages, which is made where
// there is none.
func hugeDatabase(t *testing.T, server *dbtest.Server, p plan, messages int) string {
	t.Helper()
	name := fmt.Sprintf("chat_%d", messages)
	admin := connectPostgres(t, server.DSNOf("postgres"), 0)
	if admin.value("SELECT count(*) FROM pg_database WHERE datname = '"+name+"'") == "1" {
		return server.DSNOf(name)
	}
	restart(t, server, admin, asFilled...)
	admin = connectPostgres(t, server.DSNOf("postgres"), 0)
	filling := name + "_filling"
	h := emptyDatabase(t, server, filling, messages, false)
	h.must("fill", h.fillAtOnce(p))
	hangUp(t, h)
	admin.exec("ALTER DATABASE " + filling + " RENAME TO " + name)
	return server.DSNOf(name)
}

// emptyDatabase makes a database anew, with empty tables, for so many messages.
func emptyDatabase(t *testing.T, server *dbtest.Server, name string, messages int, search bool) *host {
	t.Helper()
	connectPostgres(t, server.DSNOf("postgres"), 0).exec("DROP DATABASE IF EXISTS "+name, "CREATE DATABASE "+name+" TEMPLATE template0")
	h := connectPostgres(t, server.DSNOf(name), messages)
	h.exec("CREATE TABLE users (id bigint PRIMARY KEY)")
	h.must("Migrate", chat.Migrate(h.ctx, h.db, config(search)))
	return h
}

// fillAtOnce is a fill whose tables have neither keys nor indexes until all rows are there.
func (h *host) fillAtOnce(p plan) error {
	q := postgresSQL
	return h.db.Connection(func(conn *gorm.DB) error {
		dropped, made, err := keysAndIndexes(conn)
		if err != nil {
			return err
		}
		search, err := schema.MakeSearch(schema.SearchPostgres)
		if err != nil {
			return err
		}
		statements := append(q.begin[:len(q.begin):len(q.begin)], q.roomsAndMembers(p)...)
		statements = append(append(statements, dropped...), "BEGIN", "TRUNCATE "+strings.Join(hugeTables, ", "))
		for at := 0; at < h.messages; at += 1_000_000 {
			statements = append(statements, q.messages(p, at, min(h.messages, at+1_000_000))...)
		}
		statements = append(append(statements, "COMMIT"), made...)
		statements = append(append(statements, q.counters()...), search)
		return h.runAll(conn, append(statements, q.end...))
	})
}

// runAll runs statements, and says of the slow ones how long they took.
func (h *host) runAll(conn *gorm.DB, statements []string) error {
	for _, s := range statements {
		began := time.Now()
		if err := conn.Exec(s).Error; err != nil {
			return fmt.Errorf("%w: %s", err, s)
		}
		if took := time.Since(began); took > time.Second {
			progress(h.t, "%d messages: %v: %.80s", h.messages, took.Round(time.Second), strings.Join(strings.Fields(s), " "))
		}
	}
	return nil
}

// hugeTables grow with the messages.
var hugeTables = []string{"chat_messages", "chat_reactions", "chat_media", "chat_message_media"}

// keysAndIndexes returns what drops the keys and indexes of these tables, and what makes them.
func keysAndIndexes(conn *gorm.DB) (dropped, made []string, err error) {
	var found []struct{ Dropped, Made string }
	err = conn.Raw(`WITH tables AS (SELECT unnest(?::text[])::regclass AS id), found AS (
		SELECT CASE contype WHEN 'f' THEN 3 ELSE 1 END AS turn, format('ALTER TABLE %s DROP CONSTRAINT %I', conrelid::regclass, conname) AS dropped,
			format('ALTER TABLE %s ADD CONSTRAINT %I %s', conrelid::regclass, conname, pg_get_constraintdef(oid)) AS made
		FROM pg_constraint WHERE contype IN ('p', 'u', 'f') AND (conrelid IN (SELECT id FROM tables) OR confrelid IN (SELECT id FROM tables))
		UNION ALL
		SELECT 2, format('DROP INDEX %s', indexrelid::regclass), pg_get_indexdef(indexrelid)
		FROM pg_index WHERE indrelid IN (SELECT id FROM tables)
			AND indexrelid NOT IN (SELECT conindid FROM pg_constraint WHERE contype IN ('p', 'u'))
		) SELECT dropped, made FROM found ORDER BY turn, made`, "{"+strings.Join(hugeTables, ",")+"}").Scan(&found).Error
	for i, f := range found {
		dropped, made = append(dropped, found[len(found)-1-i].Dropped), append(made, f.Made)
	}
	return dropped, made, err
}

// layout lists the columns, keys and indexes of the tables, without the index of what has no words,
// which comes and goes with the search index.
func (h *host) layout() []string {
	h.t.Helper()
	return strings.Split(h.value(`SELECT string_agg(line, E'\n' ORDER BY line) FROM (
		SELECT table_name || '.' || column_name || ' ' || udt_name || ' ' || is_nullable || COALESCE(' ' || column_default, '') AS line
		FROM information_schema.columns WHERE table_name LIKE 'chat\_%'
		UNION ALL SELECT conrelid::regclass || ' ' || conname || ' ' || pg_get_constraintdef(oid) FROM pg_constraint WHERE connamespace = 'public'::regnamespace
		UNION ALL SELECT indexdef FROM pg_indexes WHERE tablename LIKE 'chat\_%' AND indexname <> 'chat_messages_unworded'
		) AS l`), "\n")
}

// accept takes tables that were perhaps made by another text of the migration, if they are as the
// present one makes them.
func (h *host) accept(present []string) {
	h.t.Helper()
	found := h.layout()
	for _, line := range present {
		if !slices.Contains(found, line) {
			h.t.Fatalf("%d messages: fill a new folder, or change the tables: they are without %s", h.messages, line)
		}
	}
	hash, err := schema.Options{Dialect: "postgres"}.MigrationHash()
	h.must("migration", err)
	h.exec("UPDATE chat_meta SET value = '" + hash + "' WHERE key = '" + schema.HashKey + "'")
	h.checkWords()
}

// checkWords compares words that the fill made with those of the library.
func (h *host) checkWords() {
	h.t.Helper()
	share := min(100, 100*2000/float64(h.messages))
	var found []struct {
		RoomID uuid.UUID
		Number int64
		Text   string
		Words  string
	}
	h.must("words", h.db.Raw("SELECT room_id, number, text, words::text FROM chat_messages TABLESAMPLE SYSTEM (?) WHERE words IS NOT NULL LIMIT 500", share).Scan(&found).Error)
	for _, m := range found {
		var kept string
		h.must("words", h.db.Raw("SELECT "+dialect.Words("CAST(? AS text)")+"::text", words.Kept(m.RoomID, m.Number, m.Text)).Scan(&kept).Error)
		if kept != m.Words {
			h.t.Fatalf("the words of %q, number %d of room %v, are %s and not %s: fill a new folder", m.Text, m.Number, m.RoomID, m.Words, kept)
		}
	}
}
