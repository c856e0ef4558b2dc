package chat_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"gorm.io/driver/postgres"
	"gorm.io/gorm"
	"gorm.io/gorm/logger"

	"github.com/go-df/chat"
	"github.com/go-df/chat/internal/schema"
	"github.com/go-df/chat/internal/words"
)

// withIndex makes or drops the index and returns the host as it is after a restart.
func (h *host) withIndex(on bool) *host {
	h.t.Helper()
	after := *h
	after.config.MessageSearch = on
	ok(h.t, chat.Migrate(h.ctx, h.db, after.config))
	after.Service = must(chat.New(h.db, after.config))(h.t)
	return &after
}

// index is what chat_meta says of the index.
func (h *host) index() (kind string) {
	h.t.Helper()
	var kinds []string
	ok(h.t, h.db.Raw("SELECT value FROM chat_meta WHERE key = 'message_search'").Scan(&kinds).Error)
	return strings.Join(kinds, ",")
}

func TestTheIndexIsMadeAndDroppedByMigrate(t *testing.T) {
	over(t, []variant{onSQLite, onPostgres, {ids: chat.UUIDs, file: true}, {ids: chat.UUIDs, postgres: true}}, func(t *testing.T, h *host) {
		kind := map[bool]string{true: "tsvector", false: "fts4"}[h.postgres]
		bare := h.tables()
		room := h.group(h.bob)
		h.send(h.bob, room.ID, "word before")
		deleted, edited := h.send(h.bob, room.ID, "word deleted"), h.send(h.bob, room.ID, "unsaid")
		ok(t, h.DeleteMessage(h.ctx, h.bob, deleted.ID))
		scanning := h.Service

		h = h.withIndex(true)
		if got := h.index(); got != kind {
			t.Fatalf("the index is %q, want %q", got, kind)
		}
		text := "word edited"
		must(h.EditMessage(h.ctx, h.bob, edited.ID, chat.MessagePatch{Text: &text}))(t)
		h.send(h.bob, room.ID, "word with")
		if !h.postgres {
			ok(t, h.db.Exec("VACUUM").Error)
		}
		h = h.withIndex(true) // nothing to do
		h.wantFound(t, h.alice, "word", nil, "word with", "word edited", "word before")
		h.wantFound(t, h.alice, "unsaid", nil)
		h.wantIndexSound(t)
		stale := *h // a program that has not learned of the index
		stale.Service = scanning
		stale.wantFound(t, h.alice, "word", nil, "word with", "word edited", "word before")

		h = h.withIndex(false)
		if diff := cmp.Diff(bare, h.tables()); diff != "" || h.index() != "" {
			t.Errorf("the index %q left something: %s", h.index(), diff)
		}
		h.send(h.bob, room.ID, "word without")
		h.wantFound(t, h.alice, "word", nil, "word without", "word with", "word edited", "word before")

		h = h.withIndex(true)
		h.wantFound(t, h.alice, "word", &room.ID, "word without", "word with", "word edited", "word before")
		h.wantIndexSound(t)
	})
}

// tables are the names of all that is in the database.
func (h *host) tables() (names []string) {
	h.t.Helper()
	query := "SELECT type || ' ' || name FROM sqlite_master ORDER BY 1"
	if h.postgres {
		query = `SELECT relkind::text || ' ' || relname AS name FROM pg_class WHERE relnamespace = 'public'::regnamespace
			UNION ALL SELECT 'function ' || proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace ORDER BY 1`
	}
	ok(h.t, h.db.Raw(query).Scan(&names).Error)
	return names
}

func TestTheIndexIsMadeBySixAtOnce(t *testing.T) {
	over(t, []variant{onSQLiteFile, onPostgres}, func(t *testing.T, h *host) {
		room := h.group(h.bob)
		h.send(h.bob, room.ID, "word")
		for _, configs := range [][]bool{{true}, {false}, {true, false}, {true}} {
			errs := make(chan error)
			for i := range 6 {
				go func() {
					config := h.config
					config.MessageSearch = configs[i%len(configs)]
					errs <- chat.Migrate(h.ctx, h.db, config)
				}()
			}
			for range 6 {
				ok(t, <-errs)
			}
		}
		h = h.withIndex(true)
		h.send(h.bob, room.ID, "another word")
		h.wantFound(t, h.alice, "word", nil, "another word", "word")
		h.wantIndexSound(t)
	})
}

