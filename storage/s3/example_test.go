package s3_test

import (
	"os"
	"strings"
	"testing"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"
	"github.com/minio/minio-go/v7/pkg/encrypt"
	"gorm.io/gorm"

	"github.com/go-df/chat"
	"github.com/go-df/chat/storage/s3"
)

var db *gorm.DB

func ExampleNew() {
	open := func() error {
		client, err := minio.New("s3.eu-central-1.amazonaws.com", &minio.Options{
			Creds:  credentials.NewEnvAWS(),
			Region: "eu-central-1",
			Secure: true,
		})
		if err != nil {
			return err
		}
		store := s3.New(client, "bucket-of-mine", s3.Options{Prefix: "media/", Encryption: encrypt.NewSSE()})
		svc, err := chat.New(db, chat.Config{UserIDs: chat.Int64IDs, Media: store})
		if err != nil {
			return err
		}
		return svc.Close()
	}
	_ = open // the example is compiled, not run
}

// The guide shows the example.
func TestTheGuideShowsTheExample(t *testing.T) {
	t.Parallel()
	lines := func(file, from string) (found []string) {
		text := string(must(os.ReadFile(file))(t))
		_, text, _ = strings.Cut(text, from)
		text = strings.TrimLeft(text, "\n")
		for line := range strings.Lines(text) {
			if line = strings.TrimSpace(line); line == "" {
				break
			}
			found = append(found, line)
		}
		return found
	}
	shown := lines("../../docs/guide.md", "that you give it:\n")
	compiled := lines("example_test.go", "open := func() error {\n")
	if len(shown) < 5 || strings.Join(shown, "\n") != strings.Join(compiled[:len(shown)], "\n") {
		t.Errorf("the guide shows\n%s", strings.Join(shown, "\n"))
	}
}
