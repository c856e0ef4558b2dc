package main

import (
	"fmt"
	"math/rand/v2"
)

// damaged are pictures that end early, or of which a bit was turned over.
func damaged(f files) {
	for _, p := range []struct {
		name, suffix string
		data         []byte
		header       int // what is behind it can break without anyone noticing before decoding
	}{
		{"png", ".png", widePNG(), 33},
		{"jpeg", ".jpg", wideJPEG(), len(photo{width: 640, height: 32, components: 3}.head()) + 14},
		{"jpeg-progressive", ".jpg", photo{width: 640, height: 32, components: 3, progressive: true}.bytes(),
			len(photo{width: 640, height: 32, components: 3, progressive: true}.head()) + 14},
		{"gif", ".gif", wideGIF(), 25},
		{"webp", ".webp", wideWebP(), 25},
	} {
		for name, at := range map[string]int{
			"in-magic":     3,
			"in-header":    12,
			"header":       p.header,
			"half":         (p.header + len(p.data)) / 2,
			"last-byte":    len(p.data) - 1,
			"last-8-bytes": len(p.data) - 8,
		} {
			f.add("cut-"+p.name+"-"+name+p.suffix, p.data[:at])
		}
		random := rand.New(rand.NewPCG(1, uint64(len(p.data))))
		for i := range 6 {
			data := cat(p.data)
			data[p.header+random.IntN(len(data)-p.header)] ^= 1 << random.IntN(8)
			f.add(fmt.Sprintf("flip-%s-%d%s", p.name, i+1, p.suffix), data)
		}
	}
}

// plain is what has no form.
func plain(f files) {
	f.add("empty")
	f.add("one-byte-00", "\x00")
	f.add("one-byte-ff", "\xff")
	f.add("one-byte-less-than", "<")
	f.add("zeros-64-kib", make([]byte, 64<<10))
	f.add("text.txt", "Hello\n")
	f.add("text-lone-cr.txt", "Hello\r")
	f.add("text-control-characters.txt", "Hello\x01\x02\x07\x1b[2J\x7f")
	f.add("text-escape-sequences.txt", "Hello \x1b[2J\x1b]0;a\x1b\\")
	f.add("text-latin-1.txt", "H\xe9llo, w\xf6rld")
	f.add("text-not-utf-8.txt", "Hello \xc0\xaf \xed\xa0\x80")
	f.add("text-right-to-left.txt", "abc\u202egnp.exe")
	random := rand.New(rand.NewPCG(2, 3))
	noise := make([]byte, 4000)
	for i := range noise {
		noise[i] = byte(random.Uint32())
	}
	f.add("random-bytes", noise)
}
