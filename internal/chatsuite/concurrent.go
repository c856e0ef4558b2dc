package chatsuite

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"gorm.io/gorm"

	"github.com/go-df/chat"
)

// Long reports whether the long forms of tests are wanted: make test-long.
func Long() bool { return os.Getenv("CHAT_TEST_LONG") != "" }

// Iterations is how often to repeat: the full count in the long form.
func Iterations(short, full int) int {
	if Long() {
		return full
	}
	return short
}

// Timeout ends a test that hangs; it decides nothing else.
const Timeout = 30 * time.Second

// maxGoroutines is more than any pool has connections.
const maxGoroutines = 64

// turns is how many calls of ParallelN run at once. With more, on a slow machine, locks
// are held for longer than the service waits for them.
var turns = make(chan struct{}, runtime.GOMAXPROCS(0))

// ParallelN calls fn for 0 to n-1 from up to 64 goroutines that begin together. An
// error or a panic fails the test.
func ParallelN(t testing.TB, n int, fn func(i int) error) {
	t.Helper()
	turns <- struct{}{}
	defer func() { <-turns }()
	var next atomic.Int64
	var done sync.WaitGroup
	begin := make(chan struct{})
	for range min(n, maxGoroutines) {
		done.Go(func() {
			<-begin
			for i := int(next.Add(1)) - 1; i < n && !t.Failed(); i = int(next.Add(1)) - 1 {
				if err := Patiently(func() error { return fn(i) }); err != nil {
					t.Errorf("call %d: %v", i, err)
				}
			}
		})
	}
	close(begin)
	done.Wait()
	if t.Failed() {
		t.FailNow()
	}
}

// ParallelPatiently is Parallel of calls that are made Patiently.
func ParallelPatiently(fns ...func() error) []error {
	patient := make([]func() error, len(fns))
	for i, fn := range fns {
		patient[i] = func() error { return Patiently(fn) }
	}
	return Parallel(patient...)
}

// Patiently calls fn, and calls it again when it has waited for a lock until the service's limit:
// on a machine that is busy enough anything may. What fails sooner is returned at once.
func Patiently(fn func() error) error {
	for {
		began := time.Now()
		err := Recover(fn)
		if !chat.IsRetryable(err) || time.Since(began) < 4*time.Second {
			return err
		}
	}
}

// Parallel runs all of fns at once and returns their errors.
func Parallel(fns ...func() error) []error {
	errs := make([]error, len(fns))
	var done sync.WaitGroup
	begin := make(chan struct{})
	for i, fn := range fns {
		done.Go(func() {
			<-begin
			errs[i] = Recover(fn)
		})
	}
	close(begin)
	done.Wait()
	return errs
}

// Recover turns a panic into an error, so that it fails one test only.
func Recover(fn func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v", p)
		}
	}()
	return fn()
}

// HoldTx runs held in a transaction of the host's, then work in another goroutine,
// and ends the transaction when work is done. It fails when work does not end before
// the transaction does, as when it waits for a lock that held took.
func (h *Host) HoldTx(held func(tx *gorm.DB, s *chat.Service) error, work func() error) error {
	worked := make(chan error, 1)
	return h.InTx(h.Ctx, func(tx *gorm.DB, s *chat.Service) error {
		if err := held(tx, s); err != nil {
			return err
		}
		go func() { worked <- Recover(work) }()
		select {
		case err := <-worked:
			return err
		case <-time.After(Timeout):
			return errors.New("the others wait for a room that is not theirs")
		}
	})
}
