package inputs_test

import (
	"bytes"
	"encoding/binary"
	"testing"
)

// hostileCheckJPEG reads a stored JPEG as the standard has it, and refuses what does not
// belong to the picture.
func hostileCheckJPEG(t *testing.T, data []byte, orientation int) {
	t.Helper()
	if bytes.Contains(data, []byte("GPS-SECRET")) {
		t.Error("the secret is stored")
	}
	rest, isJPEG := bytes.CutPrefix(data, []byte("\xff\xd8"))
	if !isJPEG {
		t.Fatal("no JPEG is stored")
	}
	turned := 1
	for len(rest) > 0 {
		marker, payload, behind := hostileSegment(rest)
		switch {
		case marker == 0xD9 && len(behind) > 0:
			t.Errorf("%d bytes follow the end", len(behind))
		case marker == 0xE1:
			turned = hostileOrientation(t, payload)
		case marker == 0xFE || marker >= 0xE0 && marker <= 0xEF && !hostileKept(marker, payload):
			t.Errorf("a segment of type %X is stored: %q", marker, payload[:min(len(payload), 40)])
		case marker == 0:
			t.Errorf("%d bytes before the end are no segment: % x", len(rest), rest[:min(len(rest), 8)])
		}
		rest = behind
	}
	if turned != orientation {
		t.Errorf("the orientation is %d, want %d", turned, orientation)
	}
}

// hostileSegment cuts one segment off, and behind the head of a scan what is compressed.
// The marker is 0 where there is none.
func hostileSegment(data []byte) (marker byte, payload, behind []byte) {
	if len(data) < 2 || data[0] != 0xFF {
		return 0, nil, nil
	}
	marker, behind = data[1], data[2:]
	if marker == 0xD9 {
		return marker, nil, behind
	}
	if len(behind) < 2 {
		return 0, nil, nil
	}
	n := int(binary.BigEndian.Uint16(behind))
	if n < 2 || n > len(behind) {
		return 0, nil, nil
	}
	payload, behind = behind[2:n], behind[n:]
	if marker == 0xDA {
		behind = behind[hostileScan(behind):]
	}
	return marker, payload, behind
}

// hostileScan counts the bytes up to a marker that does not belong to the scan.
func hostileScan(data []byte) int {
	for i := range len(data) - 1 {
		if next := data[i+1]; data[i] == 0xFF && next != 0 && (next < 0xD0 || next > 0xD7) {
			return i
		}
	}
	return len(data)
}

// hostileKept knows the segments that colours depend on.
func hostileKept(marker byte, payload []byte) bool {
	switch marker {
	case 0xE0:
		return len(payload) == 14 && string(payload[:5]) == "JFIF\x00" && payload[12] == 0 && payload[13] == 0
	case 0xE2:
		return bytes.HasPrefix(payload, []byte("ICC_PROFILE\x00"))
	case 0xEE:
		return len(payload) == 12 && string(payload[:5]) == "Adobe"
	}
	return false
}

// hostileOrientation reads an Exif that has one entry: the orientation.
func hostileOrientation(t *testing.T, exif []byte) int {
	t.Helper()
	big := []byte("Exif\x00\x00MM\x00\x2a\x00\x00\x00\x08\x00\x01\x01\x12\x00\x03\x00\x00\x00\x01\x00?\x00\x00\x00\x00\x00\x00")
	little := []byte("Exif\x00\x00II\x2a\x00\x08\x00\x00\x00\x01\x00\x12\x01\x03\x00\x01\x00\x00\x00?\x00\x00\x00\x00\x00\x00\x00")
	for _, form := range [][]byte{big, little} {
		at := bytes.IndexByte(form, '?')
		if len(exif) != len(form) || exif[at] < 2 || exif[at] > 8 {
			continue
		}
		form[at] = exif[at]
		if bytes.Equal(exif, form) {
			return int(exif[at])
		}
	}
	t.Errorf("the Exif stored is %q", exif)
	return 1
}