// insertTexts writes messages into a room past the service, as a host's import does.
func (h *host) insertTexts(room uuid.UUID, texts []string) {
	h.t.Helper()
	messages := make([]chat.Message, len(texts))
	for i, text := range texts {
		messages[i] = chat.Message{
			ID: uuid.Must(uuid.NewV7()), RoomID: room, Number: int64(i + 1), Text: text, CreatedAt: h.clock.now(),
		}
	}
	ok(h.t, h.db.CreateInBatches(messages, 500).Error)
	ok(h.t, h.db.Exec("UPDATE chat_rooms SET last_number = ? WHERE id = ?", len(texts), room).Error)
}

// Without an index a call stops somewhere, and the next one goes on.
func TestAScanReachesTheOldestMessage(t *testing.T) {
	overBoth(t, func(t *testing.T, h *host) {
		room := h.group(h.bob)
		texts := slices.Repeat([]string{"noise"}, chat.SearchScanRows+5)
		texts[0], texts[1], texts[len(texts)-1] = "the first word", "the second word", "the last word"
		h.insertTexts(room.ID, texts)
		for _, only := range []*uuid.UUID{nil, &room.ID} {
			in := chat.MessageSearchQuery{Query: "word", RoomID: only}
			page := must(h.SearchMessages(h.ctx, h.bob, in))(t)
			if len(page.Items) != 1 || page.Items[0].Text != "the last word" || page.Next == "" {
				t.Errorf("the first page has %d items, next %q", len(page.Items), page.Next)
			}
			h.wantFound(t, h.bob, "word", only, "the last word", "the second word", "the first word")
			h.wantFound(t, h.bob, "the second", only, "the second word")
			h.wantFound(t, h.bob, "nothing", only)
		}
	})
}

// queryRecorder keeps the searches that run through a pool of connections.
type queryRecorder struct {
	gorm.ConnPool
	query string
	args  []any
}

func (r *queryRecorder) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	if strings.Contains(query, "@@") {
		r.query, r.args = query, args
	}
	return r.ConnPool.QueryContext(ctx, query, args...)
}

func TestPostgresAnswersFromItsIndex(t *testing.T) {
	t.Parallel()
	h := newHost(t, onPostgres, indexed)
	room := h.group(h.bob)
	texts := make([]string, 3000)
	for i := range texts {
		texts[i] = fmt.Sprintf("message number %d of many", i)
	}
	h.insertTexts(room.ID, texts)
	ok(t, h.db.Exec("ANALYZE").Error)
	recorder := &queryRecorder{ConnPool: h.db.Statement.ConnPool}
	svc := must(chat.New(must(gorm.Open(postgres.New(postgres.Config{Conn: recorder})))(t), h.config))(t)
	for _, actor := range []chat.Actor{h.bob, chat.System} {
		for _, only := range []*uuid.UUID{nil, &room.ID} {
			page := must(svc.SearchMessages(h.ctx, actor, chat.MessageSearchQuery{Query: "number 1234", RoomID: only}))(t)
			if len(page.Items) != 1 {
				t.Fatalf("%d messages found, want 1", len(page.Items))
			}
			plan := must(recorder.explain(h.ctx))(t)
			if !strings.Contains(plan, "Bitmap Index Scan on chat_messages_words") {
				t.Errorf("the index is not used:\n%s\n%s", recorder.query, plan)
			}
		}
	}
}

// explain is PostgreSQL's plan of the query.
func (r *queryRecorder) explain(ctx context.Context) (plan string, err error) {
	rows, err := r.ConnPool.QueryContext(ctx, "EXPLAIN "+r.query, r.args...)
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var line string
		if err := rows.Scan(&line); err != nil {
			return "", err
		}
		plan += line + "\n"
	}
	return plan, rows.Err()
}

