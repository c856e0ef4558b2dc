package s3_test

import (
	"bytes"
	"image"
	"image/png"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/minio/minio-go/v7"

	"github.com/go-df/chat"
	"github.com/go-df/chat/httpadapter"
	"github.com/go-df/chat/internal/chatsuite"
	"github.com/go-df/chat/storage/s3"
)

// Files go to the bucket and come back over HTTP, whole and in ranges, through the handler
// or from the bucket itself, and are swept out of it.
func TestMediaOverHTTP(t *testing.T) {
	_, client := start(t)
	chatsuite.Run(t, func(t *testing.T, h *chatsuite.Host) {
		prefix := strings.ReplaceAll(t.Name(), "/", "-") + "/"
		config := h.Config
		config.Media = s3.New(client, bucket, s3.Options{Prefix: prefix})
		svc := must(chat.New(h.DB, config))(t)
		t.Cleanup(func() { noError(t, svc.Close()) })
		serve := func(redirect bool) http.Handler {
			return must(httpadapter.New(svc, httpadapter.Config{
				RedirectMedia: redirect,
				User:          func(*http.Request) (chat.UserID, error) { return h.Alice, nil },
			}))(t)
		}
		data := content(6 << 20)
		file := must(svc.UploadMedia(t.Context(), h.Alice, chat.NewMedia{FileName: "a.bin", Body: stream(len(data))}))(t)
		for asked, want := range map[string][]byte{"": data, "bytes=10-19": data[10:20], "bytes=5000000-5000099": data[5_000_000:5_000_100], "bytes=-5": data[len(data)-5:]} {
			r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/media/"+file.ID.String()+"/content", nil)
			if asked != "" {
				r.Header.Set("Range", asked)
			}
			w := httptest.NewRecorder()
			serve(false).ServeHTTP(w, r)
			if !bytes.Equal(w.Body.Bytes(), want) {
				t.Errorf("%q: %d with %d bytes, want %d", asked, w.Code, w.Body.Len(), len(want))
			}
		}
		picture := must(svc.UploadMedia(t.Context(), h.Alice, chat.NewMedia{FileName: "b.png", Body: drawing(t)}))(t)
		_, thumbnail, err := svc.OpenThumbnail(t.Context(), h.Alice, picture.ID)
		noError(t, err)
		noError(t, thumbnail.Close())

		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/media/"+picture.ID.String()+"/content", nil)
		w := httptest.NewRecorder()
		serve(true).ServeHTTP(w, r)
		status, header, _ := get(t, w.Header().Get("Location"))
		if status != http.StatusOK || header.Get("Content-Type") != "image/png" || !strings.Contains(header.Get("Content-Disposition"), "b.png") {
			t.Errorf("the bucket serves %d %v", status, header)
		}

		h.Clock.Advance(48 * time.Hour)
		if swept, err := svc.SweepMedia(t.Context(), 24*time.Hour); swept != 2 || err != nil {
			t.Errorf("SweepMedia: %d, %v, want 2", swept, err)
		}
		for object := range client.ListObjects(t.Context(), bucket, minio.ListObjectsOptions{Prefix: prefix, Recursive: true}) {
			t.Errorf("%s stays in the bucket: %v", object.Key, object.Err)
		}
	})
}

// drawing is a PNG that is large enough for a thumbnail.
func drawing(tb testing.TB) *bytes.Buffer {
	m := image.NewGray(image.Rect(0, 0, 1000, 800))
	for i := range m.Pix {
		m.Pix[i] = uint8(i)
	}
	var encoded bytes.Buffer
	noError(tb, png.Encode(&encoded, m))
	return &encoded
}
