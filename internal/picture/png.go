package picture

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"io"
)

// inspectTurnedPNG reads on as far as the picture, to find the orientation that an eXIf before
// it has, and returns a reader of the whole all the same.
func inspectTurnedPNG(info Info, r *bufio.Reader) (Info, io.Reader, error) {
	const magic, chunkHead, sum = 8, 8, 4
	var head bytes.Buffer
	_, err := io.CopyN(&head, r, magic)
	for err == nil {
		var chunk []byte
		if chunk, err = r.Peek(chunkHead); err != nil || string(chunk[4:]) == "IDAT" {
			break
		}
		exif, size := string(chunk[4:]) == "eXIf", chunkHead+int64(binary.BigEndian.Uint32(chunk))+sum
		if int64(head.Len())+size > headMemory {
			return Info{}, nil, ErrTooLarge
		}
		before := head.Len()
		_, err = io.CopyN(&head, r, size)
		if exif && err == nil {
			info.Orientation = Orientation(head.Bytes()[before+chunkHead:])
			break
		}
	}
	if err != nil && !errors.Is(err, io.EOF) {
		return Info{}, nil, err
	}
	size := turned(info.Width, info.Height, info.Orientation)
	info.Width, info.Height = size.X, size.Y
	return info, io.MultiReader(&head, r), nil
}
