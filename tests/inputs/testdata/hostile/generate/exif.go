package main

// byteOrder writes the numbers of a TIFF, in which Exif is kept.
type byteOrder struct {
	mark  string
	short func(int) []byte
	long  func(int) []byte
}

var (
	bigEndian    = byteOrder{"MM\x00\x2a", be16, be32}
	littleEndian = byteOrder{"II\x2a\x00", le16, le32}
)

// The types of an entry.
const (
	ascii    = 2
	short    = 3
	long     = 4
	rational = 5
)

// entry is one of a directory's. What is longer than four bytes is at the offset
// that is its value.
func (o byteOrder) entry(tag, kind, count int, value []byte) []byte {
	return cat(o.short(tag), o.short(kind), o.long(count), value, make([]byte, 4-len(value)))
}

func (o byteOrder) orientation(n int) []byte { return o.entry(0x0112, short, 1, o.short(n)) }

func (o byteOrder) directory(next int, entries ...[]byte) []byte {
	all := o.short(len(entries))
	for _, e := range entries {
		all = cat(all, e)
	}
	return cat(all, o.long(next))
}

const (
	withGPS    = true
	withoutGPS = false
)

// tiff has an orientation, and, if wanted, a description and a place.
func tiff(o byteOrder, orientation int, gps bool) []byte {
	if !gps {
		return cat(o.mark, o.long(8), o.directory(0, o.orientation(orientation)))
	}
	const text = 8 + 2 + 3*12 + 4
	const place = text + 16
	const numbers = place + 2 + 5*12 + 4
	return cat(o.mark, o.long(8),
		o.directory(0,
			o.entry(0x010E, ascii, 16, o.long(text)),
			o.orientation(orientation),
			o.entry(0x8825, long, 1, o.long(place))),
		secret, make([]byte, 16-len(secret)),
		o.directory(0,
			o.entry(1, ascii, 2, []byte("N\x00")),
			o.entry(2, rational, 3, o.long(numbers)),
			o.entry(3, ascii, 2, []byte("E\x00")),
			o.entry(4, rational, 3, o.long(numbers)),
			o.entry(0x1D, ascii, 11, o.long(numbers+24))),
		o.long(52), o.long(1), o.long(31), o.long(1), o.long(12), o.long(1),
		secret, byte(0))
}

func exif(parts ...any) []byte { return segment(app1, "Exif\x00\x00", cat(parts...)) }

// brokenExif are directories that go in circles or lead nowhere.
func brokenExif() map[string][]byte {
	m := bigEndian
	return map[string][]byte{
		"cycle":           cat(m.mark, m.long(8), m.directory(8, m.orientation(6)), secret),
		"cycle-in-gps":    cat(m.mark, m.long(8), m.directory(0, m.orientation(6), m.entry(0x8825, long, 1, m.long(8))), secret),
		"past-the-end":    cat(m.mark, m.long(0x7FFFFFFF), secret),
		"offset-negative": cat(m.mark, m.long(1<<32-1), secret),
		"offset-0":        cat(m.mark, m.long(0), secret),
		"text-elsewhere":  cat(m.mark, m.long(8), m.directory(0, m.entry(0x010E, ascii, 1<<31-1, m.long(1<<31-1)), m.orientation(6)), secret),
		"65535-entries":   cat(m.mark, m.long(8), m.short(65535), m.entry(0x010E, ascii, 4, []byte("abc\x00")), secret),
		"no-tiff":         cat(secret),
		"empty":           nil,
		"cut-in-header":   []byte("MM\x00"),
		"other-order":     cat("MI\x00\x2a", m.long(8), m.directory(0, m.orientation(6)), secret),
		"orientation-0":   cat(tiff(m, 0, withGPS)),
		"orientation-9":   cat(tiff(m, 9, withGPS)),
		"orientation-262": cat(tiff(m, 262, withGPS)), // 6 to those who read one byte
	}
}
