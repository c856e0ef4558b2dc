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

// DirWithSync is Dir that calls sync with each file and folder that is to be on disk,
// before it is, and with each link, whose name it gives, before it is made. An error of
// sync is that of the disk.
func DirWithSync(path string, sync func(name string) error) *DirStore {
	d := Dir(path)
	d.sync = func(file *os.File) error {
		if err := sync(file.Name()); err != nil {
			return err
		}
		return file.Sync()
	}
	d.link = func(root *os.Root, from, to string) error {
		if err := sync("link " + to); err != nil {
			return err
		}
		return root.Link(from, to)
	}
	return d
}
