package main

import (
	"fmt"
	"strings"
)

// jpegs are sound, or decode all the same.
func jpegs(f files) {
	jfif := segment(app0, "JFIF\x00\x01\x02", byte(0), be16(1), be16(1), byte(0), byte(0))
	f.add("jpeg-small.jpg", smallJPEG(jfif))
	f.add("jpeg-wide.jpg", wideJPEG(jfif))
	f.add("jpeg-gray.jpg", photo{width: 40, height: 24, components: 1}.bytes())
	f.add("jpeg-progressive-small.jpg", photo{width: 40, height: 24, components: 3, progressive: true}.bytes())
	f.add("jpeg-progressive-wide.jpg", photo{width: 640, height: 32, components: 3, progressive: true}.bytes())
	f.add("jpeg-cmyk.jpg", photo{width: 40, height: 24, components: 4, before: adobe(0)}.bytes())
	f.add("jpeg-ycck.jpg", photo{width: 40, height: 24, components: 4, before: adobe(2)}.bytes())
	f.add("jpeg-adobe-rgb.jpg", smallJPEG(adobe(0))) // without Adobe's segment its colours are others
	f.add("jpeg-adobe-rgb-wide.jpg", wideJPEG(adobe(0)))
	f.add("jpeg-icc.jpg", smallJPEG(segment(app2, "ICC_PROFILE\x00\x01\x01", stays)))
	f.add("jpeg-icc-in-two.jpg", smallJPEG(
		segment(app2, "ICC_PROFILE\x00\x01\x02", stays), segment(app2, "ICC_PROFILE\x00\x02\x02", stays)))
	small := photo{width: 40, height: 24, components: 3}
	fill := strings.Repeat("\xff", 5000)
	f.add("jpeg-fill-bytes.jpg", soi, fill, small.bytes()[2:])
	f.add("jpeg-garbage-between-segments.jpg", soi, segment(0xDD, be16(0)), secret, small.bytes()[2:])
	f.add("jpeg-restart-before-frame.jpg", soi, "\xff\xd0\xff\xd7", small.bytes()[2:])
	f.add("jpeg-restart-interval-0.jpg", smallJPEG(segment(0xDD, be16(0))))
	small.height = 32
	f.add("jpeg-html-in-scan.jpg", small.head(), small.scans(), "<html><script>alert(1)</script>", eoi)
}

// adobe says how the components are to be read: 0 as they are.
func adobe(transform byte) []byte {
	return segment(app14, "Adobe", be16(100), be16(0), be16(0), transform)
}

// jpegMetadata are the places for what must not be passed on.
func jpegMetadata(f files) {
	for n := 1; n <= 8; n++ {
		f.add(fmt.Sprintf("jpeg-exif-orientation-%d.jpg", n), smallJPEG(exif(tiff(bigEndian, n, withGPS))))
	}
	f.add("jpeg-exif-orientation-6-wide.jpg", wideJPEG(exif(tiff(littleEndian, 6, withoutGPS))))
	f.add("jpeg-exif-gps-big-endian.jpg", smallJPEG(exif(tiff(bigEndian, 1, withGPS))))
	f.add("jpeg-exif-gps-little-endian.jpg", smallJPEG(exif(tiff(littleEndian, 8, withGPS))))
	for name, data := range brokenExif() {
		f.add("jpeg-exif-"+name+".jpg", smallJPEG(exif(data)))
	}
	f.add("jpeg-exif-behind-frame.jpg", soi, tables(), frame(markSOF0, 40, 24, 1), exif(tiff(bigEndian, 6, withGPS)),
		photo{width: 40, height: 24, components: 1}.scans(), eoi)
	f.add("jpeg-xmp.jpg", smallJPEG(segment(app1, "http://ns.adobe.com/xap/1.0/\x00<x:xmpmeta>", secret, "</x:xmpmeta>")))
	f.add("jpeg-xmp-extended.jpg", smallJPEG(segment(app1, "http://ns.adobe.com/xmp/extension/\x00", strings.Repeat("A", 32), be32(20), be32(0), secret)))
	f.add("jpeg-iptc.jpg", smallJPEG(segment(app13, "Photoshop 3.0\x008BIM\x04\x04\x00\x00", be32(15), "\x1c\x02\x5a", be16(10), secret, byte(0))))
	f.add("jpeg-com.jpg", smallJPEG(segment(markCOM, secret)))
	f.add("jpeg-ducky.jpg", smallJPEG(segment(app12, "Ducky\x00\x01\x00\x04", be32(60), be16(2), secret)))
	f.add("jpeg-mpf.jpg", smallJPEG(segment(app2, "MPF\x00", littleEndian.mark, secret)), smallJPEG(exif(tiff(bigEndian, 1, withGPS))))
	f.add("jpeg-second-behind.jpg", smallJPEG(), smallJPEG(exif(tiff(bigEndian, 1, withGPS))))
	f.add("jpeg-jfif-thumbnail.jpg", smallJPEG(
		segment(app0, "JFIF\x00\x01\x02", byte(0), be16(1), be16(1), byte(2), byte(2), secret, "ab")))
	f.add("jpeg-jfif-says-no-thumbnail.jpg", smallJPEG(
		segment(app0, "JFIF\x00\x01\x02", byte(0), be16(1), be16(1), byte(0), byte(0), secret)))
	f.add("jpeg-jfxx.jpg", smallJPEG(segment(app0, "JFXX\x00\x10", smallJPEG(exif(tiff(bigEndian, 1, withGPS))))))
	f.add("jpeg-icc-and-gps.jpg", smallJPEG(segment(app2, "ICC_PROFILE\x00\x01\x01", stays), exif(tiff(bigEndian, 1, withGPS))))
	f.add("jpeg-flir-app1-icc-lookalike.jpg", smallJPEG(segment(app1, "ICC_PROFILE\x00\x01\x01", secret)))
	f.add("jpeg-adobe-lookalike.jpg", smallJPEG(segment(app14, "Adobf", be16(100), be16(0), be16(0), secret)))
	f.add("jpeg-adobe-with-more.jpg", smallJPEG(segment(app14, "Adobe", be16(100), be16(0), be16(0), byte(0), secret)))
	f.add("jpeg-every-app.jpg", smallJPEG(everyApp()))
	f.add("jpeg-com-between-scans.jpg", photo{width: 40, height: 24, components: 3, progressive: true,
		between: cat(segment(markCOM, secret), exif(tiff(bigEndian, 1, withGPS)))}.bytes())
	f.add("jpeg-com-behind-scan.jpg", photo{width: 40, height: 24, components: 3, between: segment(markCOM, secret)}.bytes())
	f.add("jpeg-that-is-a-pdf.jpg", smallJPEG(segment(markCOM, "%PDF-1.7")))
	f.add("jpeg-of-64-kib-segments.jpg", smallJPEG(segment(app1, "Exif\x00\x00", tiff(bigEndian, 6, withGPS), make([]byte, 65000))))
}

