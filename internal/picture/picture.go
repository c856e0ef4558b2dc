// Package picture reads what a chat has to know of pictures before it trusts them: how
// large they are, which way up, and what decoding them would take. It takes out of a JPEG
// what does not belong to the picture, and makes thumbnails.
//
// The bytes are hostile: sizes are read and judged before anything is decoded.
package picture

import (
	"bytes"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"image"
	"image/gif"
	"slices"

	"golang.org/x/image/webp"
)

// The content types that are pictures.
const (
	PNG  = "image/png"
	JPEG = "image/jpeg"
	GIF  = "image/gif"
	WebP = "image/webp"
)

// ErrDamaged is returned for a picture that cannot be read.
var ErrDamaged = errors.New("the picture is damaged")

// ErrTooLarge is returned for a picture whose thumbnail would take too much memory.
var ErrTooLarge = errors.New("the picture is too large")

// Known reports whether a content type is that of a picture.
func Known(contentType string) bool {
	switch contentType {
	case PNG, JPEG, GIF, WebP:
		return true
	}
	return false
}

// Info is what the head of a picture says.
type Info struct {
	Width, Height int // pixels, as shown: turned by the orientation
	Orientation   int // as Exif counts: 1 is upright, 2 to 8 are mirrored and turned
}

// Pixels is the area.
func (i Info) Pixels() int64 { return int64(i.Width) * int64(i.Height) }

// HeadBytes is how much of a PNG, GIF or WebP has its size.
const HeadBytes = 3072

// Inspect reads the head of a PNG, GIF or WebP. For a JPEG, which may keep its size
// after megabytes of other things, see [Stripper].
func Inspect(contentType string, head []byte) (Info, error) {
	var info Info
	var err error
	switch contentType {
	case PNG:
		info, err = inspectPNG(head)
	case GIF:
		info, err = inspectGIF(head)
	case WebP:
		info, err = inspectWebP(head)
	default:
		return Info{}, ErrDamaged
	}
	if err != nil || info.Width < 1 || info.Height < 1 {
		return Info{}, ErrDamaged
	}
	return info, nil
}

// inspectPNG reads the first chunk, which must be IHDR. The standard library would read
// on as far as a palette, which may be far.
func inspectPNG(head []byte) (Info, error) {
	const chunk, end = 12, 29 // of the type and its data, which the checksum covers
	if len(head) < end+4 || string(head[chunk:chunk+4]) != "IHDR" ||
		crc32.ChecksumIEEE(head[chunk:end]) != binary.BigEndian.Uint32(head[end:]) {
		return Info{}, ErrDamaged
	}
	width, height := binary.BigEndian.Uint32(head[16:]), binary.BigEndian.Uint32(head[20:])
	if width > 1<<31-1 || height > 1<<31-1 {
		return Info{}, ErrDamaged
	}
	depth, colour := head[24], head[25]
	if !slices.Contains(depths[colour], depth) || head[26] != 0 || head[27] != 0 || head[28] > 1 {
		return Info{}, ErrDamaged
	}
	return newInfo(int(width), int(height)), nil
}

// depths are the bits a sample may have in each kind of PNG.
var depths = map[byte][]byte{0: {1, 2, 4, 8, 16}, 2: {8, 16}, 3: {1, 2, 4, 8}, 4: {8, 16}, 6: {8, 16}}

func inspectGIF(head []byte) (Info, error) {
	config, err := gif.DecodeConfig(bytes.NewReader(head))
	if err == nil && outgrows(head, config) {
		err = ErrDamaged
	}
	return newInfo(config.Width, config.Height), err
}

// outgrows reports whether the first picture of a GIF, where the head goes as far, reaches
// beyond its canvas, which browsers then enlarge.
func outgrows(head []byte, canvas image.Config) bool {
	const screen, extension, descriptor = 13, 0x21, 0x2C
	at := screen
	if flags := head[10]; flags&0x80 != 0 {
		at += 3 << (flags&7 + 1) // the colours
	}
	for at+1 < len(head) && head[at] == extension {
		for at += 2; at < len(head) && head[at] != 0; { // blocks that say how long they are
			at += int(head[at]) + 1
		}
		at++
	}
	if at+9 > len(head) || head[at] != descriptor {
		return false
	}
	side := func(i int) int { return int(binary.LittleEndian.Uint16(head[at+i:])) }
	return side(1)+side(5) > canvas.Width || side(3)+side(7) > canvas.Height
}

func inspectWebP(head []byte) (Info, error) {
	config, err := webp.DecodeConfig(bytes.NewReader(head))
	return newInfo(config.Width, config.Height), err
}

func newInfo(width, height int) Info {
	return Info{Width: width, Height: height, Orientation: 1}
}

// turned is the size as shown of what is stored as w × h.
func turned(w, h, orientation int) image.Point {
	if orientation >= 5 { // 5 to 8 lie on their sides
		return image.Pt(h, w)
	}
	return image.Pt(w, h)
}
