package s3

import (
	"bytes"
	"cmp"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"net/http"
	"slices"
	"time"

	"github.com/minio/minio-go/v7"
)

// uploadID is the metadata of an object that says which Put has stored it.
const uploadID = "Chat-Upload"

// cleanTimeout is how long a Put that has failed may take to remove what it has left.
const cleanTimeout = 5 * time.Second

// Put stores what r yields under key, in one request if it is less than Options.PartSize,
// or else in parts of it, each with its SHA-256, one being read while two others are sent. What fails for a moment
// is tried again. Its error matches [fs.ErrExist] if the key is taken,
// [storage.ErrInvalidKey], ctx's error, that of r, or that of the server. Then nothing is
// stored, and the parts are gone: unless the server cannot be reached, which leaves them to
// [Store.RemoveTemporaries], and the object to whoever has its key. A Read of r that hangs
// is waited for.
func (s *Store) Put(ctx context.Context, key string, r io.Reader) error {
	err := s.begin(ctx, key)
	if err == nil {
		u := upload{store: s, name: s.name(key), id: rand.Text(), source: &ender{r: r}, part: new(part)}
		err = u.run(ctx)
	}
	if err != nil {
		return fmt.Errorf("s3: put: %w", err)
	}
	return nil
}

// upload is one Put.
type upload struct {
	store  *Store
	name   string
	id     string // tells this Put's object from another's
	source io.Reader
	part   *part
}

func (u *upload) run(ctx context.Context) error {
	err := u.part.fill(ctx, u.source, u.store.options.PartSize)
	if err != nil {
		return err
	}
	if u.part.size == u.store.options.PartSize {
		return u.inParts(ctx)
	}
	err = try(ctx, u.part, func(body io.Reader) error {
		_, err := u.store.core.PutObject(ctx, u.store.bucket, u.name, body, int64(u.part.size), "", u.part.sum(), u.options(true))
		return err
	})
	if err == nil {
		return nil
	}
	clean, cancel := context.WithTimeout(context.WithoutCancel(ctx), cleanTimeout)
	defer cancel()
	return u.settle(ctx, clean, err)
}

// options are those of the object. On condition, nothing is under its name.
func (u *upload) options(condition bool) minio.PutObjectOptions {
	options := minio.PutObjectOptions{
		UserMetadata:         map[string]string{uploadID: u.id},
		ServerSideEncryption: u.store.options.Encryption,
		DisableContentSha256: true, // the sum is given: there is none to be made on the way
	}
	if condition {
		options.SetMatchETagExcept("*")
	}
	return options
}

// inParts goes on when the first part is full.
func (u *upload) inParts(ctx context.Context) error {
	s := u.store
	id, err := s.core.NewMultipartUpload(ctx, s.bucket, u.name, u.options(false))
	if err != nil {
		return meaning(err)
	}
	parts, err := u.sendParts(ctx, id)
	if err == nil {
		err = ctx.Err()
	}
	sent := err == nil
	if sent {
		conditional := minio.PutObjectOptions{ServerSideEncryption: s.customerKey()}
		conditional.SetMatchETagExcept("*")
		_, err = s.core.CompleteMultipartUpload(ctx, s.bucket, u.name, id, parts, conditional)
	}
	if err == nil {
		return nil
	}
	clean, cancel := context.WithTimeout(context.WithoutCancel(ctx), cleanTimeout)
	defer cancel()
	if sent {
		if err = u.settle(ctx, clean, err); err == nil {
			return nil
		}
	}
	if abortErr := s.core.AbortMultipartUpload(clean, s.bucket, u.name, id); abortErr != nil && !isMissing(abortErr) {
		return fmt.Errorf("%w (and its parts stay: %w)", err, abortErr)
	}
	return err
}

// sendParts sends the part at hand and those that follow it. While some are sent the next is
// read.
func (u *upload) sendParts(ctx context.Context, id string) ([]minio.CompletePart, error) {
	all, cancel := context.WithCancelCause(ctx) // none goes on when another, or the source, has failed
	defer cancel(nil)
	type result struct {
		part *part
		sent minio.CompletePart
	}
	results := make(chan result, sending)
	var parts []minio.CompletePart
	started := 0
	wait := func() *part { // and return what may be filled again
		r := <-results
		parts = append(parts, r.sent)
		return r.part
	}
	for full := u.part; full.size > 0; {
		next := new(part)
		if started-len(parts) == sending {
			next = wait()
		}
		if started == maxParts {
			cancel(fmt.Errorf("the object is larger than %d parts of %d bytes", maxParts, u.store.options.PartSize))
		}
		if all.Err() != nil {
			break
		}
		started++
		go func(full *part, number int) {
			sent, err := u.sendPart(all, full, id, number)
			if err != nil {
				cancel(meaning(err))
			}
			results <- result{full, sent}
		}(full, started)
		if err := next.fill(all, u.source, u.store.options.PartSize); err != nil {
			cancel(err)
			break
		}
		full = next
	}
	for len(parts) < started {
		wait()
	}
	if err := cmp.Or(ctx.Err(), context.Cause(all)); err != nil {
		return nil, err
	}
	slices.SortFunc(parts, func(a, b minio.CompletePart) int { return a.PartNumber - b.PartNumber })
	return parts, nil
}

