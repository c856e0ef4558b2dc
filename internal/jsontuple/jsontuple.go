// Package jsontuple reads JSON arrays of known values, as the databases render rows in a column
// of another row. It is encoding/json without reflection: that took a third of what a page of
// history allocates.
package jsontuple

import (
	"encoding/json"
	"errors"
	"strconv"
)

// A Reader reads the values of an array one after the other. After an error, which Err returns,
// all that it reads is zero.
type Reader struct {
	data []byte // what was not read yet
	err  error
}

// New returns a reader of one JSON value.
func New(data []byte) Reader { return Reader{data: data} }

var errSyntax = errors.New("jsontuple: not the JSON that was expected")

// Err returns the first error, nil when there is none.
func (r *Reader) Err() error { return r.err }

// next skips space, and the comma before a value, and returns the byte that the value begins
// with, 0 when there is none.
func (r *Reader) next() byte {
	for i, c := range r.data {
		switch c {
		case ' ', '\n', '\r', '\t', ',':
		default:
			r.data = r.data[i:]
			return c
		}
	}
	r.fail()
	return 0
}

func (r *Reader) fail() { r.Fail(errSyntax) }

// Fail ends the reading with an error, if it is one: of a value that is not what it should be.
func (r *Reader) Fail(err error) {
	if err == nil {
		return
	}
	if r.err == nil {
		r.err = err
	}
	r.data = nil
}

// Open reads the beginning of an array.
func (r *Reader) Open() {
	if r.next() != '[' {
		r.fail()
		return
	}
	r.data = r.data[1:]
}

// More reports whether the array that was opened last has another value, and closes it when it
// has none.
func (r *Reader) More() bool {
	switch r.next() {
	case 0:
		return false
	case ']':
		r.data = r.data[1:]
		return false
	}
	return true
}

// Close reads the end of an array that has no more values.
func (r *Reader) Close() {
	if r.More() {
		r.fail()
	}
}

// Null reports whether the next value is null, and skips it if so.
func (r *Reader) Null() bool {
	if r.next() != 'n' {
		return r.err != nil
	}
	if len(r.data) < 4 {
		r.fail()
		return true
	}
	r.data = r.data[4:]
	return true
}

// Bytes reads a string. It is valid for as long as what the reader reads.
func (r *Reader) Bytes() []byte {
	if r.next() != '"' {
		r.fail()
		return nil
	}
	escaped := false
	for i := 1; i < len(r.data); i++ {
		switch r.data[i] {
		case '\\':
			escaped = true
			i++
		case '"':
			text := r.data[:i+1]
			r.data = r.data[i+1:]
			if !escaped {
				return text[1:i]
			}
			var s string
			r.Fail(json.Unmarshal(text, &s))
			return []byte(s)
		}
	}
	r.fail()
	return nil
}

// Text reads a string.
func (r *Reader) Text() string { return string(r.Bytes()) }

// Int reads a whole number.
func (r *Reader) Int() int64 {
	if r.next() == 0 {
		return 0
	}
	end := 0
	for end < len(r.data) && (r.data[end] == '-' || r.data[end] >= '0' && r.data[end] <= '9') {
		end++
	}
	n, err := strconv.ParseInt(string(r.data[:end]), 10, 64)
	if err != nil {
		r.fail()
		return 0
	}
	r.data = r.data[end:]
	return n
}

// Optional reads a value with read, and returns nil for null.
func Optional[T any](r *Reader, read func(*Reader) T) *T {
	if r.Null() {
		return nil
	}
	value := read(r)
	if r.err != nil {
		return nil
	}
	return &value
}
