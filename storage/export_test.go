package storage

import (
	"errors"
	"os"
)

// DirWithoutLinks is Dir on a file system that has no hard links.
func DirWithoutLinks(path string) *DirStore {
	d := Dir(path)
	d.link = func(*os.Root, string, string) error { return errors.ErrUnsupported }
	return d
}
