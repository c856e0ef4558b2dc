package main

const html = "<html><body><script>alert(document.domain)</script></body></html>"

// polyglots are two things at once, or the head of one with the body of another.
func polyglots(f files) {
	f.add("polyglot-png-magic-html.png", pngMagic, html)
	f.add("polyglot-png-header-html.png", pngMagic, ihdr(24, 16, 8, gray, 0), html)
	f.add("polyglot-png-then-html.png", smallPNG(), html)
	f.add("polyglot-png-then-zip.png", smallPNG(), zip(zipEntry("index.html", html)))
	f.add("polyglot-gif-js.gif", "GIF89a/*\n\n */=1;alert(document.domain)//") // the name of a variable, and a comment
	f.add("polyglot-gif-js-huge.gif", "GIF89a=1/*          */;alert(document.domain)")
	f.add("polyglot-gif-magic-html.gif", "GIF89a", html)
	f.add("polyglot-gif-magic-only.gif", "GIF89a")
	f.add("polyglot-gif-then-html.gif", smallGIF(), html)
	f.add("polyglot-gif-then-zip.gif", smallGIF(), zip(zipEntry("index.html", html))) // a GIFAR
	jpegPolyglots(f)
	f.add("polyglot-webp-magic-html.webp", "RIFF\x00\x01\x00\x00WEBP", html)
	f.add("polyglot-webp-vp8-html.webp", "RIFF\x00\x01\x00\x00WEBPVP8 \x00\x01\x00\x00", html)
	f.add("polyglot-webp-then-html.webp", smallWebP(), html)
	f.add("polyglot-webp-then-zip.webp", smallWebP(), zip(zipEntry("index.html", html)))
	f.add("polyglot-pdf-html.pdf", "%PDF-1.4\n", html)
	f.add("polyglot-html-pdf.html", html, "\n%PDF-1.4\n")
	f.add("polyglot-bmp-html.bmp", "BM", le32(100), le32(0), le32(54), le32(40), html)
	f.add("polyglot-bmp-js.bmp", "BM=1;alert(document.domain)")
	f.add("polyglot-tiff-html.tiff", "II*\x00", html)
	f.add("polyglot-ico-html.ico", "\x00\x00\x01\x00", html)
	f.add("polyglot-mp4-html.mp4", ftyp(24, "isom"), html)
	f.add("polyglot-id3-html.mp3", id3(3, 10), html)
	f.add("polyglot-mp3-frame-html.mp3", "\xff\xfb", html)
	f.add("polyglot-html-mp3.html", html, mp3Frames(4))
	f.add("polyglot-svg-mp3.svg", svgScript, mp3Frames(4))
	f.add("polyglot-ogg-html.ogg", "OggS\x00", html)
	f.add("polyglot-webm-html.webm", ebml("webm"), html)
	f.add("polyglot-wav-html.wav", "RIFF\x00\x01\x00\x00WAVE", html)
	f.add("polyglot-flac-html.flac", "fLaC\x00\x00\x00\x22", html)
	f.add("polyglot-html-then-png.html", html, smallPNG())
	f.add("polyglot-zip-then-html.zip", zip(zipEntry("a.txt", "a")), html)
}

func jpegPolyglots(f files) {
	f.add("polyglot-jpeg-magic-script.jpg", "\xff\xd8\xff<script>alert(1)</script>")
	f.add("polyglot-jpeg-app0-html.jpg", "\xff\xd8\xff\xe0", html)
	f.add("polyglot-jpeg-app0-long-html.jpg", soi, segment(app0, "JFIF\x00", html, secret), smallJPEG()[2:])
	f.add("polyglot-jpeg-com-script.jpg", smallJPEG(segment(markCOM, "<script>/*", secret, "*/alert(1)</script>")))
	f.add("polyglot-jpeg-app13-script.jpg", smallJPEG(segment(app13, "Photoshop 3.0\x00<script>/*", secret, "*/alert(1)</script>")))
	f.add("polyglot-jpeg-exif-script.jpg", smallJPEG(exif(brokenExif()["no-tiff"], html)))
	f.add("polyglot-jpeg-js.jpg", soi, segment(app0, "JFIF\x00*/=alert(1);/*", secret), smallJPEG()[2:], "*///")
	f.add("polyglot-jpeg-then-html.jpg", smallJPEG(), html, secret)
	f.add("polyglot-jpeg-then-zip.jpg", smallJPEG(), zip(zipEntry("index.html", html+secret)))
	f.add("polyglot-jpeg-then-php.jpg", smallJPEG(), "<?php /*", secret, "*/ system($_GET[0]);")
}

// documents are what programs run or open.
func documents(f files) {
	f.add("archive.gz", "\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff", html)
	f.add("archive.zip", zip(zipEntry("../../etc/passwd", "root")))
	f.add("archive.jar", zip(zipEntry("META-INF/MANIFEST.MF", "Main-Class: A\n")))
	f.add("archive.docx", zip(zipEntry("[Content_Types].xml", "<Types/>"), zipEntry("word/document.xml", "<a/>")))
	f.add("archive.7z", "7z\xbc\xaf\x27\x1c\x00\x04", make([]byte, 24))
	f.add("archive.rar", "Rar!\x1a\x07\x00", make([]byte, 24))
	f.add("program.elf", "\x7fELF\x02\x01\x01", make([]byte, 9), le16(2), le16(62), make([]byte, 44))
	f.add("program.exe", "MZ\x90\x00", make([]byte, 60), "PE\x00\x00")
	f.add("program.wasm", "\x00asm\x01\x00\x00\x00")
	f.add("program.class", "\xca\xfe\xba\xbe\x00\x00\x00\x34", make([]byte, 16))
	f.add("program.sh", "#!/bin/sh\nrm -rf /\n")
	f.add("program.py", "#!/usr/bin/env python3\nimport os\n")
	f.add("program.php", "<?php system($_GET[0]); ?>")
	f.add("program.swf", "FWS\x09", le32(100), make([]byte, 92))
	f.add("program.flv", "FLV\x01\x05\x00\x00\x00\x09\x00\x00\x00\x00")
	f.add("program.lnk", "L\x00\x00\x00\x01\x14\x02\x00", make([]byte, 68))
	f.add("program.js", "alert(document.domain)\n")
	f.add("document.pdf", "%PDF-1.7\n1 0 obj <</OpenAction <</S /JavaScript /JS (app.alert(1))>>>> endobj\n")
	f.add("document.ps", "%!PS-Adobe-3.0\n(%pipe%id) (r) file\n")
	f.add("document.rtf", "{\\rtf1\\ansi{\\object\\objupdate}}")
	f.add("document.mhtml", "From: <a@b>\r\nSubject: a\r\nMIME-Version: 1.0\r\nContent-Type: text/html\r\n\r\n", html)
	f.add("document.json", `{"a":"</script><script>alert(1)</script>"}`)
	f.add("document.csv", "a,b\r\n=cmd|'/c calc'!A0,1\r\n")
	f.add("document.m3u8", "#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n")
	f.add("document.ics", "BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n")
}

// zipEntry is a file in an archive, not compressed.
func zipEntry(name, content string) []byte {
	return cat("PK\x03\x04", le16(20), make([]byte, 12), le32(len(content)), le32(len(content)),
		le16(len(name)), le16(0), name, content)
}

func zip(entries ...[]byte) []byte {
	var all []byte
	for _, e := range entries {
		all = cat(all, e)
	}
	return cat(all, "PK\x05\x06", make([]byte, 8), le32(0), le32(len(all)), le16(0))
}
