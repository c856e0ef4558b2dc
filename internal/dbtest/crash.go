package dbtest

import (
	"os"
	"testing"
)

// Server is a PostgreSQL server of one test's own, which the test may crash. It
// waits for the disk as a host's server does, so it is far slower than the one
// behind [Postgres].
type Server struct {
	server  *server
	cluster *cluster
}

// NewServer starts a throwaway server, even where CHAT_TEST_POSTGRES names one.
// Without PostgreSQL's binaries the test is skipped, or fails when the variable
// CI is set.
func NewServer(t testing.TB) *Server {
	t.Helper()
	return KeptServer(t, "")
}

// KeptServer is a [NewServer] whose folder stays where it is named, with the databases that were
// made in it, for the next server there. Only one at a time may use the folder.
func KeptServer(t testing.TB, folder string) *Server {
	t.Helper()
	binaries := findBinaries()
	if binaries == "" {
		giveUp(t, os.Getenv("CI") != "", "no PostgreSQL binaries on PATH or in /usr/lib/postgresql/*/bin")
	}
	server, err := startServer(binaries, durable, folder)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := server.stop(); err != nil {
			t.Error(err)
		}
	})
	cluster, err := newCluster(server.dsn())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cluster.admin.Close() }) // its databases go with the server
	return &Server{server: server, cluster: cluster}
}

// DSN returns the DSN of a new database on the server.
func (s *Server) DSN(t testing.TB, template Template) string {
	t.Helper()
	name, err := s.cluster.create(t.Context(), template)
	if err != nil {
		t.Fatal(err)
	}
	return withDatabase(s.cluster.dsn, name)
}

// DSNOf returns the DSN of a database that the server has.
func (s *Server) DSNOf(name string) string { return withDatabase(s.cluster.dsn, name) }

// Crash kills the server and starts it again on the same port, where it recovers
// from its log. All connections break: a pool may answer with that once for each,
// and then opens new ones.
func (s *Server) Crash(t testing.TB) {
	t.Helper()
	s.cluster.hangUp()
	if err := s.server.kill(); err != nil {
		t.Fatal(err)
	}
	if err := s.server.run(); err != nil {
		t.Fatal(err)
	}
}
