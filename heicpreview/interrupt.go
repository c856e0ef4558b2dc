//go:build nodynamic

package heicpreview

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"sync/atomic"
	"time"
	"unsafe"

	"github.com/tetratelabs/wazero/api"
)

// The Go runtime cannot stop compiled code of wazero's, though it has to, for its garbage collection and
// for other goroutines: without anything in it that leads back to Go, the whole program would stand still until
// a picture is decoded. wazero itself would lead back at each turn of each loop, to look whether the context
// has ended, and a picture then takes four times as long. Here the code counts the turns, and goes back now and then.

// Where the words of the memory are that the code counts and looks in: at the null pointer of C, which no
// program uses. If one does all the same, it goes back more often, or ends.
const (
	turnsAt = 0
	flagAt  = 4
)

// look is what is put at the beginning of each loop: after 32,768 turns of all loops, go back to Go by
// asking for no more memory, and then trap if the word at flagAt is not 0.
var look = []byte{
	0x41, turnsAt, // i32.const
	0x41, turnsAt, // i32.const
	0x28, 2, 0, // i32.load
	0x41, 1, // i32.const
	0x6a,       // i32.add
	0x36, 2, 0, // i32.store
	0x41, turnsAt, // i32.const
	0x2f, 1, 0, // i32.load16_u
	0x41, 0x80, 0x80, 2, // i32.const 1 << 15
	0x4f,       // i32.ge_u
	0x04, 0x40, // if
	0x41, turnsAt, // i32.const
	0x41, 0, // i32.const
	0x36, 2, 0, // i32.store
	0x41, 0, // i32.const
	0x40, 0, // memory.grow
	0x1a,         // drop
	0x41, flagAt, // i32.const
	0x28, 2, 0, // i32.load
	0x04, 0x40, // if
	0x00, // unreachable
	0x0b, // end
	0x0b, // end
}

var errCode = errors.New("the decoder is not WebAssembly as it is known here")

// interruptible returns a module of WebAssembly whose loops look whether they are to end.
func interruptible(module []byte) (changed []byte, err error) {
	defer func() {
		if recover() != nil { // what is read is behind the end
			changed, err = nil, errCode
		}
	}()
	const header, codeSection = 8, 10
	changed = bytes.Clone(module[:header])
	for r := (&code{module, header}); r.at < len(module); {
		id := r.byte()
		content := r.bytes(r.number())
		if id == codeSection {
			if content, err = interruptibleBodies(content); err != nil {
				return nil, err
			}
		}
		changed = appendSized(append(changed, id), content)
	}
	return changed, nil
}

func appendSized(to, content []byte) []byte {
	return append(binary.AppendUvarint(to, uint64(len(content))), content...)
}

// interruptibleBodies changes the functions of a code section.
func interruptibleBodies(section []byte) ([]byte, error) {
	r := &code{section, 0}
	functions := r.number()
	changed := binary.AppendUvarint(nil, uint64(functions)) //nolint:gosec // of 32 bits
	for range functions {
		body := &code{r.bytes(r.number()), 0}
		for range body.number() { // kinds of local variables
			body.number()
			body.byte()
		}
		var with []byte
		copied := 0
		for body.at < len(body.data) {
			isLoop, err := body.instruction()
			if err != nil {
				return nil, err
			}
			if isLoop {
				with = append(append(with, body.data[copied:body.at]...), look...)
				copied = body.at
			}
		}
		changed = appendSized(changed, append(with, body.data[copied:]...))
	}
	return changed, nil
}

// code is read from a place on.
type code struct {
	data []byte
	at   int
}

func (c *code) byte() byte { return c.bytes(1)[0] }

// bytes panics where there are fewer.
func (c *code) bytes(n int) []byte {
	c.at += n
	return c.data[:len(c.data):len(c.data)][c.at-n : c.at]
}

// number reads a number of 32 bits or less.
func (c *code) number() int {
	n, size := binary.Uvarint(c.data[c.at:])
	c.bytes(max(size, 1)) // 0 at the end
	return int(uint32(n)) //nolint:gosec // it is of 32 bits
}

// signed skips a number with a sign, of any size.
func (c *code) signed() {
	for c.byte() >= 0x80 {
	}
}

func (c *code) numbers(n int) {
	for range n {
		c.number()
	}
}

// instruction reads an instruction, and reports whether it begins a loop.
func (c *code) instruction() (isLoop bool, err error) {
	switch op := c.byte(); {
	case op >= 0x02 && op <= 0x04: // block, loop, if
		c.signed()
		return op == 0x03, nil
	case op == 0x0e: // br_table
		c.numbers(c.number() + 1)
	case op == 0x0c, op == 0x0d, op == 0x10, op >= 0x20 && op <= 0x26, op == 0x3f, op == 0x40, op == 0xd2: // br, call, variables, tables, memory
		c.number()
	case op == 0x11, op >= 0x28 && op <= 0x3e: // call_indirect, loads and stores
		c.numbers(2)
	case op == 0x1c: // select with types
		c.bytes(c.number())
	case op == 0x41, op == 0x42, op == 0xd0: // constants
		c.signed()
	case op == 0x43:
		c.bytes(4)
	case op == 0x44:
		c.bytes(8)
	case op <= 0x01, op == 0x05, op == 0x0b, op == 0x0f, op == 0x1a, op == 0x1b, op >= 0x45 && op <= 0xc4, op == 0xd1:
	case op == 0xfc:
		return false, c.bulk()
	case op == 0xfd:
		return false, c.vector()
	default:
		return false, fmt.Errorf("%w: instruction %#x", errCode, op)
	}
	return false, nil
}

// bulk reads what follows 0xfc: conversions, and the memory and tables as wholes.
func (c *code) bulk() error {
	switch op := c.number(); {
	case op <= 7:
	case op == 9, op == 11, op == 13, op >= 15 && op <= 17:
		c.number()
	case op <= 14:
		c.numbers(2)
	default:
		return fmt.Errorf("%w: instruction 0xfc %d", errCode, op)
	}
	return nil
}

// vector reads what follows 0xfd.
func (c *code) vector() error {
	switch op := c.number(); {
	case op <= 11, op == 92, op == 93: // loads and stores
		c.numbers(2)
	case op == 12, op == 13: // a constant, a shuffle
		c.bytes(16)
	case op >= 21 && op <= 34: // a lane
		c.byte()
	case op >= 84 && op <= 91: // loads and stores of a lane
		c.numbers(2)
		c.byte()
	case op > 255:
		return fmt.Errorf("%w: instruction 0xfd %d", errCode, op)
	}
	return nil
}

// interrupt has what runs in a module end, and returns when it has, which over says. The memory
// stays in its place: it has its capacity from the beginning.
func interrupt(module func() api.Module, over <-chan struct{}) {
	for {
		if m := module(); m != nil && m.Memory() != nil {
			if word, ok := m.Memory().Read(flagAt, 4); ok {
				// What runs may have written to it since; 4 bytes that stay in their place.
				atomic.StoreUint32((*uint32)(unsafe.Pointer(&word[0])), 1) //nolint:gosec // they were read with their length
			}
		}
		select {
		case <-over:
			return
		case <-time.After(time.Millisecond):
		}
	}
}
