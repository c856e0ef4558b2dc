// Package s3 keeps the media of the chat library in a bucket of S3, or of anything that
// speaks its protocol:
//
//	client, err := minio.New("s3.eu-central-1.amazonaws.com", &minio.Options{
//		Creds: credentials.NewEnvAWS(), Region: "eu-central-1", Secure: true,
//	})
//	svc, err := chat.New(db, chat.Config{Media: s3.New(client, "media", s3.Options{})})
//
// The server has to know conditional writes (If-None-Match: * of PutObject and
// CompleteMultipartUpload), as Amazon S3, MinIO and versitygw do; package storagetest tells
// of others. Keep the bucket private and without versioning, or what is deleted stays in it.
//
// The credentials need s3:PutObject, s3:GetObject, s3:DeleteObject,
// s3:AbortMultipartUpload, s3:ListBucketMultipartUploads and s3:ListMultipartUploadParts.
// With s3:ListBucket too a missing object is told from a forbidden one: without it Amazon S3
// returns 403 for both, and the library does not see that an object is missing.
package s3

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"net/url"
	"strings"
	"syscall"
	"time"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/encrypt"

	"github.com/go-df/chat"
	"github.com/go-df/chat/storage"
)

// Options are the settings of a Store.
type Options struct {
	// Prefix is what the names of the objects begin with, such as "media/". Everything in
	// the bucket that begins so and goes on with a key is the store's. Defaults to none.
	Prefix string

	// Encryption is how the server encrypts what is stored: encrypt.NewSSE,
	// encrypt.NewSSEKMS, or encrypt.NewSSEC with a key of yours, which only works over TLS
	// and leaves SignURL unsupported. Defaults to the bucket's own setting.
	Encryption encrypt.ServerSide

	// PartSize is the size in bytes of the parts in which larger objects are sent. One Put
	// keeps three parts in memory, or the object if that is less. An object has at most 10,000
	// parts. Defaults to 5 MiB, which is the least that S3 takes: less counts as that.
	PartSize int
}

const (
	minPartSize = 5 << 20
	maxParts    = 10_000
)

// Store is a chat.MediaStore, chat.MediaStoreCleaner and chat.MediaURLSigner. It is safe for
// use by several goroutines at once, and several processes may share a bucket.
type Store struct {
	core    minio.Core
	bucket  string
	options Options
}

// New returns a store in a bucket that is there. What is wrong with the bucket shows at
// first use. The client is the host's. Give it a Region, or it asks for the bucket's at
// first.
func New(client *minio.Client, bucket string, options Options) *Store {
	options.PartSize = max(options.PartSize, minPartSize)
	return &Store{core: minio.Core{Client: client}, bucket: bucket, options: options}
}

// Delete removes the object of key. It is no error if there is none.
func (s *Store) Delete(ctx context.Context, key string) error {
	err := s.begin(ctx, key)
	if err == nil {
		err = s.core.RemoveObject(ctx, s.bucket, s.name(key), minio.RemoveObjectOptions{})
	}
	if err != nil && !isMissing(err) {
		return fmt.Errorf("s3: delete: %w", err)
	}
	return nil
}

// SignURL returns a URL under which anyone may GET the object of key for as.Valid, which
// may be a second to seven days, with the headers that as names. It does not look whether
// there is one. Its error matches [errors.ErrUnsupported] if the store encrypts with a key
// of the host's (SSE-C), which a browser does not have.
func (s *Store) SignURL(ctx context.Context, key string, as chat.SignURLOptions) (string, error) {
	if err := s.begin(ctx, key); err != nil {
		return "", fmt.Errorf("s3: sign: %w", err)
	}
	if s.customerKey() != nil {
		return "", fmt.Errorf("s3: sign: %w: objects have a key of the host's", errors.ErrUnsupported)
	}
	headers := url.Values{}
	if as.ContentType != "" {
		headers.Set("response-content-type", as.ContentType)
	}
	if as.ContentDisposition != "" {
		headers.Set("response-content-disposition", as.ContentDisposition)
	}
	signed, err := s.core.PresignedGetObject(ctx, s.bucket, s.name(key), as.Valid, headers)
	if err != nil {
		return "", fmt.Errorf("s3: sign: %w", err)
	}
	return signed.String(), nil
}

