//go:build !arm

package storage

import (
	"os"
	"syscall"
)

// startWriting has the disk begin with a part of a file, without waiting for it.
func startWriting(file *os.File, from, length int64) {
	const begin = 2 // SYNC_FILE_RANGE_WRITE of sync_file_range(2)
	connection, err := file.SyscallConn()
	if err != nil {
		return
	}
	_ = connection.Control(func(descriptor uintptr) {
		_ = syscall.SyncFileRange(int(descriptor), from, length, begin) // a hint: Sync makes sure
	})
}
