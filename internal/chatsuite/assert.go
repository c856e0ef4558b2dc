package chatsuite

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/go-df/chat"
)

// Must passes a result on and fails the test on an error: Must(f())(t).
func Must[T any](value T, err error) func(testing.TB) T {
	return func(t testing.TB) T {
		t.Helper()
		if err != nil {
			t.Fatalf("unexpected error: %v", err)
		}
		return value
	}
}

// NoError fails the test on an error.
func NoError(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatalf("unexpected error: %v", err)
	}
}

// ErrorOf drops a result and returns its error: ErrorOf(f()).
func ErrorOf[T any](_ T, err error) error { return err }

// WantError marks the test as failed unless err is want, or wraps it.
func WantError(t testing.TB, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Errorf("error is %v, want %v", err, want)
	}
}

// ErrorIsAny reports whether an error is one of these, or wraps one.
func ErrorIsAny(err error, targets ...error) bool {
	for _, target := range targets {
		if errors.Is(err, target) {
			return true
		}
	}
	return false
}

// WantFieldError wants a [*chat.FieldError] of this kind about this field, whose text
// people can understand: it names the field, the limit unless that is 0, and nothing
// of databases and parsers.
func WantFieldError(t testing.TB, err, kind error, field string, limit int64) {
	t.Helper()
	var refused *chat.FieldError
	if !errors.Is(err, kind) || !errors.As(err, &refused) {
		t.Errorf("error is %v, want %v about %s", err, kind, field)
		return
	}
	if refused.Field != field || refused.Limit != limit {
		t.Errorf("error is about %s with the limit %d, want %s and %d: %v", refused.Field, refused.Limit, field, limit, err)
	}
	text := err.Error()
	if !strings.HasPrefix(text, kind.Error()+": "+field+" ") || !plainEnglish.MatchString(refused.Reason) || jargonInErrors.MatchString(text) {
		t.Errorf("error text %q is not plain English about %s", text, field)
	}
	if limit != 0 && !strings.Contains(text, fmt.Sprintf("limit of %d ", limit)) {
		t.Errorf("error text %q does not name the limit %d", text, limit)
	}
}

var (
	plainEnglish   = regexp.MustCompile(`^[a-z][^\n]*$`)
	jargonInErrors = regexp.MustCompile(`(?i)sqlstate|constraint|strconv|base64|json:|pgx|sqlite3|%!|goroutine`)
)
