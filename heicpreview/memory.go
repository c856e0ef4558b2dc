//go:build nodynamic

package heicpreview

import (
	"bytes"
	"context"
	"fmt"
	"image"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/experimental"
)

// reserving is a runtime whose modules have a memory that is reserved as a whole, and real only
// where they have used it. It stays in its place, and is there until release.
type reserving struct {
	wazero.Runtime
	release func()
}

// InstantiateModule implements wazero.Runtime.
func (r *reserving) InstantiateModule(ctx context.Context, code wazero.CompiledModule, config wazero.ModuleConfig) (api.Module, error) {
	return r.Runtime.InstantiateModule(experimental.WithMemoryAllocator(ctx, r), code, config)
}

// Allocate implements experimental.MemoryAllocator. A module has one memory.
func (r *reserving) Allocate(_, most uint64) experimental.LinearMemory {
	memory, release := reserve(int(most)) //nolint:gosec // at most Options.Memory
	r.release = release
	return reserved(memory)
}

// reserved implements experimental.LinearMemory.
type reserved []byte

func (r reserved) Reallocate(size uint64) []byte {
	if size > uint64(len(r)) {
		return nil
	}
	return r[:size]
}

// Free is called when a module is closed, while the picture is in its memory still.
func (r reserved) Free() {}

// copied returns a picture that shares no memory with another.
func copied(m image.Image) (image.Image, error) {
	switch m := m.(type) {
	case *image.YCbCr:
		c := *m
		c.Y, c.Cb, c.Cr = bytes.Clone(m.Y), bytes.Clone(m.Cb), bytes.Clone(m.Cr)
		return &c, nil
	case *image.Gray:
		return &image.Gray{Pix: bytes.Clone(m.Pix), Stride: m.Stride, Rect: m.Rect}, nil
	case *image.RGBA:
		return &image.RGBA{Pix: bytes.Clone(m.Pix), Stride: m.Stride, Rect: m.Rect}, nil
	case *image.NRGBA:
		return &image.NRGBA{Pix: bytes.Clone(m.Pix), Stride: m.Stride, Rect: m.Rect}, nil
	case *image.RGBA64:
		return &image.RGBA64{Pix: bytes.Clone(m.Pix), Stride: m.Stride, Rect: m.Rect}, nil
	case *image.NRGBA64:
		return &image.NRGBA64{Pix: bytes.Clone(m.Pix), Stride: m.Stride, Rect: m.Rect}, nil
	}
	return nil, fmt.Errorf("the decoder has made a %T", m)
}
