package main

import (
	"strings"
	"unicode/utf16"
)

const (
	svgScript = `<svg xmlns="http://www.w3.org/2000/svg"><script>alert(document.domain)</script></svg>`
	bomUTF8   = "\xef\xbb\xbf"
)

// markup is what a browser would run, in all the ways that hide it.
func markup(f files) {
	svgs(f)
	f.add("xml.xml", `<?xml version="1.0"?><a/>`)
	f.add("xml-stylesheet.xml", `<?xml version="1.0"?><?xml-stylesheet type="text/xsl" href="#s"?><xsl:stylesheet id="s"/>`)
	f.add("xml-xslt.xsl", `<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform"/>`)
	f.add("xml-external-entity.xml", `<?xml version="1.0"?><!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>`)
	f.add("xhtml.xhtml", `<?xml version="1.0"?><html xmlns="http://www.w3.org/1999/xhtml"><script>alert(1)</script></html>`)
	f.add("html.html", html)
	f.add("html-doctype.html", "<!DOCTYPE html>", html)
	f.add("html-uppercase.html", strings.ToUpper(html))
	f.add("html-whitespace-before.html", " \t\r\n\x0c", html)
	f.add("html-nuls-before.html", "\x00\x00\x00\x00", html)
	f.add("html-comment-before.html", "<!-- a -->", html)
	f.add("html-image-handler.html", `<img src=x onerror=alert(1)>`)
	f.add("html-bom.html", bomUTF8, html)
	f.add("html-bom-only.html", bomUTF8)
	f.add("html-utf-7.html", "+ADw-script+AD4-alert(1)+ADw-/script+AD4-")
	f.add("html-utf-16le-bom.html", "\xff\xfe", wide(html, le16))
	f.add("html-utf-16be-bom.html", "\xfe\xff", wide(html, be16))
	f.add("html-utf-16le.html", wide(html, le16))
	f.add("html-utf-16be.html", wide(html, be16))
	f.add("html-utf-32le-bom.html", "\xff\xfe\x00\x00", wide(html, le32))
	f.add("html-utf-32be-bom.html", "\x00\x00\xfe\xff", wide(html, be32))
	f.add("html-iso-2022-jp.html", "\x1b$B<script>alert(1)</script>\x1b(B")
	f.add("html-behind-512.html", strings.Repeat("a", 512), html)
	f.add("html-behind-3072.html", strings.Repeat("a", 3072), html)
	f.add("html-refresh.html", `<meta http-equiv="refresh" content="0;url=javascript:alert(1)">`)
	charsets(f)
}

func svgs(f files) {
	f.add("svg.svg", svgScript)
	f.add("svg-bom.svg", bomUTF8, svgScript)
	f.add("svg-uppercase.svg", strings.ToUpper(svgScript))
	f.add("svg-whitespace-before.svg", "\n\t ", svgScript)
	f.add("svg-comment-before.svg", "<!-- a -->", svgScript)
	f.add("svg-declaration.svg", `<?xml version="1.0"?>`, svgScript)
	f.add("svg-doctype.svg", `<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "http://www.w3.org/Graphics/SVG/1.1/DTD/svg11.dtd">`, svgScript)
	f.add("svg-prefixed.svg", `<s:svg xmlns:s="http://www.w3.org/2000/svg"><s:script>alert(1)</s:script></s:svg>`)
	f.add("svg-handler.svg", `<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>`)
	f.add("svg-foreign-object.svg", `<svg xmlns="http://www.w3.org/2000/svg"><foreignObject><iframe srcdoc="`, html, `"/></foreignObject></svg>`)
	bomb := `<?xml version="1.0"?><!DOCTYPE a [<!ENTITY a "aaaaaaaaaa">`
	for c := 'b'; c <= 'j'; c++ {
		bomb += "<!ENTITY " + string(c) + ` "` + strings.Repeat("&"+string(c-1)+";", 10) + `">`
	}
	f.add("svg-entity-bomb.svg", bomb, `]><svg xmlns="http://www.w3.org/2000/svg"><text>&j;</text></svg>`)
	f.add("svg-gzip.svgz", gzipped(svgScript))
	f.add("svg-utf-16le-bom.svg", "\xff\xfe", wide(svgScript, le16))
	f.add("svg-utf-16be-bom.svg", "\xfe\xff", wide(svgScript, be16))
	f.add("svg-utf-16le.svg", wide(svgScript, le16))
	f.add("svg-utf-16be.svg", wide(svgScript, be16))
}

// charsets are names of encodings that become a part of the type if they are believed.
func charsets(f files) {
	f.add("charset-header-injection.html", "<html><meta charset=\"x\r\nSet-Cookie: a=b\">")
	f.add("charset-another-type.html", `<html><meta charset="x, image/png">`)
	f.add("charset-nul.html", bomUTF8, "<html><meta charset=\"a\x00b\">")
	f.add("charset-not-utf-8.html", "<html><meta charset=\"\xff\xfe\xfd\">")
	f.add("charset-of-900-bytes.html", `<html><meta charset="`, strings.Repeat("a", 900), `">`)
	f.add("charset-header-injection.xml", "<?xml version=\"1.0\" encoding=\"x\r\nSet-Cookie: a=b\"?><a/>")
	f.add("charset-nul.xml", bomUTF8, "<?xml version=\"1.0\" encoding=\"a\x00b\"?><a/>")
	f.add("charset-not-utf-8.xml", "<?xml version=\"1.0\" encoding=\"\xff\xfe\xfd\"?><a/>")
	f.add("charset-of-2800-bytes.xml", `<?xml version="1.0" encoding="`, strings.Repeat("a", 2800), `"?><a/>`)
	f.add("charset-markup.xml", `<?xml version="1.0" encoding="<script>alert(1)</script>"?><a/>`)
}

// wide writes each character with so many bytes.
func wide(text string, number func(int) []byte) (all []byte) {
	for _, unit := range utf16.Encode([]rune(text)) {
		all = cat(all, number(int(unit)))
	}
	return all
}
