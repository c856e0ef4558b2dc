// Package strip takes out of files what a phone or a camera has put in beside the picture and
// the sound: where they were made, with what, and whose it was. The picture and the sound
// themselves stay as they are, bit for bit. On the way it reads how long, how large and of
// which type a file is.
//
// A file passes through a Reader, in little memory however large it is and whatever it says of
// itself. Where what is to be removed may come before what says so, the Reader keeps the file
// in a temporary one first. The bytes are hostile: each length is compared with what contains
// it, nothing is nested deeper than the format has a use for, and the work is bounded by the
// length of the file.
package strip

import (
	"bufio"
	"errors"
	"io"
	"math"
	"time"

	"github.com/go-df/chat/internal/picture"
)

// Info is what was read of a file. It is complete when the Reader has returned io.EOF.
type Info struct {
	ContentType   string        // a better one than was told from the first bytes, or ""
	Width, Height int           // pixels, as shown, of a JPEG or a film; 0 when unknown
	Orientation   int           // of a picture, as Exif counts; 1 is upright
	Duration      time.Duration // of sound or film; 0 when unknown
}

// Reader yields a file without what is to be removed. Close removes what it needed for that.
type Reader interface {
	io.ReadCloser
	Info() Info
}

// Editor is a Reader that may need a file to write to: where what is to be removed may come before
// what says so. Without Defer it makes a temporary one.
type Editor interface {
	Reader
	// Defer reads ahead, at most as much as is kept in memory, and reports whether more is
	// needed. Then Read yields what is to be edited yet, by Edit.
	Defer() bool
	// Edit edits a file of what Read has yielded, up to io.EOF. An error other than a
	// *DamagedError is the file's. It is called once at most, after Defer returned true.
	Edit(file File) error
}

// DamagedError is the error of a file from which nothing can be removed for sure, because it
// cannot be read.
type DamagedError struct {
	Reason string // a fragment of a sentence: "is a film without …"
}

func (e *DamagedError) Error() string { return "the file " + e.Reason }

func damaged(reason string) error { return &DamagedError{Reason: reason} }

// maxDuration is more than any file lasts that is uploaded; what says more is not believed.
const maxDuration = 1000 * time.Hour

// durationOf is n units of a second each divided by perSecond, or 0 when that makes no sense.
func durationOf(n, perSecond uint64) time.Duration {
	if perSecond == 0 || n == math.MaxUint64 {
		return 0
	}
	seconds := float64(n) / float64(perSecond)
	if seconds > maxDuration.Seconds() {
		return 0
	}
	return time.Duration(seconds * float64(time.Second))
}

// pass is what every Reader is made of: steps that read a little, and leave what is to become
// of that and of the bytes behind it.
type pass struct {
	source *picture.FaultReader
	in     *bufio.Reader
	step   func() error
	err    error
	info   Info

	out   []byte    // to be handed out first
	inner io.Reader // then, what yields a part of the source
	left  int64     // then, how many bytes of the source are treated next
	as    treatment
	at    int64 // how many bytes of the source were read before those
}

// treatment is what becomes of a run of bytes.
type treatment int

const (
	copied  treatment = iota // handed out as they are
	zeroed                   // handed out as zeros
	dropped                  // not handed out
)

// toTheEnd is the length of a run that ends with the file.
const toTheEnd = math.MaxInt64

const passBuffer = 16 << 10

func newPass(r io.Reader) *pass {
	source := picture.NewFaultReader(r)
	return &pass{source: source, in: bufio.NewReaderSize(source, passBuffer), info: Info{Orientation: 1}}
}

func (p *pass) Info() Info { return p.info }

func (p *pass) Close() error { return nil }

func (p *pass) Read(b []byte) (int, error) {
	if len(b) == 0 {
		return 0, nil
	}
	for {
		switch {
		case len(p.out) > 0:
			n := copy(b, p.out)
			p.out = p.out[n:]
			return n, nil
		case p.err != nil:
			return 0, p.err
		case p.inner != nil:
			if n := p.readInner(b); n > 0 {
				return n, nil
			}
		case p.left > 0:
			if n := p.run(b); n > 0 {
				return n, nil
			}
		default:
			p.err = p.step()
		}
	}
}

// run hands out the next bytes of a run.
func (p *pass) run(b []byte) int {
	b = b[:min(int64(len(b)), p.left)]
	n, err := p.in.Read(b)
	p.left -= int64(n)
	p.at += int64(n)
	if err != nil {
		p.err = p.ended(err)
	}
	switch p.as {
	case zeroed:
		clear(b[:n])
	case dropped:
		return 0
	}
	return n
}

func (p *pass) readInner(b []byte) int {
	n, err := p.inner.Read(b)
	if err != nil {
		p.inner = nil
		if !errors.Is(err, io.EOF) {
			p.err = err
		}
	}
	return n
}

// within leaves the next n bytes of the source to be read through what wrap makes of them, and
// to be filled up with zeros to as many bytes as there were.
func (p *pass) within(n int64, before []byte, wrap func(r io.Reader) io.Reader) {
	p.out = append(p.out[:0], before...)
	whole := &io.LimitedReader{R: p.in, N: n}
	p.inner = &padded{pass: p, whole: whole, size: n, source: wrap(whole)}
	p.at += n
}

// padded yields as many bytes as it reads.
type padded struct {
	pass    *pass
	whole   *io.LimitedReader
	size    int64
	source  io.Reader // of the whole, or nil when it has ended
	yielded int64
	zeros   int64 // that are still to come
}

func (r *padded) Read(b []byte) (int, error) {
	if r.source != nil {
		n, err := r.source.Read(b[:min(int64(len(b)), max(r.size-r.yielded, 0))])
		r.yielded += int64(n)
		if err == nil && r.yielded < r.size {
			return n, nil
		}
		r.source = nil // whatever is wrong with it
		_, _ = io.Copy(io.Discard, r.whole)
		if r.pass.source.Fault != nil {
			return n, r.pass.source.Fault
		}
		r.zeros = max(r.size-r.whole.N-r.yielded, 0)
		return n, nil
	}
	if r.zeros == 0 {
		return 0, io.EOF
	}
	n := min(int64(len(b)), r.zeros)
	clear(b[:n])
	r.zeros -= n
	return int(n), nil
}

// ended is what the end of the source, or its fault, means in the middle of something: what is
// cut off is kept as far as it goes.
func (p *pass) ended(err error) error {
	if p.source.Fault != nil {
		return p.source.Fault
	}
	if err == nil || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, bufio.ErrBufferFull) {
		return io.EOF
	}
	return err
}

// take reads n bytes, at most passBuffer of them, which are valid until the next read. There
// are fewer with an error.
func (p *pass) take(n int) ([]byte, error) {
	b, err := p.in.Peek(n)
	if err != nil {
		return b, err
	}
	_, err = p.in.Discard(n)
	p.at += int64(n)
	return b, err
}

// treat leaves the next n bytes of the source to be treated, behind what is handed out before.
func (p *pass) treat(as treatment, n int64, before []byte) {
	p.out = append(p.out[:0], before...)
	p.as, p.left = as, n
}

// drop is the step of a file's rest that does not belong to it.
func (p *pass) drop() error {
	p.treat(dropped, toTheEnd, nil)
	return nil
}

// copyRest is the step of a file's rest that stays.
func (p *pass) copyRest() error {
	p.treat(copied, toTheEnd, nil)
	return nil
}

// cutOff is the step of a file that ends within a head: those few bytes stay.
func (p *pass) cutOff() error {
	if p.source.Fault != nil {
		return p.source.Fault
	}
	return p.copyRest()
}
