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
	"github.com/go-df/chat/internal/chatsuite"
	"github.com/go-df/chat/internal/schema"
	"github.com/go-df/chat/internal/words"
)

// withIndex makes or drops the index and returns the host as it is after a restart.
func withIndex(h *chatsuite.Host, on bool) *chatsuite.Host {
	h.T.Helper()
	after := *h
	after.Config.MessageSearch = on
	chatsuite.NoError(h.T, chat.Migrate(h.Ctx, h.DB, after.Config))
	after.Service = chatsuite.Must(chat.New(h.DB, after.Config))(h.T)
	return &after
}

// searchIndex is what chat_meta says of the index.
func searchIndex(h *chatsuite.Host) (kind string) {
	h.T.Helper()
	var kinds []string
	chatsuite.NoError(h.T, h.DB.Raw("SELECT value FROM chat_meta WHERE key = 'message_search'").Scan(&kinds).Error)
	return strings.Join(kinds, ",")
}

func TestTheIndexIsMadeAndDroppedByMigrate(t *testing.T) {
	chatsuite.RunOn(t, []chatsuite.Variant{chatsuite.SQLite, chatsuite.Postgres, {UserIDs: chat.UUIDs, File: true}, {UserIDs: chat.UUIDs, Postgres: true}}, func(t *testing.T, h *chatsuite.Host) {
		kind := map[bool]string{true: "tsvector", false: "fts4"}[h.Postgres]
		bare := databaseTables(h)
		room := h.NewGroup(h.Bob)
		h.Send(h.Bob, room.ID, "word before")
		deleted, edited := h.Send(h.Bob, room.ID, "word deleted"), h.Send(h.Bob, room.ID, "unsaid")
		chatsuite.NoError(t, h.DeleteMessage(h.Ctx, h.Bob, deleted.ID))
		scanning := h.Service

		h = withIndex(h, true)
		if got := searchIndex(h); got != kind {
			t.Fatalf("the index is %q, want %q", got, kind)
		}
		text := "word edited"
		chatsuite.Must(h.EditMessage(h.Ctx, h.Bob, edited.ID, chat.MessagePatch{Text: &text}))(t)
		h.Send(h.Bob, room.ID, "word with")
		if !h.Postgres {
			chatsuite.NoError(t, h.DB.Exec("VACUUM").Error)
		}
		h = withIndex(h, true) // nothing to do
		wantFound(t, h, h.Alice, "word", nil, "word with", "word edited", "word before")
		wantFound(t, h, h.Alice, "unsaid", nil)
		wantIndexSound(t, h)
		stale := *h // a program that has not learned of the index
		stale.Service = scanning
		wantFound(t, &stale, h.Alice, "word", nil, "word with", "word edited", "word before")

		h = withIndex(h, false)
		if diff := cmp.Diff(bare, databaseTables(h)); diff != "" || searchIndex(h) != "" {
			t.Errorf("the index %q left something: %s", searchIndex(h), diff)
		}
		h.Send(h.Bob, room.ID, "word without")
		wantFound(t, h, h.Alice, "word", nil, "word without", "word with", "word edited", "word before")

		h = withIndex(h, true)
		wantFound(t, h, h.Alice, "word", &room.ID, "word without", "word with", "word edited", "word before")
		wantIndexSound(t, h)
	})
}

// databaseTables are the names of all that is in the database.
func databaseTables(h *chatsuite.Host) (names []string) {
	h.T.Helper()
	query := "SELECT type || ' ' || name FROM sqlite_master ORDER BY 1"
	if h.Postgres {
		query = `SELECT relkind::text || ' ' || relname AS name FROM pg_class WHERE relnamespace = 'public'::regnamespace
			UNION ALL SELECT 'function ' || proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace ORDER BY 1`
	}
	chatsuite.NoError(h.T, h.DB.Raw(query).Scan(&names).Error)
	return names
}

