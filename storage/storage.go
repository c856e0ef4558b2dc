// Package storage has the simple places where the chat library keeps the bytes of
// media: [Dir], a folder, and [Memory], for tests.
//
// Both satisfy the library's MediaStore interface. Package storage/s3, a module of its own,
// has a bucket of S3. A store of one's own needs the same three methods; package storagetest
// checks that it keeps their promises, and its example is where to start from.
package storage

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
)

// MaxKey is the length of the longest key in bytes.
const MaxKey = 128

// ErrInvalidKey is returned for a key that is empty, longer than [MaxKey], starts with a
// dot, or has a character other than ASCII letters, digits, '.', '_' and '-'.
var ErrInvalidKey = errors.New("invalid key")

const keyCharacters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-"

// CheckKey returns an error that matches [ErrInvalidKey], or nil: for stores of one's own.
func CheckKey(key string) error {
	switch {
	case key == "":
		return fmt.Errorf("%w: it is empty", ErrInvalidKey)
	case len(key) > MaxKey:
		return fmt.Errorf("%w: it has %d bytes, at most %d are allowed", ErrInvalidKey, len(key), MaxKey)
	case key[0] == '.':
		return fmt.Errorf("%w: %q starts with a dot", ErrInvalidKey, key)
	case strings.Trim(key, keyCharacters) != "":
		return fmt.Errorf("%w: %q has a character other than letters, digits, '.', '_' and '-'", ErrInvalidKey, key)
	}
	return nil
}

// begin is what every operation checks first.
func begin(ctx context.Context, key string) error {
	if err := CheckKey(key); err != nil {
		return err
	}
	return ctx.Err()
}

// contextReader fails once its context is done. It cannot wake a Read that hangs.
type contextReader struct {
	ctx context.Context
	r   io.Reader
}

func (c contextReader) Read(p []byte) (int, error) {
	if err := c.ctx.Err(); err != nil {
		return 0, err
	}
	return c.r.Read(p)
}