func (u *upload) sendPart(ctx context.Context, p *part, id string, number int) (minio.CompletePart, error) {
	s := u.store
	var etag string
	err := try(ctx, p, func(body io.Reader) error {
		sent, err := s.core.PutObjectPart(ctx, s.bucket, u.name, id, number, body, int64(p.size), minio.PutObjectPartOptions{
			Sha256Hex: p.sum(), SSE: s.options.Encryption, DisableContentSha256: true,
		})
		etag = sent.ETag
		return err
	})
	return minio.CompletePart{PartNumber: number, ETag: etag}, err
}

// settle finds out what became of the object after the request that was to make it has
// failed: its response may be all that was lost, and a condition that is not met may have
// been broken by the same request, tried before. It asks with clean, which outlives ctx.
func (u *upload) settle(ctx, clean context.Context, failure error) error {
	s := u.store
	found, err := s.core.StatObject(clean, s.bucket, u.name, minio.StatObjectOptions{ServerSideEncryption: s.customerKey()})
	stored := err == nil && found.UserMetadata[uploadID] == u.id
	switch {
	case stored && ctx.Err() == nil:
		return nil
	case stored:
		return errors.Join(failure, s.core.RemoveObject(clean, s.bucket, u.name, minio.RemoveObjectOptions{}))
	case err == nil, minio.ToErrorResponse(failure).StatusCode == http.StatusPreconditionFailed:
		return fmt.Errorf("%w: %w", fs.ErrExist, failure)
	}
	return meaning(failure)
}

// sending is how many parts of an object are sent at a time. One more is read.
const sending = 2

// attempts is how often a body is sent. Between them is waited as the client does.
const attempts = 5

// try sends a part until that succeeds, or fails in a way that it would again. The client
// would do so itself if it could rewind the body, but net/http may still be reading that
// when a response has come early.
func try(ctx context.Context, p *part, send func(body io.Reader) error) error {
	for attempt, wait := 1, minio.DefaultRetryUnit; ; attempt, wait = attempt+1, min(2*wait, minio.DefaultRetryCap) {
		err := ctx.Err()
		if err == nil {
			err = send(p.body())
		}
		if err == nil {
			return nil
		}
		p.discard()
		if attempt == attempts || !passes(err) || ctx.Err() != nil {
			return err
		}
		select {
		case <-time.After(wait):
		case <-ctx.Done():
		}
	}
}

// passes reports whether an error may be gone the next time.
func passes(err error) bool {
	switch response := minio.ToErrorResponse(err); response.StatusCode {
	case http.StatusRequestTimeout, http.StatusTooManyRequests:
		return true
	case http.StatusConflict:
		return response.Code == "ConditionalRequestConflict" // another Put was under way
	case 0:
		return !errors.Is(err, context.Canceled) // no response
	default:
		return response.StatusCode >= 500 && response.StatusCode != http.StatusInsufficientStorage
	}
}

// chunkSize is by how much a part grows, so that a small object takes little memory.
const chunkSize = 128 << 10

// part is what is read and not yet sent.
type part struct {
	chunks [][]byte  // all of chunkSize
	size   int       // of what is in them
	hash   hash.Hash // of it
	used   bool      // by a request that may still be reading them
}

// fill replaces what is in the part with what source yields, up to limit bytes: with fewer,
// that was the end.
func (p *part) fill(ctx context.Context, source io.Reader, limit int) error {
	if p.used || p.hash == nil {
		*p = part{hash: sha256.New()}
	}
	p.hash.Reset()
	for p.size = 0; p.size < limit; {
		if err := ctx.Err(); err != nil {
			return err
		}
		chunk, at := p.size/chunkSize, p.size%chunkSize
		if chunk == len(p.chunks) {
			p.chunks = append(p.chunks, make([]byte, chunkSize))
		}
		n, err := source.Read(p.chunks[chunk][at:min(chunkSize, at+limit-p.size)])
		p.size += n
		_, _ = p.hash.Write(p.chunks[chunk][at : at+n]) // while others are sent
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// ender is a reader that is not read again once it has ended.
type ender struct {
	r     io.Reader
	ended bool
}

func (e *ender) Read(p []byte) (int, error) {
	if e.ended {
		return 0, io.EOF
	}
	n, err := e.r.Read(p)
	e.ended = errors.Is(err, io.EOF)
	return n, err
}

// body returns a reader of the part that nothing else reads.
func (p *part) body() io.Reader {
	readers := make([]io.Reader, 0, len(p.chunks))
	for left, i := p.size, 0; left > 0; left, i = left-chunkSize, i+1 {
		readers = append(readers, bytes.NewReader(p.chunks[i][:min(left, chunkSize)]))
	}
	return io.MultiReader(readers...)
}

// discard has the next part read into other memory.
func (p *part) discard() { p.used = true }

// sum is the SHA-256 of what is in the part, in hex.
func (p *part) sum() string { return hex.EncodeToString(p.hash.Sum(nil)) }
