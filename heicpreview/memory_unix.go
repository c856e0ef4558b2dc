//go:build nodynamic && (linux || darwin || freebsd || netbsd || openbsd || dragonfly)

package heicpreview

import "syscall"

// reserve returns n bytes, all zero, and what gives them back to the system.
func reserve(n int) (memory []byte, release func()) {
	memory, err := syscall.Mmap(-1, 0, n, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_ANON|syscall.MAP_PRIVATE)
	if err != nil {
		return make([]byte, n), func() {}
	}
	return memory, func() { _ = syscall.Munmap(memory) } // which it did map
}