func TestASearchCostsTheSameStatementsForAnyPage(t *testing.T) {
	overSearches(t, func(t *testing.T, h *host) {
		first := h.group(h.bob)
		h.send(h.bob, first.ID, "rare common")
		for range 3 {
			room := h.group(h.bob)
			for range 5 {
				h.send(h.bob, room.ID, "common")
			}
		}
		log := &statements{Interface: logger.Discard}
		svc := must(chat.New(h.db.Session(&gorm.Session{Logger: log}), h.config))(t)
		must(svc.Unread(h.ctx, h.bob))(t) // the schema is checked once
		cost := func(query string) int {
			log.ran = nil
			must(svc.SearchMessages(h.ctx, h.bob, chat.MessageSearchQuery{Query: query}))(t)
			return len(log.ran)
		}
		if one, many := cost("rare"), cost("common"); one != many {
			t.Errorf("one message costs %d statements, sixteen cost %d", one, many)
		}
	})
}

// Every character is to the databases what it is to the definition of a word.
func TestTheIndexKnowsWhatSeparatesWords(t *testing.T) {
	over(t, []variant{onSQLite, onPostgres}, func(t *testing.T, h *host) {
		const many = 16 // words of a query
		var texts, queries []string
		add := func(parts, asked []string) {
			for part := range slices.Chunk(parts, many) {
				texts = append(texts, strings.Join(part, ""))
			}
			for part := range slices.Chunk(asked, many) {
				queries = append(queries, strings.Join(part, " "))
			}
		}
		var parts, asked []string
		for _, r := range words.Separators() {
			for c := r[0]; c <= r[1]; c++ {
				word := fmt.Sprintf("%xz", len(parts))
				parts, asked = append(parts, word+string(c)), append(asked, word)
			}
		}
		add(parts, asked)
		parts, asked = nil, nil
		for _, block := range words.FoldBlocks() {
			for i := range block.From {
				prefix := fmt.Sprintf("%xf", len(parts))
				parts, asked = append(parts, prefix+string(block.From[i])+" "), append(asked, prefix+string(block.To[i]))
			}
		}
		add(parts, asked)
		room := h.group(h.bob)
		h.insertTexts(room.ID, texts)
		h = h.withIndex(true)
		for i, query := range queries {
			page := must(h.SearchMessages(h.ctx, h.bob, chat.MessageSearchQuery{Query: query, RoomID: &room.ID}))(t)
			if len(page.Items) != 1 || page.Items[0].Text != texts[i] {
				t.Errorf("%q is not found in %q", query, texts[i])
			}
		}
	})
}

// alphabets are what the corpus is made of.
var alphabets = []string{
	"abcdefgxyz", "ABCdefÀÉÎõüßÿŸçĀāŁłŽžǅ", "ABCабвгдеёжЯЮЭЪїЇєЄ", "αβγδςσΣΩάήώΆΏϊΐ", "אבגדהשׁלום", "ابتثجعربيّةي", "हिन्दीमेंकखगक्ष",
	"中文字漢字カタカナひらがな한국어", "e\u0301a\u0308o\u0302n\u0303", "0123456789٠١٢²½Ⅷ", "😀🤗🫠🧑🏽‍💻❤️🇩🇪1️⃣", "ßﬀﬁﬂŉǰİıſK",
	"\u200b\u200c\u200d\u00ad\ufeff\u2060\ue000\U000f0000", "..,,--__''\"\"@@//::;;!!??##%%&&**", "\U00010400\U00010428𝒜𝐀", "ᏣᎳᎩꮳꮃꭹ", "ႠႡⴀⴁᲐა",
}

// randomText is words, and what stands between them, of any alphabets.
func randomText(r *rand.Rand) string {
	var text strings.Builder
	for range 1 + r.IntN(6) {
		for range 1 + r.IntN(2) {
			alphabet := []rune(alphabets[r.IntN(len(alphabets))])
			for range 1 + r.IntN(3) {
				if r.IntN(40) == 0 {
					text.WriteString(string(rune(1 + r.IntN(0xd7ff))))
				}
				text.WriteRune(alphabet[r.IntN(len(alphabet))])
			}
		}
		text.WriteString([]string{" ", " ", "-", ". ", "\n", "@", "/", "'", "—", "，"}[r.IntN(10)])
	}
	return text.String()
}

