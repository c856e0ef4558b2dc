package httpadapter_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http/httptest"
	"os"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/go-df/chat"
	"github.com/go-df/chat/httpadapter"
	"github.com/go-df/chat/internal/chatsuite"
)

// cutter is a TCP proxy before a server that cuts each connection: after some bytes of
// either direction, or some time.
type cutter struct {
	listener net.Listener
	server   string
	ended    atomic.Bool // cuts no more
	done     sync.WaitGroup

	mu     sync.Mutex
	random *rand.Rand
	open   map[net.Conn]bool
}

func newCutter(t testing.TB, server *httptest.Server, seed uint64) *cutter {
	t.Helper()
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	ok(t, err)
	p := &cutter{listener: listener, server: server.Listener.Addr().String(), random: rand.New(rand.NewPCG(seed, 7)), open: map[net.Conn]bool{}}
	p.done.Go(p.accept)
	t.Cleanup(func() {
		_ = listener.Close()
		p.cutAll()
		p.done.Wait()
	})
	return p
}

func (p *cutter) url() string { return "http://" + p.listener.Addr().String() }

// end lets all connections from now on live.
func (p *cutter) end() {
	p.ended.Store(true)
	p.cutAll()
}

func (p *cutter) cutAll() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for c := range p.open {
		_ = c.Close()
	}
}

// life is for how long a connection lives: so many bytes of the response, or of the
// request, or so much time.
type life struct {
	down, up int // -1: any number
	time     time.Duration
	reset    bool // cut by RST, which loses what is on its way
}

func (p *cutter) life() life {
	p.mu.Lock()
	defer p.mu.Unlock()
	l := life{-1, -1, time.Second, p.random.IntN(2) == 0}
	switch n := p.random.IntN(16); {
	case p.ended.Load():
		l.time = time.Hour
	case n == 0:
		l.up = p.random.IntN(300) // in the request
	case n < 3:
		l.down = p.random.IntN(400) // in the header
	case n < 9:
		l.down = p.random.IntN(4000) // in the hello and what follows it
	default:
		l.time = time.Duration(p.random.IntN(60_000)) * time.Microsecond
	}
	return l
}

func (p *cutter) accept() {
	for {
		client, err := p.listener.Accept()
		if err != nil {
			return
		}
		server, err := new(net.Dialer).DialContext(context.Background(), "tcp", p.server)
		if err != nil {
			_ = client.Close()
			continue
		}
		p.mu.Lock()
		p.open[client], p.open[server] = true, true
		p.mu.Unlock()
		l := p.life()
		var once sync.Once
		cut := func() {
			once.Do(func() {
				if l.reset {
					_ = client.(*net.TCPConn).SetLinger(0)
				}
				_, _ = client.Close(), server.Close()
				p.mu.Lock()
				defer p.mu.Unlock()
				delete(p.open, client)
				delete(p.open, server)
			})
		}
		late := time.AfterFunc(l.time, cut)
		p.done.Go(func() { pass(client, server, l.down); cut(); late.Stop() })
		p.done.Go(func() { pass(server, client, l.up); cut() })
	}
}

// pass hands on most bytes at most, all of them for -1.
func pass(to, from net.Conn, most int) {
	buffer := make([]byte, 32<<10)
	for most != 0 {
		n, err := from.Read(buffer)
		if most > 0 {
			n = min(n, most)
			most -= n
		}
		if _, failed := to.Write(buffer[:n]); failed != nil || err != nil {
			return
		}
	}
}

// crowd is what others do, and the client's user in other sessions, meanwhile.
type crowd struct {
	h        *host
	rooms    []uuid.UUID
	done     chan struct{}
	end      sync.WaitGroup
	failures chan error
	happened atomic.Int64
}

func (h *host) crowd() *crowd {
	h.t.Helper()
	c := &crowd{h: h, done: make(chan struct{}), failures: make(chan error, 100)}
	for range 3 {
		room := must(h.svc.CreateRoom(h.t.Context(), id("alice"), chat.NewRoom{Name: "Room", Members: []chat.NewRoomUser{
			{UserID: id("bob")}, {UserID: id("carol")}, {UserID: id("dave")}}}))(h.t)
		c.rooms = append(c.rooms, room.ID)
	}
	for i, who := range []string{"alice", "bob", "carol", "dave"} {
		random := rand.New(rand.NewPCG(uint64(i), 11))
		c.end.Go(func() {
			for {
				select {
				case <-c.done:
					return
				case <-time.After(time.Duration(random.IntN(8_000)) * time.Microsecond):
				}
				if err := c.act(random, id(who)); err != nil && !chatsuite.ErrorIsAny(err, chat.ErrForbidden, chat.ErrNotFound, chat.ErrConflict, chat.ErrInvalid, chat.ErrTooLarge) {
					c.failures <- fmt.Errorf("%s: %w", who, err)
					return
				}
				c.happened.Add(1)
			}
		})
	}
	return c
}

// stop ends what happens.
func (c *crowd) stop() {
	c.h.t.Helper()
	close(c.done)
	c.end.Wait()
	select {
	case err := <-c.failures:
		c.h.t.Fatal(err)
	default:
	}
}

// changeOwnState mutes the rooms that the client takes for not muted, or the other way round,
// as its user does in another session.
func (c *crowd) changeOwnState(client *follower) {
	c.h.t.Helper()
	for _, room := range c.rooms {
		_ = must(c.h.svc.AddUsers(c.h.t.Context(), id("alice"), room, chat.NewRoomUser{UserID: id("bob")}))(c.h.t)
		var muted, known bool
		for end := time.Now().Add(chatsuite.Timeout); !known && time.Now().Before(end); time.Sleep(time.Millisecond) {
			client.mu.Lock()
			if r := client.rooms[room.String()]; r != nil {
				muted, known = !r.Muted, true
			}
			client.mu.Unlock()
		}
		_ = must(c.h.svc.UpdateRoomUser(c.h.t.Context(), id("bob"), room, id("bob"), chat.RoomUserPatch{Muted: &muted}))(c.h.t)
	}
}

