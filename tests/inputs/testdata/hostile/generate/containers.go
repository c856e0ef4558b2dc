package main

import (
	"hash/crc32"
	"strings"
)

func gzipped(content string) []byte {
	deflated := stored([]byte(content))
	return cat("\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff", deflated[2:len(deflated)-4],
		le32(int(crc32.ChecksumIEEE([]byte(content)))), le32(len(content)))
}

// ftyp is the first box of an MP4, which says that it is size bytes long.
func ftyp(size int, brand string) []byte {
	return cat(be32(size), "ftyp", brand, be32(512), "isommp41")
}

func mp4s(f files) {
	for name, brand := range map[string]string{
		"isom": "isom", "mp42": "mp42", "avc1": "avc1", "dash": "dash", "m4a": "M4A ", "m4v": "M4V ", "qt": "qt  ",
		"3gp4": "3gp4", "3g2a": "3g2a", "heic": "heic", "avif": "avif", "mif1": "mif1", "f4v": "F4V ",
		"nuls": "\x00\x00\x00\x00", "htm": "<htm", "crlf": "\r\n\r\n",
	} {
		f.add("mp4-brand-"+name+".mp4", ftyp(24, brand), be32(8), "mdat")
	}
	for name, size := range map[string]int{"0": 0, "1": 1, "8": 8, "15-mib": 0xFFFFFF, "4-gib": 1<<32 - 1} {
		f.add("mp4-ftyp-size-"+name+".mp4", ftyp(size, "isom"), be32(8), "mdat")
	}
	f.add("mp4-ftyp-cut.mp4", be32(24), "fty")
	f.add("mp4-ftyp-without-brand.mp4", be32(8), "ftyp")
	f.add("mp4-moov-first.mov", be32(8), "wide", be32(8), "mdat")
}

// id3 is the header of a tag; its size is in groups of seven bits.
func id3(version byte, size int) []byte {
	return cat("ID3", version, "\x00\x00", byte(size>>21&127), byte(size>>14&127), byte(size>>7&127), byte(size&127))
}

// mp3Frames are silent frames of 104 bytes each.
func mp3Frames(n int) []byte {
	one := cat("\xff\xfb\x10\xc4", make([]byte, 100))
	return []byte(strings.Repeat(string(one), n))
}

// oggPage is the first page of a stream.
func oggPage(content string) []byte {
	return cat("OggS\x00\x02", make([]byte, 20), byte(1), byte(len(content)), content)
}

// ebml is the head of a WebM or Matroska file.
func ebml(kind string) []byte {
	inner := cat("\x42\x86\x81\x01\x42\x82", byte(0x80|len(kind)), kind)
	return cat("\x1a\x45\xdf\xa3", byte(0x80|len(inner)), inner)
}

func sounds(f files) {
	f.add("mp3-frames.mp3", mp3Frames(4))
	for _, version := range []byte{2, 3, 4} {
		f.add("mp3-id3-2."+string('0'+version)+".mp3", id3(version, 10), make([]byte, 10), mp3Frames(4))
	}
	f.add("mp3-id3-giant.mp3", id3(3, 1<<28-1), mp3Frames(4))
	f.add("mp3-id3-empty-tag.mp3", id3(3, 0), mp3Frames(4))
	f.add("mp3-id3-empty-tag-alone.mp3", id3(3, 0))
	f.add("mp3-id3-behind-2048.mp3", id3(4, 3000), make([]byte, 3000), mp3Frames(4))
	f.add("mp3-id3-size-not-synchsafe.mp3", "ID3\x03\x00\x00\xff\xff\xff\xff", make([]byte, 20))
	f.add("mp3-id3-version-255.mp3", "ID3\xff\xff\x00\x00\x00\x00\x0a", make([]byte, 20))
	f.add("mp3-id3-cut.mp3", "ID3\x03\x00")
	f.add("mp3-id3-is-text.mp3", "ID3", html)
	f.add("mp3-id3v1-only.mp3", "TAG", make([]byte, 125))
	f.add("ogg-vorbis.ogg", oggPage("\x01vorbis"+strings.Repeat("\x00", 23)))
	f.add("ogg-opus.ogg", oggPage("OpusHead\x01\x02"+strings.Repeat("\x00", 9)))
	f.add("ogg-theora.ogv", oggPage("\x80theora\x03\x02"+strings.Repeat("\x00", 33)))
	f.add("ogg-html-codec.ogg", oggPage(html))
	f.add("ogg-version-1.ogg", "OggS\x01", make([]byte, 30))
	f.add("webm.webm", ebml("webm"), "\x18\x53\x80\x67\x80")
	f.add("mkv.mkv", ebml("matroska"), "\x18\x53\x80\x67\x80")
	f.add("ebml-unknown.mkv", ebml("htmldoc"), "\x18\x53\x80\x67\x80")
	f.add("ebml-no-doctype.mkv", "\x1a\x45\xdf\xa3\x80\x18\x53\x80\x67\x80")
	f.add("wav.wav", riff("WAVE", riffChunk("fmt ", le16(1), le16(1), le32(8000), le32(8000), le16(1), le16(8)), riffChunk("data", "\x80\x80")))
	f.add("flac.flac", "fLaC\x00\x00\x00\x22", make([]byte, 34))
	f.add("midi.mid", "MThd", be32(6), be16(0), be16(1), be16(96))
	f.add("avi.avi", riff("AVI ", cat("LIST", le32(4), "hdrl")))
}
