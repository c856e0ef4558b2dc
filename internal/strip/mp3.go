package strip

import (
	"encoding/binary"
	"time"
)

// mp3Duration reads the Xing, Info or VBRI header in the first frame of an MP3, which says how
// many frames there are. It is 0 where there is none.
func mp3Duration(head []byte) time.Duration {
	for at := 0; at+4 <= len(head); at++ {
		frame := head[at:]
		version, layer, rate := frame[1]>>3&3, frame[1]>>1&3, frame[2]>>2&3
		if frame[0] != 0xFF || frame[1] < 0xE0 || version == 1 || layer != 1 || rate == 3 || frame[2]>>4 == 15 {
			continue
		}
		hertz := []uint64{44100, 48000, 32000}[rate]
		samples, side := uint64(1152), 32
		mono := frame[3]>>6 == 3
		if mono {
			side = 17
		}
		if version != 3 { // MPEG 2, and 2.5
			hertz /= 2
			samples, side = 576, 17
			if mono {
				side = 9
			}
		}
		if version == 0 {
			hertz /= 2
		}
		return durationOf(frames(frame[4:], side)*samples, hertz)
	}
	return 0
}

func frames(b []byte, side int) uint64 {
	const vbri = 32
	if len(b) >= side+12 {
		if kind := string(b[side : side+4]); (kind == "Xing" || kind == "Info") && b[side+7]&1 != 0 {
			return uint64(binary.BigEndian.Uint32(b[side+8:]))
		}
	}
	if len(b) >= vbri+18 && string(b[vbri:vbri+4]) == "VBRI" {
		return uint64(binary.BigEndian.Uint32(b[vbri+14:]))
	}
	return 0
}