func (c *crowd) act(random *rand.Rand, who chat.UserID) error {
	ctx, svc, room := context.Background(), c.h.svc, c.rooms[random.IntN(len(c.rooms))]
	text := fmt.Sprint("text ", random.IntN(1_000_000))
	n := random.IntN(32)
	if n < 10 {
		_, err := svc.SendMessage(ctx, who, room, chat.NewMessage{Text: text})
		return err
	}
	page, err := svc.Messages(ctx, who, room, chat.HistoryQuery{Limit: 12})
	if err != nil || len(page.Items) == 0 {
		return err
	}
	m := page.Items[random.IntN(len(page.Items))]
	switch {
	case n < 15:
		_, err = svc.EditMessage(ctx, who, m.ID, chat.MessagePatch{Text: &text})
	case n < 17:
		err = svc.DeleteMessage(ctx, who, m.ID)
	case n < 21:
		_, err = svc.React(ctx, who, m.ID, []string{"👍", "🎉", "🙂"}[random.IntN(3)])
	case n < 23:
		for _, r := range m.Reactions {
			if r.Mine != nil {
				_, err := svc.Unreact(ctx, who, *r.Mine)
				return err
			}
		}
	case n < 27:
		_, err = svc.MarkRead(ctx, who, room, m.Number)
	case n < 29:
		muted := random.IntN(2) == 0
		_, err = svc.UpdateRoomUser(ctx, who, room, who, chat.RoomUserPatch{Muted: &muted})
	case n < 30:
		_, err = svc.UpdateRoom(ctx, who, room, chat.RoomPatch{Name: &text})
	case who == id("alice") && random.IntN(2) == 0:
		err = svc.RemoveUser(ctx, who, room, id("bob"))
	case who == id("alice"):
		_, err = svc.AddUsers(ctx, who, room, chat.NewRoomUser{UserID: id("bob")})
	}
	return err
}

// cutClient has a client follow what happens while its connections are cut, cuts times,
// and then on one that lives, and returns how what it knows in the end differs from what
// there is.
func (h *host) cutClient(cuts int, fault clientFault) (client *follower, diff string) {
	h.t.Helper()
	server := h.listen()
	proxy := newCutter(h.t, server, uint64(cuts))
	crowd := h.crowd()
	client = newFollower(h.t, proxy.url(), "bob", fault)
	client.uncut = server.URL
	for n := 1; client.cuts < cuts; n++ { // each connection lives a second at most
		client.follow(h.t.Context())
		if n%10 == 0 { // the log goes away
			_ = must(h.svc.PruneEvents(h.t.Context(), 0))(h.t)
		}
	}
	proxy.end()
	ctx, cancel := context.WithCancel(h.t.Context())
	var following sync.WaitGroup
	following.Go(func() { client.follow(ctx) })
	time.Sleep(200 * time.Millisecond)
	crowd.stop()
	crowd.changeOwnState(client)
	patience := chatsuite.Timeout
	if fault != noFault {
		patience = 2 * time.Second
	}
	there := newFollower(h.t, server.URL, "bob", noFault).whole()
	for end := time.Now().Add(patience); ; time.Sleep(5 * time.Millisecond) {
		client.mu.Lock()
		diff = cmp.Diff(there, client.rooms)
		client.mu.Unlock()
		if diff == "" || time.Now().After(end) {
			break
		}
	}
	cancel()
	following.Wait()
	h.t.Logf("%d cuts, %d updates, %d resets, %d changes", cuts, client.updates, client.resets, crowd.happened.Load())
	return client, diff
}

// overCut runs a test on both databases, in every form of the tests.
func overCut(t *testing.T, test func(t *testing.T, h *host)) {
	t.Helper()
	for _, database := range []string{"sqlite", "postgres"} {
		t.Run(database, func(t *testing.T) {
			t.Parallel()
			test(t, newHost(t, database, func(_ *chat.Config, c *httpadapter.Config) { c.MaxStreams = 100 }))
		})
	}
}

// A client whose connection is cut again and again, at any byte, goes on from its cursor:
// in the end it knows what a new client reads.
func TestClientOutlivesCuts(t *testing.T) {
	t.Parallel()
	cuts := 40
	if os.Getenv("CHAT_TEST_LONG") != "" {
		cuts = 500
	}
	overCut(t, func(t *testing.T, h *host) {
		client, diff := h.cutClient(cuts, noFault)
		if diff != "" {
			t.Errorf("what there is (-) and what the client knows (+):\n%s", diff)
		}
		if client.resets == 0 || client.updates == 0 { // how many depends on the machine
			t.Errorf("%d updates and %d resets", client.updates, client.resets)
		}
		for _, problem := range client.problems {
			t.Error(problem)
		}
	})
}

// What the test above looks for, it would find: with clients that lose what they were told.
func TestCutsAreFelt(t *testing.T) {
	t.Parallel()
	for fault, name := range map[clientFault]string{
		losesLast: "loses the update that was cut", fromNow: "begins anew", ignoresReset: "ignores resets", ignoresOwn: "ignores its user's other sessions",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			overCut(t, func(t *testing.T, h *host) {
				if client, diff := h.cutClient(40, fault); diff == "" && len(client.problems) == 0 {
					t.Error("nobody sees it")
				}
			})
		})
	}
}
