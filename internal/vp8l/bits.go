package vp8l

import (
	"encoding/binary"
	"errors"
	"io"
)

// bitReader reads bits, the lowest of a byte first. After an error it reads zeros.
type bitReader struct {
	source  io.Reader
	buffer  []byte
	at      int    // of the next byte in buffer
	bits    uint64 // those that come next, of which n count
	n       uint
	over    bool // the source has ended
	err     error
	memory  int    // bytes that were taken
	lengths []byte // of the codes of the tree that is being read
}

func newBitReader(r io.Reader) *bitReader {
	return &bitReader{source: r, buffer: make([]byte, 0, 4<<10)}
}

// take counts memory before it is allocated.
func (b *bitReader) take(bytes int) bool {
	if b.memory += bytes; b.memory > Memory {
		b.failWith(ErrTooLarge)
	}
	return b.err == nil
}

func (b *bitReader) fail() { b.failWith(ErrDamaged) }

func (b *bitReader) failWith(err error) {
	if b.err == nil {
		b.err = err
	}
}

// fill makes at least 56 bits available, or all that there are.
func (b *bitReader) fill() {
	if b.at+8 <= len(b.buffer) {
		b.bits |= binary.LittleEndian.Uint64(b.buffer[b.at:]) << b.n
		whole := (63 - b.n) >> 3
		b.at += int(whole)
		b.n += whole << 3
		return
	}
	for b.n <= 56 {
		if b.at == len(b.buffer) && !b.more() {
			return
		}
		b.bits |= uint64(b.buffer[b.at]) << b.n
		b.at++
		b.n += 8
	}
}

// more reads the next bytes of the source, which must not be called for while there are some.
func (b *bitReader) more() bool {
	for !b.over && b.err == nil {
		n, err := b.source.Read(b.buffer[:cap(b.buffer)])
		b.buffer, b.at = b.buffer[:n], 0
		switch {
		case errors.Is(err, io.EOF):
			b.over = true
		case err != nil:
			b.err = err
		}
		if n > 0 {
			return true
		}
	}
	return false
}

// skip takes bits away that were looked at.
func (b *bitReader) skip(n uint) {
	if n > b.n {
		b.failWith(io.ErrUnexpectedEOF)
		b.bits, b.n = 0, 0
		return
	}
	b.bits >>= n
	b.n -= n
}

// read returns the next n bits, at most 18.
func (b *bitReader) read(n uint) int {
	if b.n < n {
		b.fill()
	}
	v := b.bits & (1<<n - 1)
	b.skip(n)
	if b.err != nil {
		return 0
	}
	return int(v) //nolint:gosec // 18 bits
}

func (b *bitReader) flag() bool { return b.read(1) == 1 }
