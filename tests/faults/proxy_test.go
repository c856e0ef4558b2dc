package faults_test

import (
	"context"
	"errors"
	"net"
	"net/url"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"gorm.io/gorm"

	"github.com/go-df/chat"
	"github.com/go-df/chat/internal/chatsuite"
	"github.com/go-df/chat/internal/dbtest"
)

// proxy forwards connections to a server until it is a hole: then nothing passes, nothing
// is closed, and those who connect are not answered. The connections of that time stay dead
// when it is none any more, as when a firewall has forgotten them.
type proxy struct {
	listener net.Listener
	server   string
	done     sync.WaitGroup

	mu    sync.Mutex
	hole  chan struct{} // closed when it becomes a hole; nil in a hole
	conns map[net.Conn]bool
	dead  []net.Conn // to the server, which closes them when the hole ends, as its own settings say
	ended atomic.Bool
}

// startProxy returns a proxy and the DSN of a database behind it.
func startProxy(t *testing.T, dsn string) (p *proxy, through string) {
	t.Helper()
	address := chatsuite.Must(url.Parse(dsn))(t)
	listener := chatsuite.Must(new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0"))(t)
	p = &proxy{listener: listener, server: address.Host, hole: make(chan struct{}), conns: map[net.Conn]bool{}}
	p.done.Go(p.accept)
	t.Cleanup(p.close)
	address.Host = listener.Addr().String()
	return p, address.String()
}

func (p *proxy) accept() {
	for {
		client, err := p.listener.Accept()
		if err != nil {
			return
		}
		p.mu.Lock()
		hole := p.hole
		p.conns[client] = true
		p.mu.Unlock()
		if hole == nil {
			continue // it is not answered, ever
		}
		server, err := new(net.Dialer).DialContext(context.Background(), "tcp", p.server)
		if err != nil {
			_ = client.Close()
			continue
		}
		p.mu.Lock()
		p.conns[server] = true
		p.dead = append(p.dead, server)
		p.mu.Unlock()
		p.done.Go(func() { p.forward(server, client, hole) })
		p.done.Go(func() { p.forward(client, server, hole) })
	}
}

// forward passes on what comes until the hole is there.
func (p *proxy) forward(to, from net.Conn, hole <-chan struct{}) {
	buffer := make([]byte, 32<<10)
	for {
		n, err := from.Read(buffer)
		select {
		case <-hole:
			return // and closes nothing
		default:
		}
		if err == nil {
			_, err = to.Write(buffer[:n])
		}
		if err != nil {
			_ = to.Close()
			return
		}
	}
}

// setHole makes the proxy a hole, or ends that.
func (p *proxy) setHole(on bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if on {
		close(p.hole)
		p.hole = nil
		return
	}
	p.hole = make(chan struct{})
	for _, server := range p.dead {
		_ = server.Close()
	}
	p.dead = nil
}

func (p *proxy) close() {
	if p.ended.Swap(true) {
		return
	}
	_ = p.listener.Close()
	p.mu.Lock()
	for conn := range p.conns {
		_ = conn.Close()
	}
	p.mu.Unlock()
	p.done.Wait()
}

// In a network that swallows everything each call returns when its context ends.
func TestEveryCallEndsInAHole(t *testing.T) {
	t.Parallel()
	server := dbtest.NewServer(t)
	w := newWorld(chatsuite.Postgres)
	p, dsn := startProxy(t, server.DSN(t, w.template()))
	const connections = 64
	db := w.pool(t, dsn, connections)
	svc := chatsuite.Must(chat.New(db, w.config()))(t)
	chatsuite.NoError(t, ignore(svc.Unread(t.Context(), w.UserID(aliceNumber)))) // the schema is known
	warm(t, db, connections/2)                                                   // the other calls have to connect
	p.setHole(true)
	const timeout = 2 * time.Second
	for _, a := range w.callAll(svc, holdTime, timeout) {
		if a.took > timeout+500*time.Millisecond+slack {
			t.Errorf("%s took %s: %v", a.call.name, a.took, a.err)
		}
		if a.err == nil {
			t.Errorf("%s was done", a.call.name)
		}
	}
	began := time.Now()
	chatsuite.NoError(t, svc.Close())
	if took := time.Since(began); took > waitLimit+slack {
		t.Errorf("Close took %s", took)
	}
	inTx := time.Now()
	host := chatsuite.Must(chat.New(db, w.config()))(t)
	ctx, cancel := context.WithTimeout(t.Context(), timeout)
	defer cancel()
	err := host.InTx(ctx, func(*gorm.DB, *chat.Service) error { return nil })
	if took := time.Since(inTx); took > timeout+500*time.Millisecond+slack || !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("InTx took %s: %v", took, err)
	}
	p.close()
}

// After a network has swallowed everything for a while, and the connections of that time
// stay dead, sends go on within seconds.
func TestSendsGoOnAfterAHole(t *testing.T) {
	t.Parallel()
	v := chatsuite.Postgres
	direct := newDSN(t, v)
	p, dsn := startProxy(t, direct)
	const clients = 16
	s := newSite(t, v, dsn, clients)
	pool := chatsuite.Must(s.db.DB())(t)
	pool.SetMaxOpenConns(20)
	warm(t, s.db, 20)
	w := chatsuite.Must(startWorkload(s.svc, v, s.scene, 1, clients))(t)
	watcher := dbtest.Open(t, v.Dialector(direct), gorm.Config{})
	count := func() (n int64) {
		chatsuite.NoError(t, watcher.Table("chat_messages").Count(&n).Error)
		return n
	}
	time.Sleep(300 * time.Millisecond)
	for range rounds(1, 4) {
		p.setHole(true)
		time.Sleep(span(3*time.Second, 10*time.Second))
		before, ended := count(), time.Now()
		p.setHole(false)
		for count() == before && time.Since(ended) < 2*chatsuite.Timeout {
			time.Sleep(10 * time.Millisecond)
		}
		first := time.Since(ended)
		t.Logf("the first message was stored %s after the hole", first.Round(time.Millisecond))
		if first >= 2*chatsuite.Timeout || *long && first > waitLimit+slack { // the short form runs beside others
			t.Error("which is late")
		}
		time.Sleep(time.Second)
	}
	chatsuite.NoError(t, w.end())
	chatsuite.NoError(t, s.svc.Close())
	s.db = watcher // connections of the hole may be left in the pool
	t.Logf("%d calls failed, %d messages acknowledged", w.errors.Load(), s.wantWhole(t))
	p.close()
}