// The index finds what a scan of the same messages finds.
func TestTheIndexAndTheScanAgree(t *testing.T) {
	over(t, []variant{onSQLite, onPostgres}, func(t *testing.T, h *host) {
		r := rand.New(rand.NewPCG(1, 2))
		size, queries := 400, 600
		if long() {
			size, queries = 2_000, 5_000
		}
		texts := make([]string, size)
		for i := range texts {
			texts[i] = randomText(r)
		}
		texts[7] = strings.Repeat("Ы", 3000) + " " + strings.Repeat("x", 9000)
		room := h.group(h.bob)
		h.insertTexts(room.ID, texts)
		h.wantFound(t, h.bob, "x", &room.ID, h.found(h.bob, "X", &room.ID)...)
		withIndex := h.withIndex(true)
		found := 0
		for range queries {
			has := words.Split(texts[r.IntN(size)])
			if len(has) == 0 {
				continue
			}
			query := has[r.IntN(len(has))]
			switch r.IntN(4) {
			case 0:
				query += " " + has[r.IntN(len(has))]
			case 1:
				query = strings.ToUpper(query)
			case 2:
				query = strings.ToTitle(query[:1]) + query[1:]
			}
			_, err := h.SearchMessages(h.ctx, h.bob, chat.MessageSearchQuery{Query: query})
			if errors.Is(err, chat.ErrTooLarge) || errors.Is(err, chat.ErrInvalid) {
				continue
			}
			ok(t, err)
			want := h.found(h.bob, query, nil)
			found += len(want)
			withIndex.wantFound(t, h.bob, query, nil, want...)
		}
		if found < queries/2 {
			t.Errorf("only %d messages were found by %d queries", found, queries)
		}
	})
}

// Some drivers of SQLite have FTS5 alone. (Run with -tags sqlite_fts5.)
func TestFTS5AnswersAlike(t *testing.T) {
	t.Parallel()
	h := newHost(t, onSQLiteFile)
	room := h.group(h.bob)
	h.send(h.bob, room.ID, "Word before")
	edited, deleted := h.send(h.bob, room.ID, "unsaid"), h.send(h.bob, room.ID, "word deleted")
	script := must(schema.MakeSearch(schema.SearchFTS5))(t)
	if err := h.db.Exec(schema.DropSearch("sqlite") + script).Error; err != nil {
		if strings.Contains(err.Error(), "no such module") {
			t.Skip("this build of SQLite has no FTS5")
		}
		t.Fatal(err)
	}
	h.config.MessageSearch = true
	h.Service = must(chat.New(h.db, h.config))(t)
	text := "WORD edited🤗friend don't हिन्दी"
	must(h.EditMessage(h.ctx, h.bob, edited.ID, chat.MessagePatch{Text: &text}))(t)
	ok(t, h.DeleteMessage(h.ctx, h.bob, deleted.ID))
	gone := h.group(h.bob)
	h.send(h.bob, gone.ID, "word gone")
	ok(t, h.DeleteRoom(h.ctx, h.alice, gone.ID))
	h.clock.advance(time.Hour)
	must(h.PurgeRooms(h.ctx, time.Minute))(t)
	ok(t, h.db.Exec("VACUUM").Error)
	for _, only := range []*uuid.UUID{nil, &room.ID} {
		h.wantFound(t, h.alice, "word", only, text, "Word before")
		h.wantFound(t, h.alice, "friend don't हिन्दी edited", only, text)
		h.wantFound(t, h.alice, "ह", only)
		h.wantFound(t, h.alice, "unsaid", only)
		h.wantFound(t, h.alice, "NOT word NEAR", only)
	}
	h.wantFound(t, chat.System, "word", nil, text, "Word before")
	h.wantIndexSound(t)
	h = h.withIndex(false)
	h.wantFound(t, h.alice, "word", nil, text, "Word before")
}
