package browser_test

import (
	"testing"

	"github.com/go-df/chat/internal/dbtest"
)

// onDatabases runs a test on each of the databases, with a server of its own.
func onDatabases(t *testing.T, test func(*testing.T, *server), args ...string) {
	t.Helper()
	t.Parallel()
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		test(t, serve(t, args...))
	})
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		test(t, serve(t, append([]string{"-db", dbtest.PostgresDSN(t, dbtest.Template{})}, args...)...))
	})
}
