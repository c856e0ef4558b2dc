package httpadapter

import (
	"bytes"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"

	"github.com/klauspost/compress/gzip"
)

// compressedFrom is how many bytes a body has at least for which gzip is worth it.
const compressedFrom = 1 << 10

// gzipWriters are kept, since each has tables of hundreds of kilobytes.
var gzipWriters = sync.Pool{New: func() any {
	w, _ := gzip.NewWriterLevel(io.Discard, gzip.BestSpeed) // which is a level that there is
	return w
}}

// encode compresses a body for a client that takes it, and returns its Content-Encoding. A
// body is whole here: what is streamed does not come this way.
func (r *request) encode(data []byte) (encoded []byte, encoding string) {
	if r.h.config.NoCompression || len(data) < compressedFrom {
		return data, ""
	}
	r.w.Header().Add("Vary", "Accept-Encoding")
	if !acceptsGzip(r.Header) {
		return data, ""
	}
	var buffer bytes.Buffer
	buffer.Grow(len(data) / 4)
	w := gzipWriters.Get().(*gzip.Writer) //nolint:forcetypeassert // the pool has nothing else
	defer gzipWriters.Put(w)
	w.Reset(&buffer)
	_, _ = w.Write(data) // a buffer takes everything
	_ = w.Close()
	return buffer.Bytes(), "gzip"
}

// acceptsGzip reads Accept-Encoding: gzip, or anything, with a weight that is not 0.
func acceptsGzip(header http.Header) bool {
	accepted := false
	for _, line := range header.Values("Accept-Encoding") {
		for coding := range strings.SplitSeq(line, ",") {
			name, params, _ := strings.Cut(coding, ";")
			name = strings.ToLower(strings.TrimSpace(name))
			if name != "gzip" && name != "*" {
				continue
			}
			weight := 1.0
			if q, weighted := strings.CutPrefix(strings.ToLower(strings.TrimSpace(params)), "q="); weighted {
				weight, _ = strconv.ParseFloat(q, 64)
			}
			if name == "gzip" {
				return weight > 0
			}
			accepted = weight > 0
		}
	}
	return accepted
}
