package strip

import (
	"encoding/binary"
	"io"
	"math"
)

// wave reads how long a WAV or RF64 is; it strips nothing.
type wave struct {
	*pass
	perSecond uint64 // bytes
	long      uint64 // bytes of sound, where the head of an RF64 says so
}

func newWave(r io.Reader) *wave {
	w := &wave{pass: newPass(r)}
	w.step = w.start
	return w
}

func (w *wave) start() error {
	w.treat(copied, 12, nil)
	w.step = w.chunk
	return nil
}

func (w *wave) chunk() error {
	b, _ := w.in.Peek(8 + 16)
	if len(b) < 8 {
		return w.cutOff()
	}
	size := binary.LittleEndian.Uint32(b[4:])
	switch string(b[:4]) {
	case "fmt ":
		if len(b) == 24 {
			w.perSecond = uint64(binary.LittleEndian.Uint32(b[8+8:]))
		}
	case "ds64":
		if len(b) == 24 {
			w.long = binary.LittleEndian.Uint64(b[8+8:])
		}
	case "data":
		bytes := uint64(size)
		if size == math.MaxUint32 {
			bytes = w.long
		}
		w.info.Duration = durationOf(bytes, w.perSecond)
		return w.copyRest()
	}
	w.treat(copied, 8+int64(size)+int64(size&1), nil)
	return nil
}
