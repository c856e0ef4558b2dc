//go:build linux || darwin

package events_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/url"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"gorm.io/driver/postgres"
	"gorm.io/gorm"

	"github.com/go-df/chat"
	"github.com/go-df/chat/internal/chatsuite"
	"github.com/go-df/chat/internal/dbtest"
)

// hostOn is a host on a database that is there already.
func hostOn(t *testing.T, dsn string) *chatsuite.Host {
	t.Helper()
	return chatsuite.NewOn(t, chatsuite.Postgres, func(dbtest.Template) *gorm.DB {
		return dbtest.Open(t, postgres.Open(dsn), gorm.Config{})
	})
}

// template is the database of chatsuite.Postgres.
func template() dbtest.Template {
	return chatsuite.Postgres.Template(chat.Config{UserIDs: chat.Int64IDs, UsersTable: "users"})
}

func databaseOf(t *testing.T, dsn string) string {
	t.Helper()
	return strings.TrimPrefix(chatsuite.Must(url.Parse(dsn))(t).Path, "/")
}

// burn uses up transactions of a server.
func burn(t *testing.T, db *gorm.DB, n int) {
	t.Helper()
	chatsuite.NoError(t, db.Exec(fmt.Sprintf(
		"DO $$ BEGIN FOR i IN 1..%d LOOP PERFORM pg_current_xact_id(); COMMIT; END LOOP; END $$", n)).Error)
}

// detour is a way to a server that can be led to another, as a pooler or a virtual address
// does.
type detour struct {
	listener net.Listener
	mu       sync.Mutex
	to       string
	open     map[net.Conn]bool
}

func newDetour(t *testing.T, to string) *detour {
	t.Helper()
	d := &detour{listener: chatsuite.Must(net.Listen("tcp", "127.0.0.1:0"))(t), to: to, open: map[net.Conn]bool{}}
	go func() {
		for {
			client, err := d.listener.Accept()
			if err != nil {
				return
			}
			go d.carry(client)
		}
	}()
	t.Cleanup(func() {
		_ = d.listener.Close()
		d.lead("")
	})
	return d
}

func (d *detour) carry(client net.Conn) {
	defer func() { _ = client.Close() }()
	d.mu.Lock()
	to := d.to
	d.mu.Unlock()
	server, err := net.Dial("tcp", to)
	if err != nil {
		return
	}
	defer func() { _ = server.Close() }()
	d.mu.Lock()
	if d.to != to {
		d.mu.Unlock()
		return
	}
	d.open[client], d.open[server] = true, true
	d.mu.Unlock()
	ended := make(chan struct{}, 2)
	for _, pair := range [][2]net.Conn{{client, server}, {server, client}} {
		go func() {
			_, _ = io.Copy(pair[0], pair[1])
			ended <- struct{}{}
		}()
	}
	<-ended
	_ = client.Close()
	_ = server.Close()
	<-ended
	d.mu.Lock()
	delete(d.open, client)
	delete(d.open, server)
	d.mu.Unlock()
}

// lead breaks all connections, and leads new ones to another server.
func (d *detour) lead(to string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.to = to
	for c := range d.open {
		_ = c.Close()
	}
}

func (d *detour) dsn(t *testing.T, dsn string) string {
	t.Helper()
	address := chatsuite.Must(url.Parse(dsn))(t)
	address.Host = d.listener.Addr().String()
	return address.String()
}

// TestAStandbyThatLostTheTailIsAnotherLog promotes a standby that has not got the last
// messages: whoever has seen them is told to read again, also who is connected meanwhile.
func TestAStandbyThatLostTheTailIsAnotherLog(t *testing.T) {
	t.Parallel()
	primary := dbtest.NewServer(t)
	dsn := primary.DSN(t, template())
	way := newDetour(t, primary.Address())
	h := hostOn(t, way.dsn(t, dsn))
	room := h.NewGroup(h.Bob)
	h.Send(h.Alice, room.ID, "before")
	live := subscribe(t, h, h.Bob, "")
	early := live.want(chat.UpdateHello).Cursor

	standby := primary.Standby(t)
	follower := hostOn(t, standby.DSNOf(databaseOf(t, dsn)))
	// A standby's snapshots do not say what is in flight: it tells nothing.
	for _, cursor := range []chat.Cursor{"", early} {
		_, err := follower.Subscribe(h.Ctx, h.Bob, chat.SubscribeOptions{After: cursor})
		chatsuite.WantError(t, err, chat.ErrUnavailable)
	}
	standby.Kill(t)
	h.Send(h.Alice, room.ID, "lost")
	late := live.want(kind(chat.MessageCreated)).Cursor
	way.lead("")
	primary.Kill(t)
	standby.Start(t)
	standby.Promote(t)
	way.lead(standby.Address())

	chatsuite.WantError(t, live.end(), chat.ErrLagged)
	for _, cursor := range []chat.Cursor{early, late} {
		wantReset(t, h, h.Bob, cursor, func() { h.Send(h.Alice, room.ID, "after") })
	}
}

// dump copies a database into another with pg_dump and psql.
func dump(t *testing.T, from, to string) {
	t.Helper()
	psql := dbtest.PsqlPath(t)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	out := chatsuite.Must(exec.CommandContext(ctx, filepath.Join(filepath.Dir(psql), "pg_dump"), "--no-owner", from).Output())(t)
	restore := exec.CommandContext(ctx, psql, "-q", "-v", "ON_ERROR_STOP=1", to)
	restore.Stdin = strings.NewReader(string(out))
	if said, err := restore.CombinedOutput(); err != nil {
		t.Fatalf("psql: %v\n%s", err, said)
	}
}

