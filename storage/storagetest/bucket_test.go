package storagetest_test

import (
	"context"
	"errors"
	"io"
	"strings"
	"sync"
)

// The errors of Client.
var (
	ErrNoSuchKey          = errors.New("NoSuchKey")
	ErrPreconditionFailed = errors.New("PreconditionFailed")
)

// Client stands for the client of a bucket, as a host would import it. Its bucket is in
// memory.
type Client struct {
	mu      sync.Mutex
	objects map[string]string
}

func NewClient() *Client { return &Client{objects: map[string]string{}} }

// Condition says when PutObject fails.
type Condition struct{ IfNoneMatch string }

// PutObject sends body as a client over the network does: a part at a time, and a request
// in the end that makes the object of them.
func (c *Client) PutObject(ctx context.Context, name string, body io.Reader, condition Condition) error {
	var parts strings.Builder
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		n, err := io.CopyN(&parts, body, 5<<20)
		if n < 5<<20 && errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, taken := c.objects[name]; taken && condition.IfNoneMatch == "*" {
		return ErrPreconditionFailed
	}
	c.objects[name] = parts.String()
	return nil
}

// GetObject returns a stream, not a seekable file.
func (c *Client) GetObject(ctx context.Context, name string) (io.ReadCloser, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	data, there := c.objects[name]
	if !there {
		return nil, ErrNoSuchKey
	}
	return io.NopCloser(strings.NewReader(data)), nil
}

// DeleteObject succeeds whether or not there is something.
func (c *Client) DeleteObject(ctx context.Context, name string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.objects, name)
	return nil
}
