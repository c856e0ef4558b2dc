package strip

import (
	"io"
	"math"
)

// matroska reads how long and how large a WebM or Matroska is, from what comes before its first
// cluster of pictures and sounds; it strips nothing.
type matroska struct {
	*pass
	contentType string
	scale       uint64 // nanoseconds of a unit
	duration    float64
	sounds      bool
	films       bool
	shown       [2]int // the size in which it is to be shown
}

func newMatroska(contentType string, r io.Reader) *matroska {
	m := &matroska{pass: newPass(r), contentType: contentType, scale: 1_000_000}
	m.step = m.element
	return m
}

// The elements that are read, by their ids (RFC 9559).
const (
	mkvSegment, mkvInfo, mkvTracks, mkvTrack, mkvVideo = 0x18538067, 0x1549A966, 0x1654AE6B, 0xAE, 0xE0
	mkvCluster                                         = 0x1F43B675
	mkvScale, mkvDuration, mkvTrackType                = 0x2AD7B1, 0x4489, 0x83
	mkvWidth, mkvHeight                                = 0xB0, 0xBA
	mkvShownWidth, mkvShownHeight, mkvShownUnit        = 0x54B0, 0x54BA, 0x54B2
)

// element takes the head of an element; what has others in it is entered by that.
func (m *matroska) element() error {
	head, _ := m.in.Peek(12)
	id, n := ebmlNumber(head, 4, false)
	size, k := ebmlNumber(head[n:], 8, true)
	if n == 0 || k == 0 {
		m.describe()
		return m.cutOff()
	}
	switch id {
	case mkvSegment, mkvInfo, mkvTracks, mkvTrack, mkvVideo:
		m.treat(copied, int64(n+k), nil)
		return nil
	case mkvCluster:
		m.describe()
		return m.copyRest()
	}
	if size > toTheEnd-16 {
		m.describe()
		return m.copyRest()
	}
	if size <= 8 {
		if b, err := m.in.Peek(n + k + int(size)); err == nil {
			m.value(id, b[n+k:])
		}
	}
	m.treat(copied, int64(n+k)+int64(size), nil)
	return nil
}

// ebmlNumber reads a number of at most so many bytes, whose first bits say how many it has, and
// returns how many; 0 where there is none. A size of ones alone is not known: the largest.
func ebmlNumber(b []byte, most int, withoutMark bool) (value uint64, n int) {
	if len(b) == 0 || b[0] == 0 {
		return 0, 0
	}
	for n = 1; b[0]<<(n-1)&0x80 == 0; n++ {
	}
	if n > most || n > len(b) {
		return 0, 0
	}
	for _, c := range b[:n] {
		value = value<<8 | uint64(c)
	}
	if withoutMark {
		all := uint64(1)<<(7*n) - 1
		if value &= all; value == all {
			value = math.MaxUint64
		}
	}
	return value, n
}

func (m *matroska) value(id uint64, b []byte) {
	var n uint64
	for _, c := range b {
		n = n<<8 | uint64(c)
	}
	side := func(i int, of *int) {
		if n > 0 && n < 1<<16 && m.shown[i] == 0 {
			*of = int(n)
		}
	}
	switch id {
	case mkvScale:
		m.scale = n
	case mkvDuration:
		m.duration = ebmlFloat(n, len(b))
	case mkvTrackType:
		m.films = m.films || n == 1
		m.sounds = m.sounds || n == 2
	case mkvWidth:
		side(0, &m.info.Width)
	case mkvHeight:
		side(1, &m.info.Height)
	case mkvShownWidth:
		side(0, &m.shown[0])
	case mkvShownHeight:
		side(1, &m.shown[1])
	case mkvShownUnit:
		if n != 0 { // not in pixels
			m.shown = [2]int{}
		}
	}
}

func ebmlFloat(bits uint64, bytes int) float64 {
	switch bytes {
	case 4:
		return float64(math.Float32frombits(uint32(bits))) //nolint:gosec // of 4 bytes
	case 8:
		return math.Float64frombits(bits)
	}
	return 0
}

// describe ends the head.
func (m *matroska) describe() {
	if m.shown[0] > 0 && m.shown[1] > 0 {
		m.info.Width, m.info.Height = m.shown[0], m.shown[1]
	}
	if m.info.Width == 0 || m.info.Height == 0 {
		m.info.Width, m.info.Height = 0, 0
	}
	if m.sounds && !m.films && m.contentType == "video/webm" {
		m.info.ContentType = "audio/webm"
	}
	if nanoseconds := m.duration * float64(m.scale); nanoseconds > 0 && nanoseconds < float64(maxDuration) {
		m.info.Duration = durationOf(uint64(nanoseconds), 1e9)
	}
}
