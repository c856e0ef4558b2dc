// Webchat/s3 is examples/webchat that can also keep its media in a bucket of S3. It is a
// module of its own, so that the library's has no client of S3. From its folder:
//
//	export AWS_ACCESS_KEY_ID=… AWS_SECRET_ACCESS_KEY=…
//	go run . -media 's3://bucket/prefix/?region=eu-central-1'
//	go run . -media 's3://bucket?endpoint=http://127.0.0.1:7070'   # MinIO, versitygw, …
//
// Without keys in the environment, those of AWS's configuration file are taken, or the role
// of the machine.
package main

import (
	"cmp"
	"errors"
	"fmt"
	"net/url"
	"os"
	"strings"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"

	"github.com/go-df/chat"
	"github.com/go-df/chat/examples/webchat/host"
	"github.com/go-df/chat/storage/s3"
)

func main() { host.Main(host.Stores{"s3": openBucket}) }

// openBucket opens the bucket of a URL such as
// s3://bucket/prefix/?endpoint=https://example.com&region=eu-central-1.
func openBucket(name string) (chat.MediaStore, error) {
	bucket, err := url.Parse(name)
	if err != nil {
		return nil, err
	}
	if bucket.Host == "" {
		return nil, errors.New("-media names no bucket")
	}
	query := bucket.Query()
	endpoint, err := url.Parse(cmp.Or(query.Get("endpoint"), "https://s3.amazonaws.com"))
	if err != nil {
		return nil, err
	}
	client, err := minio.New(endpoint.Host, &minio.Options{
		Creds: credentials.NewChainCredentials([]credentials.Provider{
			&credentials.EnvAWS{}, &credentials.FileAWSCredentials{}, &credentials.IAM{},
		}),
		Secure: endpoint.Scheme != "http",
		Region: cmp.Or(query.Get("region"), os.Getenv("AWS_REGION")),
	})
	if err != nil {
		return nil, fmt.Errorf("the endpoint of -media: %w", err)
	}
	return s3.New(client, bucket.Host, s3.Options{Prefix: strings.TrimPrefix(bucket.Path, "/")}), nil
}
