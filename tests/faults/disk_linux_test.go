package faults_test

import (
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"gorm.io/gorm"

	"github.com/go-df/chat"
	"github.com/go-df/chat/internal/chatsuite"
	"github.com/go-df/chat/internal/dbtest"
)

// smallDisk mounts a file system in memory. Where none can be mounted the test is skipped.
func smallDisk(t *testing.T, bytes int64, owner int) string {
	t.Helper()
	folder := chatsuite.Must(os.MkdirTemp("", "chat-disk-"))(t) //nolint:usetesting // a server of another user has to reach it
	t.Cleanup(func() { _ = os.Remove(folder) })
	options := fmt.Sprintf("size=%d,mode=0700,uid=%d", bytes, owner)
	if err := syscall.Mount("tmpfs", folder, "tmpfs", 0, options); err != nil {
		t.Skip("no file system can be mounted: ", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(folder, syscall.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	return folder
}

// ballast takes space that can be given back.
func ballast(t *testing.T, folder string, bytes int) (remove func()) {
	t.Helper()
	path := filepath.Join(folder, "ballast")
	chatsuite.NoError(t, os.WriteFile(path, make([]byte, bytes), 0o600))
	return func() { chatsuite.NoError(t, os.Remove(path)) }
}

// A disk is full: every write is an error, reads go on, nothing is half written, and
// when there is space again it goes on.
func TestFullDisk(t *testing.T) {
	t.Parallel()
	for _, v := range []chatsuite.Variant{chatsuite.SQLiteFile, chatsuite.Postgres} {
		t.Run(v.Dialect(), func(t *testing.T) {
			t.Parallel()
			for range rounds(1, 3) {
				folder, dsn := fullDiskDatabase(t, v)
				fillDisk(t, v, folder, dsn)
			}
		})
	}
}

const spare = 1 << 20 // bytes, beside the ballast

// fullDiskDatabase makes a database on a disk with little more space than it needs.
func fullDiskDatabase(t *testing.T, v chatsuite.Variant) (folder, dsn string) {
	t.Helper()
	template := v.Template(siteConfig(v, ""))
	if !v.Postgres {
		path := dbtest.SQLitePath(t, template)
		content := chatsuite.Must(os.ReadFile(path))(t)
		folder = smallDisk(t, int64(len(content))+3*spare, os.Geteuid())
		path = filepath.Join(folder, "chat.db")
		chatsuite.NoError(t, os.WriteFile(path, content, 0o600))
		return folder, dbtest.SQLiteDSN(path)
	}
	server := dbtest.NewServer(t)
	dsn = server.DSN(t, template)
	admin := dbtest.Open(t, v.Dialector(server.DSN(t, dbtest.Template{})), gorm.Config{})
	name := strings.TrimPrefix(chatsuite.Must(url.Parse(dsn))(t).Path, "/")
	var data string
	chatsuite.NoError(t, admin.Raw("SHOW data_directory").Scan(&data).Error)
	var size int64
	chatsuite.NoError(t, admin.Raw("SELECT pg_database_size(?)", name).Scan(&size).Error)
	owner := chatsuite.Must(os.Stat(data))(t).Sys().(*syscall.Stat_t).Uid
	folder = smallDisk(t, size+4*spare, int(owner))
	chatsuite.NoError(t, admin.Exec("CREATE TABLESPACE small LOCATION '"+folder+"'").Error)
	chatsuite.NoError(t, admin.Exec("ALTER DATABASE "+name+" SET TABLESPACE small").Error)
	return folder, dsn
}

// fillDisk fills the disk by a workload, sees that it fails, and that it goes on when there
// is space again.
func fillDisk(t *testing.T, v chatsuite.Variant, folder, dsn string) {
	t.Helper()
	const clients = 4
	s := newSite(t, v, dsn, clients)
	s.media = filepath.Join(folder, "media")
	if v.Postgres {
		s.media = t.TempDir() // on a disk of its own, since the server owns this one
	}
	s.svc = chatsuite.Must(chat.New(s.db, s.config()))(t)
	s.Padding = 3000
	giveBack := ballast(t, folder, spare)
	w := chatsuite.Must(startWorkload(s.svc, v, s.scene, 1, clients))(t)
	full := s.awaitFull(t, w)
	chatsuite.NoError(t, ignore(s.svc.Messages(t.Context(), v.UserID(1), s.Rooms[0], chat.HistoryQuery{})))
	giveBack()
	s.awaitMessages(t, full)
	chatsuite.NoError(t, w.end())
	t.Logf("%d calls failed, %d messages acknowledged", w.errors.Load(), s.wantWhole(t))
	s.wantFiles(t)
}

// awaitFull returns the number of messages when no more are stored.
func (s *site) awaitFull(t *testing.T, w *workload) int64 {
	t.Helper()
	for end := time.Now().Add(2 * chatsuite.Timeout); time.Now().Before(end); {
		before, failed := s.messages(t), w.errors.Load()
		time.Sleep(300 * time.Millisecond)
		if s.messages(t) == before && w.errors.Load() > failed {
			return before
		}
	}
	t.Fatal("the disk is never full")
	return 0
}

// wantFiles marks the test as failed unless the media that can be seen have whole files.
func (s *site) wantFiles(t *testing.T) {
	t.Helper()
	var media []chat.Media
	chatsuite.NoError(t, s.db.Where("state = ?", chat.MediaReady).Find(&media).Error)
	for _, item := range media {
		_, content, err := s.svc.OpenMedia(t.Context(), chat.System, item.ID)
		if errors.Is(err, chat.ErrNotFound) {
			continue // not sent yet: its uploader's alone
		}
		chatsuite.NoError(t, err)
		info := chatsuite.Must(content.(*os.File).Stat())(t)
		chatsuite.NoError(t, content.Close())
		if info.Size() != item.Size {
			t.Errorf("a file of %d bytes has %d", item.Size, info.Size())
		}
	}
}
