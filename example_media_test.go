package chat_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/png"
	"strings"
	"time"

	"github.com/go-df/chat"
	"github.com/go-df/chat/storage"
)

// A smaller copy of a picture is made when somebody first asks for it.
func ExampleService_OpenThumbnail() {
	ctx := context.Background()
	svc, db := openExample(chat.Config{Media: storage.Memory()})
	defer closeExample(db)
	var photo bytes.Buffer
	noErr(png.Encode(&photo, image.NewGray(image.Rect(0, 0, 1600, 1200))))
	upload, err := svc.UploadMedia(ctx, alice, chat.NewMedia{FileName: "night.png", Body: &photo})
	noErr(err)

	small, content, err := svc.OpenThumbnail(ctx, alice, upload.ID)
	noErr(errors.Join(err, content.Close()))
	fmt.Printf("%d × %d, of %d × %d\n", *small.Width, *small.Height, *upload.Width, *upload.Height)

	upload, err = svc.UploadMedia(ctx, alice, chat.NewMedia{Body: strings.NewReader("no picture")})
	noErr(err)
	_, _, err = svc.OpenThumbnail(ctx, alice, upload.ID)
	fmt.Println(err)
	// Output:
	// 512 × 384, of 1600 × 1200
	// chat: not found
}

// A job of the host's, each night, removes the files that nobody can see any more.
func ExampleService_SweepMedia() {
	ctx := context.Background()
	store := storage.Memory()
	yesterday := time.Now().Add(-25 * time.Hour)
	svc, db := openExample(chat.Config{Media: store, Clock: func() time.Time { return yesterday }})
	defer closeExample(db)
	_, err := svc.UploadMedia(ctx, alice, chat.NewMedia{Body: strings.NewReader("never sent")})
	noErr(err)

	tonight, err := chat.New(db, chat.Config{Media: store})
	noErr(err)
	swept, err := tonight.SweepMedia(ctx, 24*time.Hour)
	fmt.Println(swept, err)
	fmt.Println("files in the store:", store.Len())
	// Output:
	// 1 <nil>
	// files in the store: 0
}

// Headers with which a file of a user's is served without harm.
func ExampleMedia_ContentHeaders() {
	for _, m := range []chat.Media{
		{ContentType: "image/png", FileName: "cat.png"},
		{ContentType: "text/html; charset=utf-8", FileName: "cat.png.html"},
	} {
		kind, disposition := m.ContentHeaders()
		fmt.Println(kind, "|", disposition)
	}
	// Output:
	// image/png | inline; filename="cat.png"
	// application/octet-stream | attachment; filename="cat.png.html"
}
