package bench_test

import (
	"runtime"
	"sync/atomic"
	"testing"

	"gorm.io/driver/postgres"
	"gorm.io/driver/sqlite"
	"gorm.io/gorm"

	"github.com/go-df/chat"
	"github.com/go-df/chat/internal/dbtest"
)

// smallPlan is enough for a benchmark of allocations.
var smallPlan = plan{small: 2_500, rooms: 1000}

// onEach runs a benchmark on both databases, neither of which waits for the disk.
func onEach(b *testing.B, run func(b *testing.B, h *host)) {
	start := func(b *testing.B, dialector gorm.Dialector) *host {
		h := &host{t: b, ctx: b.Context(), messages: smallPlan.small}
		h.db = dbtest.Open(b, dialector, gorm.Config{})
		return h.serve(false)
	}
	b.Run("sqlite", func(b *testing.B) {
		run(b, start(b, sqlite.Open(dbtest.SQLiteDSN(dbtest.SQLitePath(b, template(smallPlan))))))
	})
	b.Run("postgres", func(b *testing.B) {
		run(b, start(b, postgres.Open(dbtest.PostgresDSN(b, template(smallPlan)))))
	})
}

// BenchmarkSend is one sender, each of whose messages is a group of its own.
func BenchmarkSend(b *testing.B) {
	onEach(b, func(b *testing.B, h *host) {
		b.ReportAllocs()
		for b.Loop() {
			if err := h.send(0, 0); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// BenchmarkSendOf64 is a message of one of 64 senders.
func BenchmarkSendOf64(b *testing.B) {
	for name, rooms := range map[string]int64{"one_room": 1, "many_rooms": busyRooms} {
		b.Run(name, func(b *testing.B) {
			onEach(b, func(b *testing.B, h *host) {
				b.ReportAllocs()
				b.SetParallelism(max(1, senders/runtime.GOMAXPROCS(0)))
				var turn atomic.Int64
				b.RunParallel(func(pb *testing.PB) {
					for pb.Next() {
						n := turn.Add(1)
						if err := h.send(int(n%senders), int(n%rooms)); err != nil {
							b.Error(err)
							return
						}
					}
				})
			})
		})
	}
}

// BenchmarkHistory is a row of pages of 100.
func BenchmarkHistory(b *testing.B) {
	const page = 100
	onEach(b, func(b *testing.B, h *host) {
		read := func() {
			list, err := h.Messages(h.ctx, reader, room(0), chat.HistoryQuery{Limit: page})
			if err != nil || len(list.Items) != page {
				b.Fatalf("%d messages, %v", len(list.Items), err)
			}
		}
		read()
		found := allocationsOf(page, read)
		for b.Loop() {
			read()
		}
		b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*page), "ns/row")
		b.ReportMetric(found.count, "allocs/row")
		b.ReportMetric(found.bytes, "B/row")
	})
}
