package storage_test

import (
	"errors"
	"strings"
	"syscall"
	"testing"

	"github.com/go-df/chat/storage"
)

func TestDirFullDisk(t *testing.T) {
	folder := t.TempDir()
	if err := syscall.Mount("tmpfs", folder, "tmpfs", 0, "size=1m"); err != nil {
		t.Skip("may not mount here:", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(folder, 0); err != nil {
			t.Error(err)
		}
	})
	s := storage.Dir(folder)
	if err := s.Put(t.Context(), "big", strings.NewReader(strings.Repeat("x", 2<<20))); !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("Put of more than fits: %v; want ENOSPC", err)
	}
	if got := files(t, folder); len(got) != 0 {
		t.Errorf("files are left: %v", got)
	}
	if err := s.Put(t.Context(), "small", strings.NewReader("x")); err != nil {
		t.Errorf("Put of what fits: %v", err)
	}
}
