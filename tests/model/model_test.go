// Package model_test runs random sequences of operations against the service and against
// a model of it in memory, and compares every result, every list and every row.
package model_test

import (
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"pgregory.net/rapid"

	"github.com/go-df/chat"
	"github.com/go-df/chat/internal/chatsuite"
	"github.com/go-df/chat/internal/dbtest"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

// How much the model does: operations over both databases and both kinds of
// reactions together, and operations before it starts afresh.
const (
	modelOperations, modelOperationsLong = 20_000, 1_000_000
	modelSteps, modelStepsLong           = 200, 500
	modelStepsPerComparison              = 20 // of everything that is stored
)

// TestRandomOperationsOfRandomUsersDoWhatTheModelDoes draws operations and runs
// each on an oracle in memory and on both databases. Answers, refusals and, now and
// then, everything that is stored must agree. rapid makes a failing sequence
// smaller, prints it, and says how to run it again.
func TestRandomOperationsOfRandomUsersDoWhatTheModelDoes(t *testing.T) {
	t.Parallel()
	variants := []chatsuite.Variant{chatsuite.SQLite}
	t.Run("with PostgreSQL", func(t *testing.T) { // skipped by itself where there is none
		dbtest.PostgresDSN(t, dbtest.Template{})
		variants = append(variants, chatsuite.Postgres)
	})
	operations, steps := modelOperations, modelSteps
	if chatsuite.Long() {
		operations, steps = modelOperationsLong, modelStepsLong
	}
	everybody := []modelRules{emojiRules(), likeRules()}
	for _, rules := range everybody {
		t.Run(rules.name, func(t *testing.T) {
			t.Parallel()
			m := &model{rules: rules, steps: steps, wanted: operations / len(everybody) / len(variants)}
			for _, v := range variants {
				m.subjects = append(m.subjects, m.subject(t, v))
			}
			for m.done < m.wanted { // rapid.Check ends after 100 sequences
				rapid.Check(t, m.check)
			}
			t.Logf("%d operations on each of %d databases", m.done, len(m.subjects))
		})
	}
}

// modelRules are what a host may choose about reactions.
type modelRules struct {
	name      string
	policy    chat.ReactionPolicy
	exclusive bool
	spelling  map[string]string // of what is allowed
	kinds     int               // different ones a message
	own       int               // different ones of one user a message
}

func emojiRules() modelRules {
	return modelRules{"emoji", chat.EmojiReactions, false, map[string]string{
		"👍": "👍", "❤": "❤️", "❤️": "❤️", "👩‍🚀": "👩‍🚀", "🇩🇪": "🇩🇪",
	}, 3, 2}
}

// likeRules leave room for one kind alone, so that a replacement is often refused
// and must not have taken the first away.
func likeRules() modelRules {
	return modelRules{"likes", chat.LikeDislike, true, map[string]string{"like": "like", "dislike": "dislike"}, 1, 1}
}

// receiptMembers is of how many members a room may be whose members see how far the others have read.
const receiptMembers = 3

// limits are so low that they are met.
func (r modelRules) limits() chat.Limits {
	return chat.Limits{
		TextCharacters: 30, TextBytes: 60, Name: 20, Description: 30, MetadataBytes: 40, MediaPerMessage: 2,
		UploadBytes: 2000, ReactionBytes: 30, ReactionsPerMessage: r.kinds, ReactionsPerUser: r.own, Reason: 10, GroupMembers: 5, ReceiptMembers: receiptMembers, UsersPerCall: 6,
		PageSize: 4, PageMax: 7,
	}
}

// model runs sequences of commands on an oracle and on databases.
type model struct {
	rules    modelRules
	subjects []*subject
	steps    int
	clock    atomic.Int64 // microseconds since 1970; subscriptions read it too

	done, wanted int // operations on each database
	failures     int
	looking      view // at what is being compared
	narrowed     view // to what failed, so that a smaller sequence is found sooner
}

// view is how much is compared.
type view int

const (
	everything view = iota
	tablesToo
	toldToo
	answers
)

func (m *model) subject(t *testing.T, v chatsuite.Variant) *subject {
	return &subject{Host: chatsuite.New(t, v, func(config *chat.Config) {
		config.Clock = func() time.Time { return time.UnixMicro(m.clock.Load()).UTC() }
		config.Reactions = m.rules.policy
		config.Limits = m.rules.limits()
		config.MessageSearch = m.rules.exclusive // in some runs
	})}
}

func (m *model) oracle() *oracle {
	return &oracle{limits: m.rules.limits(), reactions: m.rules.spelling, exclusive: m.rules.exclusive, content: map[uuid.UUID]string{}}
}

// enough: a sequence that failed is run again to its end, however much was done.
func (m *model) enough() bool { return m.done >= m.wanted && m.failures == 0 }

// check is one sequence from an empty chat.
func (m *model) check(t *rapid.T) {
	if m.enough() {
		return
	}
	o := m.oracle()
	m.looking = answers
	m.clock.Store(chatsuite.NewClock().Now().UnixMicro()) // so that a sequence run again fails with the same words
	for _, s := range m.subjects {
		m.must(t, s, s.reset())
	}
	salt := rapid.Uint64().Draw(t, "salt")
	next, random := commands(o, salt), rand.New(rand.NewPCG(salt, 1))
	defer m.unfollow()
	m.follow(t)
	for step := 1; step <= m.steps && !m.enough(); step++ {
		o.now = time.UnixMicro(m.clock.Add(1000)).UTC()
		c := next.Draw(t, "operation")
		m.run(t, o, c)
		m.letFollow(t, random, c)
		m.done++
		if random.IntN(modelStepsPerComparison) == 0 {
			m.compareFollowers(t, o)
		}
		if m.comparisonDue(step) {
			m.compareEverything(t, o)
		}
	}
}

// comparisonDue: once a failure has happened and happened again, a comparison after
// each operation finds out which one was it.
func (m *model) comparisonDue(step int) bool {
	return step%modelStepsPerComparison == 0 || step == m.steps || m.enough() || m.failures > 1
}

// run has one command done by everybody, and compares the answers.
func (m *model) run(t *rapid.T, o *oracle, c command) {
	var all sync.WaitGroup
	got := make([]answer, len(m.subjects))
	for i, s := range m.subjects {
		all.Go(func() { got[i] = s.answer(c) })
	}
	all.Wait()
	if c.within == rolledBack { // the oracle never hears of it
		for i, s := range m.subjects {
			if got[i].unexpected() {
				m.fail(t, s, "%#v: %s", c, got[i].Refusal)
			}
		}
		return
	}
	result, err := c.on(o)
	want := answer{Result: result, Refusal: refusalOf(err)}
	for i, s := range m.subjects {
		got[i].Result = s.inModelIDs(got[i].Result, want.Result)
		if !agree(want, got[i]) {
			m.fail(t, s, "%#v answered otherwise (-want +got):\n%s", c, difference(want, got[i]))
		}
	}
}

// compareEverything compares all tables, and what each user's inbox shows.
func (m *model) compareEverything(t *rapid.T, o *oracle) {
	if m.looking = tablesToo; m.narrowed == everything || m.narrowed == tablesToo {
		m.compareTables(t, o)
	}
	m.compareFollowers(t, o)
	if m.looking = everything; m.narrowed == everything {
		for n := 1; n <= modelUsers; n++ {
			m.run(t, o, command{"Unread", []any{modelUser(n)}, ownTransaction})
			for _, hidden := range []bool{false, true} {
				query := chat.RoomsQuery{Hidden: hidden, Page: chat.Page{Limit: 100}}
				m.run(t, o, command{"RoomPages", []any{modelUser(n), query}, ownTransaction})
			}
		}
	}
	m.looking = answers
}

func (m *model) compareTables(t *rapid.T, o *oracle) {
	want := o.tables()
	for _, s := range m.subjects {
		got, err := s.tables()
		m.must(t, s, err)
		if !agree(want, got) {
			m.fail(t, s, "stored otherwise (-want +got):\n%s", difference(want, got))
		}
		if broken := got.broken(); len(broken) > 0 {
			m.fail(t, s, "broken: %q", broken)
		}
	}
}

// fail ends the sequence. From then on only what failed is looked at, and only on the
// database on which it did: that is quicker.
func (m *model) fail(t *rapid.T, s *subject, format string, args ...any) {
	m.failures++
	m.narrowed = m.looking
	m.subjects = []*subject{s}
	t.Fatalf(s.Variant.String()+": "+format, args...)
}

func (m *model) must(t *rapid.T, s *subject, err error) {
	if err != nil {
		m.fail(t, s, "%v", err)
	}
}
