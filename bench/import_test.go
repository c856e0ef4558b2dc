package bench_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/go-df/chat"
)

const (
	importCount = 20_000 // messages of one import
	importGoal  = 20_000 // messages a second
)

// importMessages imports messages with client ids, of which a tenth are replies and a twentieth
// have two reactions, into a room with messages and members. Each run has a name of its own.
func (h *host) importMessages(run string) error {
	at := time.Unix(since, 0)
	n, err := h.ImportMessages(h.ctx, room(1), func(yield func(chat.ImportedMessage, error) bool) {
		for i := range importCount {
			m := chat.ImportedMessage{UserID: sender(i), ClientID: fmt.Sprint(run, "/", i), CreatedAt: at.Add(time.Duration(i) * time.Second),
				Text: fmt.Sprint("Shall we meet at noon? Say so to the others, number ", i)}
			if i%10 == 9 {
				m.ReplyTo = fmt.Sprint(run, "/", i-3)
			}
			if i%20 == 0 {
				m.Reactions = []chat.ImportedReaction{{UserID: sender(i + 1), Reaction: "👍"}, {UserID: sender(i + 2), Reaction: "🎉"}}
			}
			if !yield(m, nil) {
				return
			}
		}
	})
	if err == nil && n != importCount {
		err = fmt.Errorf("%d messages were imported", n)
	}
	return err
}

// importing is the median rate of imports, in messages a second.
func (h *host) importing() float64 {
	h.t.Helper()
	var rates []float64
	for i := range 3 {
		began := time.Now()
		if err := h.importMessages(fmt.Sprint("report ", i)); err != nil {
			h.t.Fatal(err)
		}
		rates = append(rates, importCount/time.Since(began).Seconds())
	}
	slices.Sort(rates)
	return rates[len(rates)/2]
}

// BenchmarkImport is an import of 20,000 messages; messages/s is the goal of the design.
func BenchmarkImport(b *testing.B) {
	onEach(b, func(b *testing.B, h *host) {
		run := 0
		for b.Loop() {
			run++
			if err := h.importMessages(fmt.Sprint(run)); err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric(float64(b.N)*importCount/b.Elapsed().Seconds(), "messages/s")
	})
}