func TestTheIndexIsMadeBySixAtOnce(t *testing.T) {
	chatsuite.RunOn(t, []chatsuite.Variant{chatsuite.SQLiteFile, chatsuite.Postgres}, func(t *testing.T, h *chatsuite.Host) {
		room := h.NewGroup(h.Bob)
		h.Send(h.Bob, room.ID, "word")
		for _, configs := range [][]bool{{true}, {false}, {true, false}, {true}} {
			errs := make(chan error)
			for i := range 6 {
				go func() {
					config := h.Config
					config.MessageSearch = configs[i%len(configs)]
					errs <- chat.Migrate(h.Ctx, h.DB, config)
				}()
			}
			for range 6 {
				chatsuite.NoError(t, <-errs)
			}
		}
		h = withIndex(h, true)
		h.Send(h.Bob, room.ID, "another word")
		wantFound(t, h, h.Alice, "word", nil, "another word", "word")
		wantIndexSound(t, h)
	})
}

// insertTexts writes messages into a room past the service, as a host's import does.
func insertTexts(h *chatsuite.Host, room uuid.UUID, texts []string) {
	h.T.Helper()
	messages := make([]chat.Message, len(texts))
	for i, text := range texts {
		messages[i] = chat.Message{
			ID: uuid.Must(uuid.NewV7()), RoomID: room, Number: int64(i + 1), AuthorKind: chat.AuthorKindSystem, Text: text, CreatedAt: h.Clock.Now(),
		}
	}
	chatsuite.NoError(h.T, h.DB.CreateInBatches(messages, 500).Error)
	chatsuite.NoError(h.T, h.DB.Exec("UPDATE chat_rooms SET last_number = ? WHERE id = ?", len(texts), room).Error)
}

