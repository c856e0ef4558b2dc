package storage_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log"
	"os"
	"strings"
	"time"

	"github.com/go-df/chat/storage"
)

func ExampleDir() {
	folder, err := os.MkdirTemp("", "media")
	if err != nil {
		log.Fatal(err)
	}
	defer func() { _ = os.RemoveAll(folder) }()

	ctx := context.Background()
	store := storage.Dir(folder)
	if err := store.Put(ctx, "4fzgtrpmhq", strings.NewReader("a picture")); err != nil {
		log.Fatal(err)
	}
	err = store.Put(ctx, "4fzgtrpmhq", strings.NewReader("another"))
	fmt.Println("taken:", errors.Is(err, fs.ErrExist))

	object, err := store.Open(ctx, "4fzgtrpmhq")
	if err != nil {
		log.Fatal(err)
	}
	data, err := io.ReadAll(object)
	if err := errors.Join(err, object.Close()); err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%s\n", data)
	// Output:
	// taken: true
	// a picture
}

func ExampleMemory() {
	ctx := context.Background()
	store := storage.Memory()
	if err := store.Put(ctx, "key", strings.NewReader("a picture")); err != nil {
		log.Fatal(err)
	}
	if err := store.Delete(ctx, "key"); err != nil {
		log.Fatal(err)
	}
	_, err := store.Open(ctx, "key")
	fmt.Println("gone:", errors.Is(err, fs.ErrNotExist))
	// Output: gone: true
}

// A host that already runs something every night lets it tidy up too.
func ExampleDirStore_RemoveTemporaries() {
	store := storage.Dir("media")
	removed, err := store.RemoveTemporaries(context.Background(), 24*time.Hour)
	fmt.Println(removed, err)
	// Output: 0 <nil>
}
