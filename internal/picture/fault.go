package picture

import (
	"errors"
	"io"
)

// FaultReader remembers what was wrong with reading, other than the end: decoders take any
// error for the end of the file.
type FaultReader struct {
	source io.Reader
	Fault  error
}

// NewFaultReader returns a FaultReader of r.
func NewFaultReader(r io.Reader) *FaultReader { return &FaultReader{source: r} }

func (f *FaultReader) Read(p []byte) (int, error) {
	n, err := f.source.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		f.Fault = err
	}
	return n, err
}