// RemoveTemporaries aborts the uploads in parts that nobody has added to for olderThan:
// those of processes that have crashed, and those that could not be aborted when they
// failed. A day is a good value. It returns how many were aborted.
func (s *Store) RemoveTemporaries(ctx context.Context, olderThan time.Duration) (int, error) {
	removed, err := s.removeTemporaries(ctx, time.Now().Add(-olderThan))
	if err != nil {
		return removed, fmt.Errorf("s3: remove temporaries: %w", err)
	}
	return removed, nil
}

func (s *Store) removeTemporaries(ctx context.Context, before time.Time) (removed int, err error) {
	for page := (minio.ListMultipartUploadsResult{IsTruncated: true}); page.IsTruncated; {
		page, err = s.core.ListMultipartUploads(ctx, s.bucket, s.options.Prefix,
			page.NextKeyMarker, page.NextUploadIDMarker, "", 1000)
		if err != nil {
			return removed, err
		}
		for _, upload := range page.Uploads {
			aborted, err := s.abortOld(ctx, upload, before)
			if err != nil {
				return removed, err
			}
			if aborted {
				removed++
			}
		}
	}
	return removed, nil
}

// abortOld aborts an upload that is the store's and in which nothing has happened since.
func (s *Store) abortOld(ctx context.Context, upload minio.ObjectMultipartInfo, since time.Time) (bool, error) {
	key, below := strings.CutPrefix(upload.Key, s.options.Prefix)
	if !below || storage.CheckKey(key) != nil || !upload.Initiated.Before(since) {
		return false, nil
	}
	used, err := s.addedTo(ctx, upload, since)
	if err == nil && !used {
		err = s.core.AbortMultipartUpload(ctx, s.bucket, upload.Key, upload.UploadID)
	}
	if isMissing(err) { // it was completed or aborted meanwhile
		return false, nil
	}
	return err == nil && !used, err
}

// addedTo reports whether an upload has a part that came since then.
func (s *Store) addedTo(ctx context.Context, upload minio.ObjectMultipartInfo, since time.Time) (bool, error) {
	for marker := 0; ; {
		parts, err := s.core.ListObjectParts(ctx, s.bucket, upload.Key, upload.UploadID, marker, 1000)
		if err != nil {
			return false, err
		}
		for _, part := range parts.ObjectParts {
			if !part.LastModified.Before(since) {
				return true, nil
			}
		}
		if marker = parts.NextPartNumberMarker; !parts.IsTruncated {
			return false, nil
		}
	}
}

// begin is what every operation checks first.
func (s *Store) begin(ctx context.Context, key string) error {
	if err := storage.CheckKey(key); err != nil {
		return err
	}
	return ctx.Err()
}

func (s *Store) name(key string) string { return s.options.Prefix + key }

// customerKey is what reading needs too where the host has the key of the encryption.
func (s *Store) customerKey() encrypt.ServerSide {
	if e := s.options.Encryption; e != nil && e.Type() == encrypt.SSEC {
		return e
	}
	return nil
}

func isMissing(err error) bool {
	switch minio.ToErrorResponse(err).Code {
	case minio.NoSuchKey, minio.NoSuchUpload:
		return true
	}
	return false
}

// meaning gives the server's errors the meaning that the library looks for.
func meaning(err error) error {
	response := minio.ToErrorResponse(err)
	switch {
	case isMissing(err):
		return fmt.Errorf("%w: %w", fs.ErrNotExist, err)
	case response.StatusCode == http.StatusInsufficientStorage:
		return fmt.Errorf("%w: %w", syscall.ENOSPC, err)
	}
	return err
}
