package strip

import (
	"errors"
	"io"
	"os"
)

// spoolMemory is how much of a spool is in memory; a larger one is a file.
const spoolMemory = 256 << 10

// File is what a Reader edits in its place.
type File interface {
	io.ReaderAt
	io.WriterAt
}

// spool keeps what was written to it, to be read and written anywhere. It is in memory while it
// is small, and then in a file: a temporary one, or one that was given to it.
type spool struct {
	room      int // how much is in memory
	memory    []byte
	file      File
	temporary *os.File
	size      int64
	writes    int // of what is there

	page   [4 << 10]byte // of the file, around what was read last
	pageAt int64
	paged  int
}

// SpoolError is an error of the temporary file, rather than of what is read.
type SpoolError struct{ Err error }

func (e *SpoolError) Error() string { return "the temporary file: " + e.Err.Error() }
func (e *SpoolError) Unwrap() error { return e.Err }

// fault is an error of the spool's file: that of a file which was given to it stays as it is.
func (s *spool) fault(err error) error {
	if err == nil || s.file != nil && s.temporary == nil {
		return err
	}
	return &SpoolError{err}
}

// Write appends.
func (s *spool) Write(b []byte) (int, error) {
	if s.file == nil && len(s.memory)+len(b) <= s.room {
		s.memory = append(s.memory, b...)
		s.size += int64(len(b))
		return len(b), nil
	}
	if err := s.toFile(); err != nil {
		return 0, err
	}
	n, err := s.file.WriteAt(b, s.size)
	s.size += int64(n)
	return n, s.fault(err)
}

func (s *spool) toFile() error {
	if s.file != nil {
		return nil
	}
	file, err := os.CreateTemp("", "chat-upload-*")
	if err != nil {
		return s.fault(err)
	}
	_ = os.Remove(file.Name()) // where a file can go while it is open, nothing is left of a crash
	s.file, s.temporary = file, file
	_, err = file.Write(s.memory)
	s.memory = nil
	return s.fault(err)
}

// Close removes the temporary file.
func (s *spool) Close() error {
	if s.temporary == nil {
		return nil
	}
	err := s.temporary.Close()
	if removed := os.Remove(s.temporary.Name()); removed != nil && !errors.Is(removed, os.ErrNotExist) {
		err = errors.Join(err, removed)
	}
	s.file, s.temporary = nil, nil
	return err
}

// ReadAt implements io.ReaderAt.
func (s *spool) ReadAt(b []byte, at int64) (int, error) {
	if s.file != nil {
		return s.file.ReadAt(b, at)
	}
	if at >= int64(len(s.memory)) {
		return 0, io.EOF
	}
	n := copy(b, s.memory[at:])
	if n < len(b) {
		return n, io.EOF
	}
	return n, nil
}

// bytes returns the n bytes, a few, at a place that is in the spool. They are valid until the
// next call.
func (s *spool) bytes(at int64, n int) ([]byte, error) {
	if at < 0 || at+int64(n) > s.size {
		return nil, errCut
	}
	if s.file == nil {
		return s.memory[at : at+int64(n)], nil
	}
	if at < s.pageAt || at+int64(n) > s.pageAt+int64(s.paged) {
		read, err := s.file.ReadAt(s.page[:], at)
		if err != nil && !errors.Is(err, io.EOF) {
			return nil, s.fault(err)
		}
		s.pageAt, s.paged = at, read
		if read < n {
			return nil, s.fault(io.ErrUnexpectedEOF)
		}
	}
	from := int(at - s.pageAt)
	return s.page[from : from+n], nil
}

// maxWrites bounds the work: a track of places that goes needs one for each.
const maxWrites = 1 << 18

// write overwrites what is at a place.
func (s *spool) write(at int64, b []byte) error {
	if s.writes++; s.writes > maxWrites {
		return errParts
	}
	if s.file == nil {
		copy(s.memory[at:], b)
		return nil
	}
	if from, to := max(at, s.pageAt), min(at+int64(len(b)), s.pageAt+int64(s.paged)); from < to {
		copy(s.page[from-s.pageAt:to-s.pageAt], b[from-at:])
	}
	_, err := s.file.WriteAt(b, at)
	return s.fault(err)
}

// zeros is what is written over what goes.
var zeros [32 << 10]byte

// zero overwrites what is from a place to another.
func (s *spool) zero(from, to int64) error {
	for from < to {
		n := min(to-from, int64(len(zeros)))
		if err := s.write(from, zeros[:n]); err != nil {
			return err
		}
		from += n
	}
	return nil
}
