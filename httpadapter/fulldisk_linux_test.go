package httpadapter_test

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/go-df/chat"
	"github.com/go-df/chat/httpadapter"
	"github.com/go-df/chat/storage"
)

// A disk of one MiB: what does not fit is refused and leaves nothing, the rest goes on.
func TestFullDisk(t *testing.T) {
	t.Parallel()
	disk := filepath.Join(t.TempDir(), "disk")
	ok(t, os.Mkdir(disk, 0o700))
	if err := syscall.Mount("tmpfs", disk, "tmpfs", 0, "size=1m"); err != nil {
		t.Skipf("no file system can be mounted here: %v", err)
	}
	t.Cleanup(func() { ok(t, syscall.Unmount(disk, 0)) })
	h := newHost(t, "sqlite", func(c *chat.Config, _ *httpadapter.Config) { c.Media = storage.Dir(disk) })
	room := h.group()
	upload := func(size int) answer {
		return h.do("alice", "POST /media", strings.Repeat("x", size), "Content-Type: ")
	}
	fits := upload(600 << 10)
	if fits.status != 201 {
		t.Fatalf("%d %s", fits.status, fits.body)
	}
	for _, size := range []int{600 << 10, 5 << 20} {
		if got := upload(size); got.status != 507 || got.field("code") != "no_space" {
			t.Errorf("%d bytes: %d %s", size, got.status, got.body)
		}
	}
	h.made("alice", "POST /rooms/"+room+"/messages", `{"text":"words go on"}`)
	sent := h.made("alice", "POST /rooms/"+room+"/messages", `{"media_ids":["`+fits.field("id")+`"]}`)
	if got := h.want(200, "", "bob", "GET "+fits.field("url"), ""); len(got.body) != 600<<10 {
		t.Errorf("%d bytes come back", len(got.body))
	}
	if got := upload(300 << 10); got.status != 201 {
		t.Errorf("what fits: %d %s", got.status, got.body)
	}
	h.want(204, "", "alice", "DELETE /messages/"+sent, "")
	must(h.svc.SweepMedia(t.Context(), -time.Hour))(t)
	if got := upload(600 << 10); got.status != 201 {
		t.Errorf("when there is room again: %d %s", got.status, got.body)
	}
	if left, err := os.ReadDir(filepath.Join(disk, "tmp")); err != nil || len(left) > 0 {
		t.Errorf("%d temporary files are left: %v", len(left), err)
	}
}
