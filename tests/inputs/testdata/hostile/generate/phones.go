package main

import "slices"

// box is a box of an ISO base media file.
func box(kind string, content ...any) []byte {
	body := cat(content...)
	return cat(be32(8+len(body)), kind, body)
}

// phones are films, sounds and pictures as phones write them, with the place in all that has room
// for it.
func phones(f files) {
	ftyp := func(brand string) []byte { return box("ftyp", brand, be32(0), "isommp42") }
	for name, film := range map[string]struct {
		brand    string
		last     bool // the index is behind the samples
		handlers []string
	}{
		"film-index-first.mp4": {"mp42", false, []string{"vide", "soun", "meta"}},
		"film-index-last.mp4":  {"isom", true, []string{"vide", "soun", "meta"}},
		"film.mov":             {"qt  ", true, []string{"vide", "soun", "meta"}},
		"film.m4v":             {"M4V ", false, []string{"vide", "soun"}},
		"film.3gp":             {"3gp4", true, []string{"vide", "soun"}},
		"voice.m4a":            {"M4A ", true, []string{"soun"}},
		"voice.mp4":            {"mp42", true, []string{"soun"}},
		"canon-raw.cr3":        {"crx ", false, []string{"vide"}},
	} {
		head := ftyp(film.brand)
		mdat := box("mdat", stays, " the film")
		if slices.Contains(film.handlers, "meta") {
			mdat = box("mdat", stays, " the film", secret, "-1234")
		}
		at := len(head) + 8 + len(stays) + len(" the film")
		if film.last {
			f.add("phone-"+name, head, mdat, moov(at, film.handlers))
		} else {
			at += len(moov(0, film.handlers))
			f.add("phone-"+name, head, moov(at, film.handlers), mdat)
		}
	}
	f.add("phone-cut.mp4", ftyp("mp42"), box("mdat", secret))
	f.add("phone-voice-tagged.aac", id3(3, 10+len(secret)), "PRIV", be32(len(secret)), be16(0), secret, "\xff\xf1\x50\x80\x01\x1f\xfc\x00")
	f.add("phone-voice.webm", ebml("webm"), "\x18\x53\x80\x67\x01\xff\xff\xff\xff\xff\xff\xff",
		"\x15\x49\xa9\x66\x87\x44\x89\x84", be32(0x451c4000), // 2500.0 of a millisecond
		"\x16\x54\xae\x6b\x85\xae\x83\x83\x81\x02")
	f.add("phone-picture.heic", heic("heic"))
	f.add("phone-picture.avif", heic("avif"))
	f.add("phone-turned.png", pngMagic, ihdr(640, 16, 8, gray, 0), chunk("eXIf", tiff(bigEndian, 6, withGPS)), chunk("IDAT", zeros(641*16)), iend)
	f.add("phone-xmp.webp", riff("WEBP", vp8x(4, 24, 16), vp8l(24, 16, dotted(24*16)), riffChunk("XMP ", secret)))
	f.add("phone-comment.flac", "fLaC\x00\x00\x00\x22", make([]byte, 34), "\x84\x00\x00", byte(8+4+9+len(secret)), le32(0), le32(1), le32(9+len(secret)), "LOCATION=", secret)
}

// moov is the index of a film of 2.5 seconds on its side, with a track for each handler. The
// samples of a track of places are at a place of the file.
func moov(at int, handlers []string) []byte {
	var tracks []byte
	for _, handler := range handlers {
		size := 0
		if handler == "vide" {
			size = 1
		}
		tracks = cat(tracks, box("trak",
			box("tkhd", be32(0), secret[:8], make([]byte, 28), be32(0), be32(1<<16), be32(0), be32(-1<<16), make([]byte, 16), be32(1<<30), be32(size*1920<<16), be32(size*1080<<16)),
			box("mdia", box("hdlr", be32(0), be32(0), handler, make([]byte, 12), secret),
				box("minf", box("stbl", box("stsc", be32(0), be32(1), be32(1), be32(1), be32(1)), box("stsz", be32(0), be32(len(secret)+5), be32(1)), box("stco", be32(0), be32(1), be32(at))))),
			box("udta", secret)))
	}
	return box("moov", box("mvhd", be32(0), secret[:8], be32(600), be32(1500), make([]byte, 80)), tracks,
		box("udta", box("\xa9xyz", be16(10), be16(0), secret)), box("meta", secret), box("uuid", "0123456789abcdef", secret))
}

// heic is a picture in boxes with Exif and XMP behind it.
func heic(brand string) []byte {
	head := box("ftyp", brand, be32(0), "mif1", brand)
	infe := func(id int, kind string) []byte { return box("infe", be32(2<<24), be16(id), be16(0), kind, byte(0)) }
	meta := func(at int) []byte {
		item := func(id, from, n int) []byte { return cat(be16(id), be16(0), be16(1), be32(at+from), be32(n)) }
		return box("meta", be32(0), box("hdlr", be32(0), be32(0), "pict", make([]byte, 13)), box("pitm", be32(0), be16(1)),
			box("iinf", be32(0), be16(3), infe(1, "av01"), infe(2, "Exif"), infe(3, "mime")),
			box("iloc", be32(0), "\x44\x00", be16(3), item(1, 0, len(stays)), item(2, len(stays), len(secret)), item(3, len(stays)+len(secret), len(secret))),
			box("iprp", box("ipco", box("irot", "\x01"))), box("xml ", secret))
	}
	return cat(head, meta(len(head)+len(meta(0))+8), box("mdat", stays, secret, secret))
}
