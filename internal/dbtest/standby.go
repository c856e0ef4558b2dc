//go:build linux || darwin

package dbtest

import (
	"net"
	"path/filepath"
	"strconv"
	"testing"
)

// Standby starts a server that follows this one without being waited for.
func (s *Server) Standby(t testing.TB) *Server {
	t.Helper()
	follower := &server{binaries: s.server.binaries, durability: s.server.durability}
	t.Cleanup(func() {
		if err := follower.stop(); err != nil {
			t.Error(err)
		}
	})
	for _, step := range []func() error{follower.makeFolder, follower.startWatchdog} {
		if err := step(); err != nil {
			t.Fatal(err)
		}
	}
	out, err := follower.command(filepath.Join(s.server.binaries, "pg_basebackup"), "-D", follower.data(), "-R", "-c", "fast",
		"-X", "stream", "-h", "127.0.0.1", "-p", strconv.Itoa(s.server.port), "-U", "postgres").CombinedOutput()
	if err != nil {
		t.Fatalf("dbtest: pg_basebackup: %v\n%s", err, out)
	}
	if err := follower.runOnFreePort(); err != nil {
		t.Fatal(err)
	}
	cluster, err := newCluster(follower.dsn())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cluster.admin.Close() })
	return &Server{server: follower, cluster: cluster}
}

// Address is where the server listens.
func (s *Server) Address() string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(s.server.port)) }

// Kill ends the server as a crash does.
func (s *Server) Kill(t testing.TB) {
	t.Helper()
	s.cluster.hangUp()
	if err := s.server.kill(); err != nil {
		t.Fatal(err)
	}
}

// Start starts a server again that was killed.
func (s *Server) Start(t testing.TB) {
	t.Helper()
	if err := s.server.run(); err != nil {
		t.Fatal(err)
	}
}

// Promote makes a primary of a standby.
func (s *Server) Promote(t testing.TB) {
	t.Helper()
	out, err := s.server.command(filepath.Join(s.server.binaries, "pg_ctl"), "promote", "-w", "-D", s.server.data()).CombinedOutput()
	if err != nil {
		t.Fatalf("dbtest: pg_ctl promote: %v\n%s", err, out)
	}
}
