package s3

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strconv"
	"strings"

	"github.com/minio/minio-go/v7"
)

// headSize is how much Open asks for: all of most thumbnails, and little where only another
// part of the object is wanted.
const headSize = 64 << 10

// cuts is how often in a row a download may break off without having yielded anything.
const cuts = 3

// Open returns the object of key, which is also an [io.Seeker]: reading after Seek asks the
// server for what is there. It keeps up to 64 KiB in memory. A download that breaks off is
// taken up again. Open's error matches [fs.ErrNotExist] if there is none, or
// [storage.ErrInvalidKey].
func (s *Store) Open(ctx context.Context, key string) (io.ReadCloser, error) {
	err := s.begin(ctx, key)
	o := &object{ctx: ctx, store: s, name: s.name(key)}
	if err == nil {
		err = o.readHead()
	}
	if err != nil {
		return nil, fmt.Errorf("s3: open: %w", meaning(err))
	}
	return o, nil
}

// object is an object that is being read.
type object struct {
	ctx   context.Context
	store *Store
	name  string
	etag  string // of what was opened, so that it is not read on in another
	size  int64
	head  []byte
	next  int64 // where the next Read reads

	body   io.ReadCloser // what the server is sending, from at to the end; or nil
	at     int64
	broken int // how often in a row without a byte
	closed bool
}

// readHead reads the first bytes, and how many there are.
func (o *object) readHead() error {
	for {
		err := o.tryHead()
		if err == nil || minio.ToErrorResponse(err).StatusCode != 0 || o.gaveUp() {
			return err
		}
	}
}

func (o *object) tryHead() error {
	body, info, size, err := o.get(0, headSize-1)
	if minio.ToErrorResponse(err).Code == minio.InvalidRange {
		return nil // it is there, and empty
	}
	if err != nil {
		return err
	}
	var head bytes.Buffer
	_, err = io.Copy(&head, io.LimitReader(body, headSize))
	err = errors.Join(err, body.Close())
	if want := min(size, headSize); err == nil && int64(head.Len()) != want {
		err = io.ErrUnexpectedEOF
	}
	o.head, o.size, o.etag = head.Bytes(), size, info.ETag
	return err
}

// get asks for the bytes from first to last, and returns how large the whole is.
func (o *object) get(first, last int64) (body io.ReadCloser, info minio.ObjectInfo, size int64, err error) {
	options := minio.GetObjectOptions{ServerSideEncryption: o.store.customerKey()}
	if err := options.SetRange(first, last); err != nil {
		return nil, info, 0, err
	}
	if o.etag != "" {
		if err := options.SetMatchETag(o.etag); err != nil {
			return nil, info, 0, err
		}
	}
	body, info, header, err := o.store.core.GetObject(o.ctx, o.store.bucket, o.name, options)
	if err != nil {
		return nil, info, 0, err
	}
	served := header.Get("Content-Range")
	if served == "" && first == 0 {
		return body, info, info.Size, nil // a server may send the whole
	}
	span, whole, _ := strings.Cut(strings.TrimPrefix(served, "bytes "), "/")
	size, err = strconv.ParseInt(whole, 10, 64)
	if err != nil || !strings.HasPrefix(span, strconv.FormatInt(first, 10)+"-") {
		return nil, info, 0, errors.Join(fmt.Errorf("asked for bytes from %d on, it was sent %q", first, served), body.Close())
	}
	return body, info, size, nil
}

// Read implements io.Reader.
func (o *object) Read(p []byte) (int, error) {
	if o.closed {
		return 0, fs.ErrClosed
	}
	if o.next < int64(len(o.head)) {
		n := copy(p, o.head[o.next:])
		o.next += int64(n)
		return n, nil
	}
	for len(p) > 0 {
		if o.next >= o.size {
			return 0, io.EOF
		}
		n, err := o.readBody(p)
		if n > 0 {
			o.broken = 0
			return n, nil
		}
		if err != nil && (minio.ToErrorResponse(err).StatusCode != 0 || o.gaveUp()) {
			return 0, fmt.Errorf("s3: read: %w", meaning(err))
		}
	}
	return 0, nil
}

// readBody reads on in what the server is sending, or has it send from another place on.
func (o *object) readBody(p []byte) (int, error) {
	if o.body != nil && o.at != o.next {
		o.drop()
	}
	if o.body == nil {
		body, _, size, err := o.get(o.next, o.size-1)
		if err != nil {
			return 0, err
		}
		if size != o.size {
			return 0, errors.Join(fmt.Errorf("the object has %d bytes, and had %d", size, o.size), body.Close())
		}
		o.body, o.at = body, o.next
	}
	n, err := o.body.Read(p[:min(int64(len(p)), o.size-o.at)])
	o.at += int64(n)
	o.next = o.at
	if err != nil {
		o.drop()
	}
	if errors.Is(err, io.EOF) && o.at < o.size {
		err = io.ErrUnexpectedEOF
	}
	return n, err
}

// gaveUp reports whether it is of no use to ask once more after a download broke off.
func (o *object) gaveUp() bool {
	o.broken++
	return o.broken >= cuts || o.ctx.Err() != nil
}

func (o *object) drop() {
	_ = o.body.Close() // what was read is all that counts
	o.body = nil
}

// Seek implements io.Seeker. It asks the server for nothing.
func (o *object) Seek(offset int64, whence int) (int64, error) {
	switch whence {
	case io.SeekStart:
	case io.SeekCurrent:
		offset += o.next
	case io.SeekEnd:
		offset += o.size
	default:
		return 0, fmt.Errorf("s3: seek: whence %d is none", whence)
	}
	if offset < 0 {
		return 0, errors.New("s3: seek to before the start")
	}
	o.next = offset
	return offset, nil
}

// Close implements io.Closer.
func (o *object) Close() error {
	o.closed = true
	if o.body != nil {
		o.drop()
	}
	return nil
}
