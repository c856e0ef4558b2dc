package storagetest_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log"
	"strings"
)

// BucketStore keeps media in a bucket such as those of S3. The client's calls and errors
// are made up; those of a real one are much the same.
type BucketStore struct {
	Client *Client
	Prefix string // what is the library's in the bucket, such as "media/"
}

func (s BucketStore) Put(ctx context.Context, key string, r io.Reader) error {
	if key == "" {
		return errors.New("put: empty key")
	}
	// Without the condition, a second Put would replace the object.
	err := s.Client.PutObject(ctx, s.Prefix+key, r, Condition{IfNoneMatch: "*"})
	return translate("put", key, err)
}

func (s BucketStore) Open(ctx context.Context, key string) (io.ReadCloser, error) {
	body, err := s.Client.GetObject(ctx, s.Prefix+key)
	if err != nil {
		return nil, translate("open", key, err)
	}
	return body, nil
}

func (s BucketStore) Delete(ctx context.Context, key string) error {
	return translate("delete", key, s.Client.DeleteObject(ctx, s.Prefix+key))
}

// translate gives the client's errors the meaning that the library looks for.
func translate(operation, key string, err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, ErrNoSuchKey):
		return fmt.Errorf("%s %q: %w", operation, key, fs.ErrNotExist)
	case errors.Is(err, ErrPreconditionFailed):
		return fmt.Errorf("%s %q: %w", operation, key, fs.ErrExist)
	}
	return fmt.Errorf("%s %q: %w", operation, key, err)
}

// A store of one's own: three methods, whose test is a call of Run.
func Example() {
	ctx := context.Background()
	store := BucketStore{Client: NewClient(), Prefix: "media/"}
	if err := store.Put(ctx, "key", strings.NewReader("a picture")); err != nil {
		log.Fatal(err)
	}
	fmt.Println(store.Put(ctx, "key", strings.NewReader("another")))
	_, err := store.Open(ctx, "missing")
	fmt.Println(err)
	// Output:
	// put "key": file already exists
	// open "missing": file does not exist
}
