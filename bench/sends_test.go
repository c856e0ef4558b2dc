package bench_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"gorm.io/gorm"

	"github.com/go-df/chat"
	"github.com/go-df/chat/internal/dbtest"
)

// timing is how often a second something was done, and how long it took.
type timing struct {
	rate     float64
	p50, p99 time.Duration
}

func timingOf(took []time.Duration, elapsed time.Duration) timing {
	slices.Sort(took)
	at := func(share float64) time.Duration {
		if len(took) == 0 {
			return 0
		}
		return took[int(share*float64(len(took)-1))]
	}
	return timing{rate: float64(len(took)) / elapsed.Seconds(), p50: at(0.5), p99: at(0.99)}
}

// median is the timing of the round with the median rate.
func median(rounds []timing) timing {
	slices.SortFunc(rounds, func(a, b timing) int { return int(a.rate - b.rate) })
	return rounds[len(rounds)/2]
}

// together has n callers do something again and again for a while.
func together(n int, d time.Duration, do func(caller, times int) error) (timing, error) {
	took := make([][]time.Duration, n)
	errs := make([]error, n)
	var wg sync.WaitGroup
	began := time.Now()
	for i := range n {
		wg.Go(func() {
			for times := 0; ; times++ {
				from := time.Now()
				if from.Sub(began) > d {
					return
				}
				if err := do(i, times); err != nil {
					errs[i] = err
					return
				}
				took[i] = append(took[i], time.Since(from))
			}
		})
	}
	wg.Wait()
	return timingOf(slices.Concat(took...), time.Since(began)), errors.Join(errs...)
}

// sent is what was measured for a number of senders and of rooms.
type sent struct {
	senders, rooms           int
	floor, grouped, separate timing
}

var senderCounts = []int{1, 8, senders}

// newText is as long as the text of the messages that are there.
func newText() string {
	return fmt.Sprintf("Shall we meet a%d or b%d at noon? Say c%d to the others", rand.N(10), rand.N(1000), rand.N(100000))
}

// sends measures sending to one room and to many beside bare inserts.
func (h *host) sends(p plan, bare func(senders int) timing) (all []sent) {
	h.t.Helper()
	for _, rooms := range []int{1, busyRooms} {
		for _, senders := range senderCounts {
			var floor, grouped, separate []timing
			for range p.rounds {
				floor = append(floor, bare(senders))
				grouped = append(grouped, h.sending(p, senders, rooms, h.send))
				separate = append(separate, h.sending(p, senders, rooms, h.sendAlone))
			}
			all = append(all, sent{senders, rooms, median(floor), median(grouped), median(separate)})
		}
	}
	return all
}

// sending measures one way to send.
func (h *host) sending(p plan, senders, rooms int, send func(caller, to int) error) timing {
	h.t.Helper()
	found, err := together(senders, p.round, func(caller, _ int) error { return send(caller, rand.N(rooms)) })
	if err != nil {
		h.t.Fatalf("%d senders to %d rooms: %v", senders, rooms, err)
	}
	return found
}

func (h *host) send(caller, to int) error {
	_, err := h.SendMessage(h.ctx, sender(caller), room(to), chat.NewMessage{Text: newText()})
	return err
}

// sendAlone commits the message in a transaction of its own.
func (h *host) sendAlone(caller, to int) error {
	for {
		err := h.InTx(h.ctx, func(_ *gorm.DB, s *chat.Service) error {
			_, err := s.SendMessage(h.ctx, sender(caller), room(to), chat.NewMessage{Text: newText()})
			return err
		})
		if !chat.IsRetryable(err) {
			return err
		}
	}
}

// The floor: one row with the text of a message.
const (
	bareTable  = "CREATE TABLE bare (id %s, room_id %s NOT NULL, user_id bigint NOT NULL, text text NOT NULL)"
	bareInsert = "INSERT INTO bare (room_id, user_id, text) VALUES (%s)"
)

// bareSQLite inserts through database/sql over one connection, with a statement
// prepared once.
func (h *host) bareSQLite(p plan) func(senders int) timing {
	h.t.Helper()
	h.exec("DROP TABLE IF EXISTS bare", fmt.Sprintf(bareTable, "integer PRIMARY KEY", "text"))
	pool := openPool(h.t, h.dsn, 1)
	insert, err := pool.PrepareContext(h.ctx, fmt.Sprintf(bareInsert, "?, ?, ?"))
	if err != nil {
		h.t.Fatal(err)
	}
	h.t.Cleanup(func() { _ = insert.Close() })
	return func(senders int) timing {
		found, err := together(senders, p.round, func(caller, _ int) error {
			_, err := insert.ExecContext(h.ctx, room(caller).String(), caller, newText())
			return err
		})
		if err != nil {
			h.t.Fatal(err)
		}
		return found
	}
}

// barePostgres runs pgbench, whose clients are written in C.
func (h *host) barePostgres(p plan) func(senders int) timing {
	h.t.Helper()
	h.exec("DROP TABLE IF EXISTS bare", fmt.Sprintf(bareTable, "bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY", "uuid"))
	pgbench := filepath.Join(filepath.Dir(dbtest.PsqlPath(h.t)), "pgbench")
	folder := h.t.TempDir()
	script := filepath.Join(folder, "insert.sql")
	values := "'" + room(1).String() + "', 2, '" + newText() + "'"
	if err := os.WriteFile(script, []byte(fmt.Sprintf(bareInsert, values)+";\n"), 0o600); err != nil {
		h.t.Fatal(err)
	}
	seconds := max(1, int(p.round.Seconds()+0.5))
	return func(senders int) timing {
		logs := filepath.Join(folder, "log")
		ctx, cancel := context.WithTimeout(h.ctx, time.Minute)
		defer cancel()
		out, err := exec.CommandContext(ctx, pgbench, "--no-vacuum", "--protocol=prepared", "--client="+strconv.Itoa(senders),
			"--jobs="+strconv.Itoa(min(senders, runtime.NumCPU())), "--time="+strconv.Itoa(seconds), "--file="+script,
			"--log", "--log-prefix="+logs, h.dsn).CombinedOutput()
		if err != nil {
			h.t.Fatalf("pgbench: %v\n%s", err, out)
		}
		return pgbenchTiming(h.t, logs)
	}
}

// pgbenchTiming reads and removes pgbench's logs of transactions: client, number,
// microseconds, script, second and microsecond of the end.
func pgbenchTiming(t testing.TB, prefix string) timing {
	t.Helper()
	files, err := filepath.Glob(prefix + ".*")
	if err != nil {
		t.Fatal(err)
	}
	var took []time.Duration
	var first, last time.Duration
	for _, name := range files {
		file, err := os.Open(name)
		if err != nil {
			t.Fatal(err)
		}
		for lines := bufio.NewScanner(file); lines.Scan(); {
			var number [6]int64
			for i, field := range strings.Fields(lines.Text()) {
				if number[i], err = strconv.ParseInt(field, 10, 64); err != nil {
					t.Fatal(err)
				}
			}
			lasted := time.Duration(number[2]) * time.Microsecond
			end := time.Duration(number[4])*time.Second + time.Duration(number[5])*time.Microsecond
			took = append(took, lasted)
			if start := end - lasted; first == 0 || start < first {
				first = start
			}
			last = max(last, end)
		}
		_ = file.Close()
		_ = os.Remove(name)
	}
	return timingOf(took, last-first)
}