// TestADumpThatWasRestoredIsAnotherLog restores a dump into another database of the
// server, and into a server whose transactions have not come as far as those of the dump.
// When they come to the same numbers, nothing old is told as news, and nothing new left out.
func TestADumpThatWasRestoredIsAnotherLog(t *testing.T) {
	t.Parallel()
	first, second := dbtest.NewServer(t), dbtest.NewServer(t)
	dsn := first.DSN(t, template())
	origin := hostOn(t, dsn)
	burn(t, origin.DB, 2000)
	room := origin.NewGroup(origin.Bob)
	cursor := subscribe(t, origin, origin.Bob, "").want(chat.UpdateHello).Cursor
	for i := range 60 {
		origin.Send(origin.Alice, room.ID, fmt.Sprint(i))
		burn(t, origin.DB, 9)
	}
	for name, server := range map[string]*dbtest.Server{"the same server": first, "another server": second} {
		t.Run(name, func(t *testing.T) {
			to := server.DSN(t, dbtest.Template{})
			dump(t, dsn, to)
			h := hostOn(t, to)
			send := func() { h.Send(h.Alice, room.ID, "after") }
			wantReset(t, h, h.Bob, cursor, send)

			last := h.QueryInt("SELECT last_seq FROM chat_rooms")
			system := subscribe(t, h, chat.System, "")
			at := system.want(chat.UpdateHello).Cursor
			past := h.QueryInt("SELECT CAST(CAST(max(CAST(CAST(tx AS text) AS bigint)) AS text) AS bigint) FROM chat_events")
			told := 0
			for now := int64(0); now < past+50; now = h.QueryInt("SELECT CAST(CAST(pg_current_xact_id() AS text) AS bigint)") {
				send()
				if u := system.want(kind(chat.MessageCreated)); u.Seq != last+1 {
					t.Fatalf("seq %d follows %d", u.Seq, last)
				}
				last++
				told++
				step := 40
				if past-now > 1000 {
					step = 900
				}
				burn(t, h.DB, step)
			}
			system.silent(1200 * time.Millisecond) // longer than the poll
			again := subscribe(t, h, chat.System, at)
			again.want(chat.UpdateHello)
			for i := range told {
				if u := again.want(kind(chat.MessageCreated)); u.Seq != last-int64(told)+int64(i)+1 {
					t.Fatalf("seq is %d, the %d. of %d up to %d", u.Seq, i, told, last)
				}
			}
			again.silent(20 * time.Millisecond)
		})
	}
}

// TestALogBehindPoolersAndOtherModes has each way in which pgx may send statements.
func TestALogBehindPoolersAndOtherModes(t *testing.T) {
	t.Parallel()
	for _, mode := range []string{"simple_protocol", "exec", "cache_describe", "describe_exec", "cache_statement"} {
		t.Run(mode, func(t *testing.T) {
			t.Parallel()
			h := hostOn(t, dbtest.WithParameter(dbtest.PostgresDSN(t, template()), "default_query_exec_mode", mode))
			room := h.NewGroup(h.Bob)
			bob := subscribe(t, h, h.Bob, "")
			cursor := bob.want(chat.UpdateHello).Cursor
			open := make(chan struct{})
			ended := make(chan error, 1)
			go func() { // so that there is something in flight
				ended <- h.InTx(h.Ctx, func(_ *gorm.DB, s *chat.Service) error {
					_, err := s.CreateRoom(h.Ctx, h.Bob, chat.NewRoom{Type: chat.Group, Name: "slow"})
					<-open
					return err
				})
			}()
			for h.QueryInt("SELECT count(*) FROM pg_stat_activity WHERE state = 'idle in transaction' AND datname = current_database() AND backend_xid IS NOT NULL") == 0 {
				time.Sleep(time.Millisecond)
			}
			h.Send(h.Alice, room.ID, "x")
			between := bob.want(kind(chat.MessageCreated)).Cursor
			close(open)
			chatsuite.NoError(t, <-ended)
			bob.want(kind(chat.RoomCreated))
			bob.want(chat.UpdateRoomState)
			for at, kinds := range map[chat.Cursor][]chat.UpdateKind{
				cursor:  {kind(chat.MessageCreated), kind(chat.RoomCreated)},
				between: {kind(chat.RoomCreated)},
			} {
				again := subscribe(t, h, h.Bob, at)
				again.want(chat.UpdateHello)
				got := map[chat.UpdateKind]bool{}
				for range len(kinds) + 1 {
					got[again.next().Kind] = true
				}
				for _, k := range append(kinds, chat.UpdateRoomState) {
					if !got[k] {
						t.Errorf("%s is not told again", k)
					}
				}
				again.silent(10 * time.Millisecond)
			}
		})
	}
}

// TestTheLogOfARoleWithoutPrivileges: what identifies the log can be read by any role.
func TestTheLogOfARoleWithoutPrivileges(t *testing.T) {
	t.Parallel()
	server := dbtest.NewServer(t)
	dsn := server.DSN(t, template())
	admin := hostOn(t, dsn)
	for _, statement := range []string{"CREATE ROLE plain LOGIN", "GRANT ALL ON ALL TABLES IN SCHEMA public TO plain",
		"GRANT ALL ON ALL SEQUENCES IN SCHEMA public TO plain"} {
		chatsuite.NoError(t, admin.DB.Exec(statement).Error)
	}
	h := hostOn(t, strings.Replace(dsn, "postgres@", "plain@", 1))
	room := h.NewGroup(h.Bob)
	bob := subscribe(t, h, h.Bob, "")
	bob.want(chat.UpdateHello)
	h.Send(h.Alice, room.ID, "x")
	bob.want(kind(chat.MessageCreated))
}