// Without an index a call stops somewhere, and the next one goes on.
func TestAScanReachesTheOldestMessage(t *testing.T) {
	chatsuite.Run(t, func(t *testing.T, h *chatsuite.Host) {
		room := h.NewGroup(h.Bob)
		texts := slices.Repeat([]string{"noise"}, chat.SearchScanRows+5)
		texts[0], texts[1], texts[len(texts)-1] = "the first word", "the second word", "the last word"
		insertTexts(h, room.ID, texts)
		for _, only := range []*uuid.UUID{nil, &room.ID} {
			in := chat.MessageSearchQuery{Query: "word", RoomID: only}
			page := chatsuite.Must(h.SearchMessages(h.Ctx, h.Bob, in))(t)
			if len(page.Items) != 1 || page.Items[0].Text != "the last word" || page.Next == "" {
				t.Errorf("the first page has %d items, next %q", len(page.Items), page.Next)
			}
			wantFound(t, h, h.Bob, "word", only, "the last word", "the second word", "the first word")
			wantFound(t, h, h.Bob, "the second", only, "the second word")
			wantFound(t, h, h.Bob, "nothing", only)
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
	if strings.Contains(query, "m AS MATERIALIZED") {
		r.query, r.args = query, args
	}
	return r.ConnPool.QueryContext(ctx, query, args...)
}

func TestPostgresAnswersFromItsIndex(t *testing.T) {
	t.Parallel()
	h := chatsuite.New(t, chatsuite.Postgres, indexed)
	room := h.NewGroup(h.Bob)
	texts := make([]string, chat.SearchScanRows+3000) // what is read first is not all
	for i := range texts {
		texts[i] = fmt.Sprintf("message number %d of many", i)
	}
	insertTexts(h, room.ID, texts)
	chatsuite.NoError(t, chat.Migrate(h.Ctx, h.DB, h.Config)) // which makes their words
	chatsuite.NoError(t, h.DB.Exec("ANALYZE").Error)
	recorder := &queryRecorder{ConnPool: h.DB.Statement.ConnPool}
	svc := chatsuite.Must(chat.New(chatsuite.Must(gorm.Open(postgres.New(postgres.Config{Conn: recorder})))(t), h.Config))(t)
	for _, actor := range []chat.Actor{h.Bob, chat.System} {
		for _, only := range []*uuid.UUID{nil, &room.ID} {
			if actor == chat.System && only == nil { // which reads the newest
				continue
			}
			recorder.query = ""
			page := chatsuite.Must(svc.SearchMessages(h.Ctx, actor, chat.MessageSearchQuery{Query: `"number 1234"`, RoomID: only}))(t)
			if len(page.Items) != 1 {
				t.Fatalf("%v, in one room %t: %d messages found, want 1, next %q", actor, only != nil, len(page.Items), page.Next)
			}
			plan := chatsuite.Must(recorder.explain(h.Ctx))(t)
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

// A search costs few statements, whatever there is to find: a page of what is common is read
// at once, and of what is rare the index is asked.
func TestASearchCostsFewStatements(t *testing.T) {
	overSearches(t, func(t *testing.T, h *chatsuite.Host) {
		first := h.NewGroup(h.Bob)
		h.Send(h.Bob, first.ID, "rare common")
		insertTexts(h, h.NewGroup(h.Bob).ID, slices.Repeat([]string{"common words"}, 1200))
		log := &chatsuite.StatementLog{Interface: logger.Discard}
		svc := chatsuite.Must(chat.New(h.DB.Session(&gorm.Session{Logger: log}), h.Config))(t)
		chatsuite.Must(svc.Unread(h.Ctx, h.Bob))(t) // the schema is checked once
		cost := func(in chat.MessageSearchQuery) (n int, next string) {
			log.Statements = nil
			next = chatsuite.Must(svc.SearchMessages(h.Ctx, h.Bob, in))(t).Next
			return len(log.Statements), next
		}
		const page = 6 // what a page shows of messages
		next := ""
		for i, test := range []struct {
			query string
			most  int
		}{{"common", 2 + page}, {"common", 3 + page}, {"absent", 5}, {"rare", 5 + page}} {
			in := chat.MessageSearchQuery{Query: test.query}
			if i == 1 { // the page after
				in.Cursor = next
			}
			n := 0
			if n, next = cost(in); n > test.most {
				t.Errorf("%s costs %d statements, more than %d: %q", test.query, n, test.most, log.Statements)
			}
		}
	})
}

// alphabets are what the corpus is made of: twenty scripts, and what is between letters.
var alphabets = []string{
	"abcdefgxyz", "ABCdefÀÉÎõüßÿŸçĀāŁłŽžǅ", "ABCабвгдеёжйЯЮЭЪїЇєЄ", "αβγδςσΣΩάήώΆΏϊΐ", "אבגדהשׁלום", "ابتثجعربيّةي", "हिन्दीमेंकखगक्ष",
	"中文字漢字東京大學", "カタカナタワーｶﾞｷ", "ひらがなばぱ", "한국어학교", "ภาษาไทยที่นี่", "ພາສາລາວນ້ຳ", "ភាសាខ្មែរ", "မြန်မာဘာသာ", "বাংলাড়য়", "தமிழ்மொழி", "తెలుగుభాష", "ગુજરાતી",
	"հայերենՀԱՅ", "ქართულიᲐა", "አማርኛቋንቋ", "བོད་ཡིག", "ᏣᎳᎩꮳꮃꭹ", "ሀለሐ", "e\u0301a\u0308o\u0302n\u0303", "0123456789٠١٢²½Ⅷ", "😀🤗🫠🧑🏽‍💻❤️🇩🇪🇫1️⃣",
	"ßﬀﬁﬂŉǰİıſK™", "\u200b\u200c\u200d\u00ad\ufeff\u2060\ue000\U000f0000", "..,,--__''\"\"@@//::;;!!??##%%&&**", "\U00010400\U00010428𝒜𝐀",
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
	chatsuite.RunOn(t, []chatsuite.Variant{chatsuite.SQLite, chatsuite.Postgres}, func(t *testing.T, h *chatsuite.Host) {
		r := rand.New(rand.NewPCG(1, 2))
		size, queries := 400, 600
		if chatsuite.Long() {
			size, queries = 2_000, 5_000
		}
		texts := make([]string, size)
		for i := range texts {
			texts[i] = randomText(r)
		}
		texts[7] = strings.Repeat("Ы", 3000) + " " + strings.Repeat("x", 9000)
		room := h.NewGroup(h.Bob)
		insertTexts(h, room.ID, texts)
		wantFound(t, h, h.Bob, "x", &room.ID, found(h, h.Bob, "X", &room.ID)...)
		indexedHost := withIndex(h, true)
		matches := 0
		for range queries {
			query := randomQuery(r, texts[r.IntN(size)])
			_, err := h.SearchMessages(h.Ctx, h.Bob, chat.MessageSearchQuery{Query: query})
			if errors.Is(err, chat.ErrTooLarge) || errors.Is(err, chat.ErrInvalid) {
				continue
			}
			chatsuite.NoError(t, err)
			want := found(h, h.Bob, query, nil)
			matches += len(want)
			wantFound(t, indexedHost, h.Bob, query, nil, want...)
		}
		if matches < queries/2 {
			t.Errorf("only %d messages were found by %d queries", matches, queries)
		}
	})
}

// randomQuery is a part of a text, or some of its words, perhaps as a phrase.
func randomQuery(r *rand.Rand, text string) string {
	points := []rune(text)
	from := r.IntN(len(points))
	query := string(points[from:min(len(points), from+1+r.IntN(6))])
	if has := words.Split(text); len(has) > 0 && r.IntN(3) > 0 {
		query = has[r.IntN(len(has))].Text
		if r.IntN(3) == 0 {
			query += " " + has[r.IntN(len(has))].Text
		}
	}
	switch r.IntN(6) {
	case 0:
		query = strings.ToUpper(query)
	case 1:
		query = `"` + query + `"`
	}
	return query
}

// Some drivers of SQLite have FTS5 alone. (Run with -tags sqlite_fts5.)
func TestFTS5AnswersAlike(t *testing.T) {
	t.Parallel()
	h := chatsuite.New(t, chatsuite.SQLiteFile)
	room := h.NewGroup(h.Bob)
	h.Send(h.Bob, room.ID, "Word before")
	edited, deleted := h.Send(h.Bob, room.ID, "unsaid"), h.Send(h.Bob, room.ID, "word deleted")
	script := chatsuite.Must(schema.MakeSearch(schema.SearchFTS5))(t)
	if err := h.DB.Exec(schema.DropSearch("sqlite") + script).Error; err != nil {
		if strings.Contains(err.Error(), "no such module") {
			t.Skip("this build of SQLite has no FTS5")
		}
		t.Fatal(err)
	}
	h.Config.MessageSearch = true
	h.Service = chatsuite.Must(chat.New(h.DB, h.Config))(t)
	text := "WORD edited🤗friend don't हिन्दी"
	chatsuite.Must(h.EditMessage(h.Ctx, h.Bob, edited.ID, chat.MessagePatch{Text: &text}))(t)
	chatsuite.NoError(t, h.DeleteMessage(h.Ctx, h.Bob, deleted.ID))
	gone := h.NewGroup(h.Bob)
	h.Send(h.Bob, gone.ID, "word gone")
	chatsuite.NoError(t, h.DeleteRoom(h.Ctx, h.Alice, gone.ID))
	h.Clock.Advance(time.Hour)
	chatsuite.Must(h.PurgeRooms(h.Ctx, time.Minute))(t)
	chatsuite.NoError(t, h.DB.Exec("VACUUM").Error)
	for _, only := range []*uuid.UUID{nil, &room.ID} {
		wantFound(t, h, h.Alice, "word", only, text, "Word before")
		wantFound(t, h, h.Alice, "friend don't हिन्दी edited", only, text)
		wantFound(t, h, h.Alice, "ह", only)
		wantFound(t, h, h.Alice, "unsaid", only)
		wantFound(t, h, h.Alice, "NOT word NEAR", only)
	}
	wantFound(t, h, chat.System, "word", nil, text, "Word before")
	wantIndexSound(t, h)
	h = withIndex(h, false)
	wantFound(t, h, h.Alice, "word", nil, text, "Word before")
}
