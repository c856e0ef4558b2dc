package bench_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/go-df/chat"
)

// BenchmarkImport is 20,000 messages with client ids, of which a tenth are replies and a
// twentieth have two reactions, into a room with messages and members. messages/s is the goal
// of the design.
func BenchmarkImport(b *testing.B) {
	const count = 20_000
	onEach(b, func(b *testing.B, h *host) {
		run := 0
		for b.Loop() {
			run++
			at := time.Unix(since, 0)
			n, err := h.ImportMessages(h.ctx, room(1), func(yield func(chat.ImportedMessage, error) bool) {
				for i := range count {
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
			if err != nil || n != count {
				b.Fatal(n, err)
			}
		}
		b.ReportMetric(float64(b.N)*count/b.Elapsed().Seconds(), "messages/s")
	})
}
