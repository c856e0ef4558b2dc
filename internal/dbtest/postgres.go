package dbtest

import (
	"cmp"
	"context"
	"errors"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"gorm.io/driver/postgres"
	"gorm.io/gorm"
)

// Variable is the environment variable that names a server to use in place of a
// throwaway one, by the DSN of a role that may create databases.
const Variable = "CHAT_TEST_POSTGRES"

// Postgres returns a PostgreSQL database of the test's own. Where there is no
// PostgreSQL the test is skipped, or fails when the variable CI is set.
func Postgres(t testing.TB, template Template) *gorm.DB {
	t.Helper()
	return Open(t, postgres.Open(PostgresDSN(t, template)), gorm.Config{})
}

// PostgresDSN returns the DSN of a new PostgreSQL database that nobody is
// connected to. pgx and psql both take it.
func PostgresDSN(t testing.TB, template Template) string {
	t.Helper()
	needPostgres(t)
	cluster, err := shared.get()
	if err != nil {
		t.Fatal(err)
	}
	name, err := cluster.create(t.Context(), template)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := cluster.drop(context.Background(), name); err != nil {
			t.Error(err)
		}
	})
	return withDatabase(cluster.dsn, name)
}

// WithParameter returns a DSN of PostgreSQL with a parameter set, such as pgx's
// default_query_exec_mode or the server's search_path.
func WithParameter(dsn, name, value string) string {
	if !strings.Contains(dsn, "://") {
		return dsn + " " + name + "='" + value + "'"
	}
	address, err := url.Parse(dsn)
	if err != nil {
		return dsn // connecting to it gives the better error
	}
	query := address.Query()
	query.Set(name, value)
	address.RawQuery = encode(query)
	return address.String()
}

// PsqlPath returns the path of psql. Where there is none the test is skipped,
// or fails when the variable CI is set.
func PsqlPath(t testing.TB) string {
	t.Helper()
	beside := filepath.Join(findBinaries(), "psql")
	if path, err := exec.LookPath(beside); err == nil {
		return path
	}
	path, err := exec.LookPath("psql")
	if err != nil {
		giveUp(t, os.Getenv("CI") != "", "no psql on PATH or in /usr/lib/postgresql/*/bin")
	}
	return path
}

// Serve starts a throwaway server for other processes, which find it by its DSN in
// [Variable]. Without PostgreSQL's binaries dsn is empty. The server ends with stop,
// or with this process.
func Serve() (dsn string, stop func() error, err error) {
	binaries := findBinaries()
	if binaries == "" {
		return "", func() error { return nil }, nil
	}
	server, err := startServer(binaries, volatile, "")
	if err != nil {
		return "", nil, err
	}
	return server.dsn(), server.stop, nil
}

// Close stops the throwaway server, or drops the templates on the server that
// CHAT_TEST_POSTGRES names. [Main] calls it.
func Close() error { return shared.close() }

// source says where PostgreSQL comes from.
type source int

const (
	named     source = iota // the server of CHAT_TEST_POSTGRES
	throwaway               // one started from the binaries found
	absent                  // nowhere: tests are skipped
	missing                 // nowhere, on a machine that was to have it: tests fail
)

// choose decides from the variable CHAT_TEST_POSTGRES, the folder of the server's
// binaries, and the variable CI; each may be empty.
func choose(dsn, binaries, ci string) source {
	switch {
	case dsn != "":
		return named
	case binaries != "":
		return throwaway
	case ci != "":
		return missing
	default:
		return absent
	}
}

func needPostgres(t testing.TB) {
	t.Helper()
	from := choose(os.Getenv(Variable), findBinaries(), os.Getenv("CI"))
	if from == absent || from == missing {
		giveUp(t, from == missing, "no PostgreSQL: neither "+Variable+
			" nor server binaries on PATH or in /usr/lib/postgresql/*/bin")
	}
}

func giveUp(t testing.TB, fatal bool, reason string) {
	t.Helper()
	if fatal {
		t.Fatal("dbtest: " + reason)
	}
	t.Skip("dbtest: " + reason)
}

// findBinaries returns the folder that holds PostgreSQL's server, or "".
func findBinaries() string {
	if path, err := exec.LookPath("postgres"); err == nil {
		// The programs look for each other where they are installed, not where a link to them is.
		if real, err := filepath.EvalSymlinks(path); err == nil && hasServer(filepath.Dir(real)) {
			return filepath.Dir(real)
		}
	}
	folders, err := filepath.Glob("/usr/lib/postgresql/*/bin")
	if err != nil {
		return ""
	}
	return newest(slices.DeleteFunc(folders, func(folder string) bool { return !hasServer(folder) }))
}

func hasServer(folder string) bool {
	_, noServer := exec.LookPath(filepath.Join(folder, "postgres"))
	_, noInit := exec.LookPath(filepath.Join(folder, "initdb"))
	return noServer == nil && noInit == nil
}

// newest picks the folder <version>/bin of the highest version, or "" from none.
func newest(folders []string) string {
	if len(folders) == 0 {
		return ""
	}
	return slices.MaxFunc(folders, func(a, b string) int { return cmp.Compare(version(a), version(b)) })
}

func version(folder string) float64 {
	number, err := strconv.ParseFloat(filepath.Base(filepath.Dir(folder)), 64)
	if err != nil {
		return 0
	}
	return number
}

// shared is the process's PostgreSQL, started by the first test that asks.
var shared sharedPostgres

type sharedPostgres struct {
	mu      sync.Mutex
	server  *server // nil for a named server
	cluster *cluster
	err     error // starting failed once, and is not tried again
}

func (s *sharedPostgres) get() (*cluster, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.cluster == nil && s.err == nil {
		s.err = s.start()
	}
	return s.cluster, s.err
}

func (s *sharedPostgres) start() (err error) {
	dsn := os.Getenv(Variable)
	if dsn == "" {
		if s.server, err = startServer(findBinaries(), volatile, ""); err != nil {
			return err
		}
		dsn = s.server.dsn()
	}
	s.cluster, err = newCluster(dsn)
	return err
}

func (s *sharedPostgres) close() (err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.cluster != nil {
		err = s.cluster.close()
	}
	if s.server != nil {
		err = errors.Join(err, s.server.stop())
	}
	s.server, s.cluster, s.err = nil, nil, nil
	return err
}
