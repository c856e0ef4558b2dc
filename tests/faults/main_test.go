// Package faults_test holds the library to what it promises when others hold locks,
// processes and servers are killed, networks go silent and disks are full: nobody waits
// for long, and nothing that was acknowledged is lost or doubled. docs/reliability.md
// says what each experiment does and what came of the last long run, make test-faults.
package faults_test

import (
	"flag"
	"fmt"
	"os"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/go-df/chat/internal/dbtest"
)

// long asks for the long form of the experiments.
var long = flag.Bool("faults.long", false, "kill, hold and cut for minutes rather than seconds")

// TestMain also is the process that gets killed, and looks for goroutines that were left
// behind.
func TestMain(m *testing.M) {
	if settings := os.Getenv(writerVariable); settings != "" {
		os.Exit(writerMain(settings))
	}
	flag.Parse()
	_ = flag.Set("test.parallel", "12") // they wait for locks, not for the processor
	code := dbtest.M{M: m}.Run()
	if code == 0 {
		if err := awaitNoGoroutines(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			code = 1
		}
	}
	os.Exit(code)
}

// awaitNoGoroutines waits for those of the driver, which tries for 15 seconds to tell a
// server of a call that was given up.
func awaitNoGoroutines() (err error) {
	for range 10 {
		if err = goleak.Find(); err == nil {
			return nil
		}
		time.Sleep(2 * time.Second)
	}
	return err
}

// rounds is how often to do something: the second number in the long form.
func rounds(short, full int) int {
	if *long {
		return full
	}
	return short
}

// span is how long to do something: the second duration in the long form.
func span(short, full time.Duration) time.Duration {
	if *long {
		return full
	}
	return short
}
