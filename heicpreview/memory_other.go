//go:build nodynamic && !(linux || darwin || freebsd || netbsd || openbsd || dragonfly)

package heicpreview

// reserve returns n bytes, all zero.
func reserve(n int) (memory []byte, release func()) { return make([]byte, n), func() {} }
