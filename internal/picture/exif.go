package picture

import (
	"bytes"
	"encoding/binary"
)

const exifHeader = "Exif\x00\x00"

// exif reads the orientation, and returns a payload that holds nothing else: nil for
// what is upright, or no Exif at all.
func (s *Stripper) exif(payload []byte) []byte {
	tiff, isExif := bytes.CutPrefix(payload, []byte(exifHeader))
	if !isExif || s.orientation != 1 {
		return nil
	}
	s.orientation = Orientation(tiff)
	if s.orientation == 1 {
		return nil
	}
	return append([]byte(exifHeader), OrientationTIFF(s.orientation)...)
}

// OrientationTIFF is a TIFF that has an orientation, and nothing else: big endian, one
// directory with one entry, no further directory.
func OrientationTIFF(orientation int) []byte {
	return []byte("MM\x00\x2a\x00\x00\x00\x08" + "\x00\x01" +
		"\x01\x12\x00\x03\x00\x00\x00\x01\x00" + string(rune(orientation)) + "\x00\x00" + //nolint:gosec // bounded above
		"\x00\x00\x00\x00")
}

// Orientation finds the tag 0x0112, a single SHORT, in the first directory of a TIFF
// header. It is 1 where there is none.
func Orientation(tiff []byte) int {
	const upright, entryBytes = 1, 12
	if len(tiff) < 8 {
		return upright
	}
	var order binary.ByteOrder
	switch string(tiff[:4]) {
	case "II\x2a\x00":
		order = binary.LittleEndian
	case "MM\x00\x2a":
		order = binary.BigEndian
	default:
		return upright
	}
	at := int64(order.Uint32(tiff[4:]))
	if at+2 > int64(len(tiff)) {
		return upright
	}
	entries := tiff[at+2:]
	for range order.Uint16(tiff[at:]) {
		if len(entries) < entryBytes {
			break
		}
		if order.Uint16(entries) == 0x0112 && order.Uint16(entries[2:]) == 3 && order.Uint32(entries[4:]) == 1 {
			if value := int(order.Uint16(entries[8:])); value >= 1 && value <= 8 {
				return value
			}
			break
		}
		entries = entries[entryBytes:]
	}
	return upright
}
