package httpadapter

import (
	"io"
	"math"
	"net/http"
	"os"
	"time"
)

// writer knows whether a response has begun, and gives up a client that takes it too
// slowly: the deadline of the connection moves with what is written.
type writer struct {
	http.ResponseWriter
	started bool

	rate     int64         // bytes a second, at least; negative: any
	grace    time.Duration // on top of what that takes
	deadline bool          // one is set
	without  bool          // none can be set, or another server than net/http's would buffer under it
	written  int64         // bytes
	spent    time.Duration // in writing them, the time for reading a file aside
}

// writeGrace is how long a client may take nothing.
const writeGrace = 10 * time.Second

func (w *writer) WriteHeader(status int) {
	w.started = true
	w.extend(0)
	w.ResponseWriter.WriteHeader(status)
}

func (w *writer) Write(p []byte) (total int, err error) {
	w.started = true
	for {
		piece := p[:min(int64(len(p)), w.piece())]
		n, err := w.timed(int64(len(piece)), func() (int64, error) {
			n, err := w.ResponseWriter.Write(piece)
			return int64(n), err
		})
		total += int(n)
		if p = p[n:]; err != nil || len(p) == 0 {
			return total, err
		}
	}
}

const copyBuffer = 64 << 10

// ReadFrom lets the connection take a file's bytes without a copy in between.
func (w *writer) ReadFrom(source io.Reader) (total int64, err error) {
	w.started = true
	limited, is := source.(*io.LimitedReader)
	if !is {
		limited = &io.LimitedReader{R: source, N: math.MaxInt64}
	}
	if _, isFile := limited.R.(*os.File); !isFile { // the time that it takes to read is not the client's
		return io.CopyBuffer(struct{ io.Writer }{w}, limited, make([]byte, copyBuffer))
	}
	for limited.N > 0 {
		piece := &io.LimitedReader{R: limited.R, N: min(limited.N, w.piece())}
		size := piece.N
		n, err := w.timed(size, func() (int64, error) { return io.Copy(w.ResponseWriter, piece) })
		total, limited.N = total+n, limited.N-n
		if err != nil || n < size {
			return total, err
		}
	}
	return total, nil
}

// piece is how much is written under one deadline.
func (w *writer) piece() int64 {
	if w.rate < 0 {
		return math.MaxInt64
	}
	return max(copyBuffer, 10*w.rate)
}

func (w *writer) timed(size int64, write func() (int64, error)) (int64, error) {
	w.extend(size)
	begin := time.Now()
	n, err := write()
	w.spent += time.Since(begin)
	w.written += n
	return n, err
}

// extend moves the deadline on for a piece. What was taken fast leaves no more time for
// one that is not.
func (w *writer) extend(size int64) {
	if w.rate < 0 || w.without {
		return
	}
	left := w.grace + w.lasting(w.written+size) - w.spent
	left = min(left, w.grace+w.lasting(size))
	w.deadline = http.NewResponseController(w.ResponseWriter).SetWriteDeadline(time.Now().Add(left)) == nil
	w.without = !w.deadline
}

func (w *writer) lasting(size int64) time.Duration {
	return time.Duration(float64(size) / float64(w.rate) * float64(time.Second))
}

// finish sends what is buffered under the last deadline, and takes it away: the
// connection may serve other requests.
func (w *writer) finish() {
	if !w.deadline {
		return
	}
	control := http.NewResponseController(w.ResponseWriter)
	_ = control.Flush() // the client may have disconnected
	_ = control.SetWriteDeadline(time.Time{})
}

// Unwrap is for http.ResponseController.
func (w *writer) Unwrap() http.ResponseWriter { return w.ResponseWriter }