func everyApp() (all []byte) {
	for marker := byte(0xE0); marker <= 0xEF; marker++ {
		all = cat(all, segment(marker, secret))
	}
	return all
}

// brokenJPEGs go wrong before, in or behind their first scan.
func brokenJPEGs(f files) {
	p := photo{width: 640, height: 32, components: 3}
	f.add("jpeg-soi-only.jpg", soi)
	f.add("jpeg-soi-and-ff.jpg", soi, "\xff")
	f.add("jpeg-soi-eoi.jpg", soi, eoi)
	f.add("jpeg-fill-bytes-only.jpg", soi, strings.Repeat("\xff", 10_000))
	f.add("jpeg-zeros-behind-soi.jpg", soi, "\xff", make([]byte, 10_000))
	f.add("jpeg-segment-length-0.jpg", soi, "\xff\xe1\x00\x00", p.bytes()[2:])
	f.add("jpeg-segment-length-1.jpg", soi, "\xff\xe1\x00\x01", p.bytes()[2:])
	f.add("jpeg-segment-past-the-end.jpg", soi, "\xff\xe1\xff\xff", p.bytes()[2:])
	f.add("jpeg-no-frame.jpg", soi, tables(), p.scans(), eoi)
	f.add("jpeg-frame-behind-scan.jpg", soi, tables(), p.scans(), frame(markSOF0, 640, 32, 3), eoi)
	f.add("jpeg-no-scan.jpg", p.head(), eoi)
	f.add("jpeg-nothing-behind-frame.jpg", p.head())
	f.add("jpeg-scan-head-only.jpg", p.head(), scan(3, 0, 63, 0))
	f.add("jpeg-scan-head-cut.jpg", p.head(), "\xff\xda\x00\x0c\x03")
	f.add("jpeg-height-0.jpg", soi, tables(), frame(markSOF0, 640, 0, 3), p.scans(), eoi)
	f.add("jpeg-width-0.jpg", soi, tables(), frame(markSOF0, 0, 32, 3), p.scans(), eoi)
	f.add("jpeg-no-components.jpg", soi, tables(), frame(markSOF0, 640, 32, 0), p.scans(), eoi)
	f.add("jpeg-frame-of-5-bytes.jpg", soi, tables(), segment(markSOF0, byte(8), be16(32), be16(640)), p.scans(), eoi)
	f.add("jpeg-no-tables.jpg", soi, frame(markSOF0, 640, 32, 3), p.scans(), eoi)
	f.add("jpeg-arithmetic.jpg", soi, tables(), frame(0xC9, 640, 32, 3), p.scans(), eoi)
	f.add("bomb-jpeg-65535x65535.jpg", soi, segment(markCOM, secret), tables(), frame(markSOF0, 65535, 65535, 3), p.scans(), eoi)
	f.add("bomb-jpeg-65535x65535-no-scan.jpg", soi, tables(), frame(markSOF0, 65535, 65535, 3))
	f.add("bomb-jpeg-progressive-24-megapixels.jpg", photo{width: 6000, height: 4000, components: 3, progressive: true}.head(), scan(3, 0, 0, 1))
	f.add("bomb-jpeg-progressive-18-megapixels.jpg", photo{width: 6000, height: 3000, components: 1, progressive: true}.head(), scan(1, 0, 0, 1), "ab", eoi)
	f.add("bomb-jpeg-baseline-24-megapixels.jpg", photo{width: 6000, height: 4000, components: 3}.head(), scan(3, 0, 63, 0), "ab", eoi)
	many := photo{width: 2000, height: 2000, components: 3, progressive: true}
	f.add("bomb-jpeg-many-scans.jpg", many.head(), strings.Repeat(string(cat(scan(1, 1, 63, 0), "\x7f")), 1000), eoi)
}
