// Package heicpreview is a chat.Previewer of HEIC and AVIF, the pictures of phones that Go
// cannot decode:
//
//	previewer, err := heicpreview.New(heicpreview.Options{})
//	svc, err := chat.New(db, chat.Config{Previewer: previewer})
//
// The decoders are libheif with libde265, and libavif with libaom, compiled to WebAssembly and run
// by wazero: without cgo, and with nothing of the machine but the bytes that they are given. Build with
// the tag nodynamic:
//
//	go build -tags nodynamic ./...
//
// Without it New returns an error, since the packages beneath would load the system's libraries instead,
// where there are any, and run them outside of any bound.
//
// # Memory and time
//
// What the decoders allocate is bounded by Options.Memory, whatever a file says of itself: a
// picture that needs more has no preview. Beside it there are the file, the copy that becomes the
// thumbnail, and some 20 MB for each decoder once it was used.
//
// A picture of 12 megapixels (4032 × 3024) takes 2 to 3 s of one core, and half a second more the first
// time, when the decoder is compiled. Other goroutines run meanwhile. The decoder of HEIC takes 71 to 77 MiB, and the program grows by
// 150 MB; that of AVIF takes 118 MiB where the picture is in tiles, and 246 MiB where it is not, near the 256 MiB
// that it has by default, and the program grows by 250 and 380 MB. That was measured with pictures of a
// photograph's complexity: 2.9 and 3.2 MB as heif-enc makes them, and the tiles of BenchmarkPreview.
//
// # Patents
//
// HEVC, the compression in HEIC, is covered by patents that are licensed in pools (Access Advance,
// MPEG LA's successor Via LA and others). Whether a program that decodes it needs a licence
// depends on the country, and on how it is distributed: ask, before you import this package in
// a product. Options.NoHEIC leaves it out. AV1, the compression in AVIF, was published free
// of royalties by the Alliance for Open Media. libheif and libde265 are under the LGPL.
package heicpreview

import (
	"context"
	"errors"
	"fmt"
	"image"
	"io"
)

// Options are the settings of a Previewer.
type Options struct {
	// Memory is what a decoder may allocate at most, in bytes; up to 4 GiB. HEIC takes some 7
	// bytes a pixel, and AVIF 10 in tiles and 21 else. Defaults to 256 MiB.
	Memory int64
	// FileBytes is the largest file that is decoded. Defaults to 32 MiB.
	FileBytes int64
	// NoHEIC leaves HEIC out: then there are previews of AVIF alone.
	NoHEIC bool
}

// Previewer is a chat.Previewer. It may be shared. All of a process decode one HEIC at a time, and
// one AVIF.
type Previewer struct{ options Options }

var (
	errKind    = errors.New("heicpreview: neither HEIC nor AVIF")
	errBytes   = errors.New("heicpreview: the file is too large")
	errDynamic = errors.New("heicpreview: build with -tags nodynamic: without it the decoders would be the system's, outside of any bound")
)

// New returns a Previewer, and an error where the build tag nodynamic is missing.
func New(options Options) (*Previewer, error) {
	if !noDynamic {
		return nil, errDynamic
	}
	if options.Memory == 0 {
		options.Memory = 256 << 20
	}
	if options.FileBytes == 0 {
		options.FileBytes = 32 << 20
	}
	return &Previewer{options}, nil
}

// Preview implements chat.Previewer. The decoder ends with ctx.
func (p *Previewer) Preview(ctx context.Context, contentType string, r io.Reader) (image.Image, error) {
	decoder := avifEngine
	switch contentType {
	case "image/heic":
		if decoder = heicEngine; p.options.NoHEIC {
			return nil, errKind
		}
	case "image/avif":
	default:
		return nil, errKind
	}
	file, err := io.ReadAll(io.LimitReader(r, p.options.FileBytes+1))
	switch {
	case err != nil:
		return nil, err
	case int64(len(file)) > p.options.FileBytes:
		return nil, errBytes
	}
	shown, err := decoder.decode(ctx, file, p.options.Memory)
	if err != nil {
		return nil, fmt.Errorf("heicpreview: %s: %w", contentType, err)
	}
	return shown, nil
}
