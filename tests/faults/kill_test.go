package faults_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"testing"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/logger"

	"github.com/go-df/chat"
	"github.com/go-df/chat/internal/chatsuite"
	"github.com/go-df/chat/internal/dbtest"
)

// writerVariable tells this binary to be a process that writes, and how.
const writerVariable = "CHAT_FAULTS_WRITER"

// writerSettings are for one writing process.
type writerSettings struct {
	scene
	Postgres       bool
	DSN, Media     string
	First, Clients int
}

// writerMain has clients work until its input ends, or until it is killed. It prints a
// line when they have begun.
func writerMain(settings string) int {
	if err := write(settings); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

func write(settings string) error {
	var s writerSettings
	if err := json.Unmarshal([]byte(settings), &s); err != nil {
		return err
	}
	v := chatsuite.SQLiteFile
	if s.Postgres {
		v = chatsuite.Postgres
	}
	db, err := gorm.Open(v.Dialector(s.DSN), &gorm.Config{Logger: logger.Discard})
	if err != nil {
		return err
	}
	svc, err := chat.New(db, siteConfig(v, s.Media))
	if err != nil {
		return err
	}
	w, err := startWorkload(svc, v, s.scene, s.First, s.Clients)
	if err != nil {
		return err
	}
	fmt.Println("working")
	_, _ = io.Copy(io.Discard, os.Stdin)
	if err := w.end(); err != nil {
		return err
	}
	return svc.Close()
}

// writer is a writing process.
type writer struct {
	command *exec.Cmd
	input   io.Closer
}

func (s *site) startWriter(t *testing.T, first, clients int) *writer {
	t.Helper()
	settings := chatsuite.Must(json.Marshal(writerSettings{s.scene, s.Postgres, s.dsn, s.media, first, clients}))(t)
	w := &writer{command: exec.CommandContext(t.Context(), os.Args[0])}
	w.command.Env = append(os.Environ(), writerVariable+"="+string(settings))
	w.command.Stderr = os.Stderr
	out := chatsuite.Must(w.command.StdoutPipe())(t)
	w.input = chatsuite.Must(w.command.StdinPipe())(t)
	chatsuite.NoError(t, w.command.Start())
	if line, err := bufio.NewReader(out).ReadString('\n'); err != nil {
		t.Fatalf("the writer says %q: %v", line, err)
	}
	return w
}

// kill ends the process as kill -9 does.
func (w *writer) kill(t *testing.T) {
	t.Helper()
	chatsuite.NoError(t, w.command.Process.Kill())
	_ = w.command.Wait()
}

// finish lets the clients finish what they do.
func (w *writer) finish(t *testing.T) {
	t.Helper()
	chatsuite.NoError(t, w.input.Close())
	chatsuite.NoError(t, w.command.Wait())
}

// Two processes write to one database, and one of them is killed and started again, over
// and over. Each client goes on with the message that it has no answer to.
func TestKilledProcesses(t *testing.T) {
	t.Parallel()
	for _, v := range []chatsuite.Variant{chatsuite.SQLiteFile, chatsuite.Postgres} {
		t.Run(v.Dialect(), func(t *testing.T) {
			t.Parallel()
			const clients = 8 // of a process
			s := newSite(t, v, newDSN(t, v), 2*clients)
			writers := []*writer{s.startWriter(t, 1, clients), s.startWriter(t, 1+clients, clients)}
			kills := rounds(4, 120)
			for n := range kills {
				time.Sleep(20*time.Millisecond + rand.N(300*time.Millisecond))
				i := n % len(writers)
				writers[i].kill(t)
				writers[i] = s.startWriter(t, 1+i*clients, clients)
				if n%40 == 39 { // beside the other, which is at work
					t.Logf("%d kills, %d messages", n+1, s.messages(t))
				}
			}
			time.Sleep(100 * time.Millisecond)
			for _, w := range writers {
				w.finish(t)
			}
			t.Logf("%d kills, %d messages acknowledged", kills, s.wantWhole(t))
		})
	}
}

// A server of PostgreSQL is stopped at once and started again, over and over, while
// clients work: they go on with the same service.
func TestStoppedServer(t *testing.T) {
	t.Parallel()
	server := dbtest.NewServer(t)
	v := chatsuite.Postgres
	const clients = 16
	s := newSite(t, v, server.DSN(t, v.Template(siteConfig(v, ""))), clients)
	w := chatsuite.Must(startWorkload(s.svc, v, s.scene, 1, clients))(t)
	stops := rounds(2, 12)
	for range stops {
		before := s.messages(t)
		time.Sleep(200*time.Millisecond + rand.N(300*time.Millisecond))
		server.Crash(t)
		s.awaitMessages(t, before)
	}
	chatsuite.NoError(t, w.end())
	t.Logf("%d stops, %d calls failed, %d messages acknowledged", stops, w.errors.Load(), s.wantWhole(t))
}

// awaitMessages returns when there are more messages than before.
func (s *site) awaitMessages(t *testing.T, before int64) {
	t.Helper()
	for end := time.Now().Add(chatsuite.Timeout); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		var n int64
		if err := s.db.Table("chat_messages").Count(&n).Error; err == nil && n > before {
			return
		}
	}
	t.Fatal("nothing is sent any more")
}

// hasMessages reports whether there is a message. Its own connection may be ended too.
func (s *site) hasMessages() bool {
	var n int64
	return s.db.Table("chat_messages").Count(&n).Error == nil && n > 0
}

// Connections of clients at work are ended by the server, a few every few milliseconds.
func TestTerminatedConnections(t *testing.T) {
	t.Parallel()
	v := chatsuite.Postgres
	const clients = 16
	s := newSite(t, v, newDSN(t, v), clients)
	admin := dbtest.Open(t, v.Dialector(s.dsn), gorm.Config{})
	w := chatsuite.Must(startWorkload(s.svc, v, s.scene, 1, clients))(t)
	var terminated int64
	began := time.Now()
	for atLeast := span(2*time.Second, 30*time.Second); time.Since(began) < atLeast || !s.hasMessages(); time.Sleep(40 * time.Millisecond) {
		if time.Since(began) > atLeast+chatsuite.Timeout {
			t.Fatal("nothing is sent any more")
		}
		var n int64
		chatsuite.NoError(t, admin.Raw(`SELECT count(pg_terminate_backend(pid)) FROM (SELECT pid FROM pg_stat_activity
			WHERE datname = current_database() AND pid <> pg_backend_pid() AND query LIKE '%chat_%' ORDER BY random() LIMIT 1) AS picked`).Scan(&n).Error)
		terminated += n
	}
	chatsuite.NoError(t, w.end())
	t.Logf("%d connections ended, %d calls failed, %d messages acknowledged", terminated, w.errors.Load(), s.wantWhole(t))
}
