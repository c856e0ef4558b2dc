package chat

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// inline are the types that a browser may show in the origin of an application: none of
// them can hold a script.
var inline = map[string]bool{
	"image/png": true, "image/jpeg": true, "image/gif": true, "image/webp": true, "image/avif": true, "image/bmp": true,
	"video/mp4": true, "video/webm": true, "video/quicktime": true, "video/x-m4v": true, "video/ogg": true,
	"audio/mpeg": true, "audio/ogg": true, "audio/wav": true, "audio/flac": true, "audio/mp4": true,
	"audio/aac": true, "audio/webm": true, "application/ogg": true,
}

// ContentHeaders returns the Content-Type and the Content-Disposition with which a media item
// goes to a browser without harm: pictures, video and audio as what they are, to be
// shown; everything else, HTML, SVG and PDF included, as a download that is nothing but
// bytes. Send "X-Content-Type-Options: nosniff" along.
func (m *Media) ContentHeaders() (contentType, contentDisposition string) {
	if inline[m.ContentType] {
		return m.ContentType, disposition("inline", m.FileName)
	}
	return plainFile, disposition("attachment", m.FileName)
}

// disposition names a download (RFC 6266): a plain name for old clients, and
// the whole one percent-encoded (RFC 8187). Nothing of the name reaches the header
// but letters, digits and a few signs.
func disposition(kind, name string) string {
	name = safeName(name)
	if name == "" || name == "." || name == ".." {
		return kind
	}
	plain := strings.Map(func(c rune) rune {
		if c < utf8.RuneSelf && (isAlphanumeric(c) || strings.ContainsRune(" .-_()+", c)) {
			return c
		}
		return '_'
	}, name)
	header := kind + `; filename="` + plain + `"`
	if plain == name {
		return header
	}
	return header + "; filename*=UTF-8''" + percentEncode(name)
}

// safeName drops what a name could deceive with: control characters, and marks that
// turn the direction of writing, which make "gpj.exe" of "exe.jpg".
func safeName(name string) string {
	return strings.Map(func(c rune) rune {
		if unicode.IsControl(c) || unicode.Is(unicode.Bidi_Control, c) || c == '/' || c == '\\' || c == utf8.RuneError {
			return -1
		}
		return c
	}, name)
}

func percentEncode(name string) string {
	const hex = "0123456789ABCDEF"
	var encoded strings.Builder
	for i := range len(name) {
		c := name[i]
		if isAlphanumeric(rune(c)) || strings.IndexByte(".-_", c) >= 0 {
			encoded.WriteByte(c)
			continue
		}
		encoded.WriteByte('%')
		encoded.WriteByte(hex[c>>4])
		encoded.WriteByte(hex[c&15])
	}
	return encoded.String()
}

func isAlphanumeric(c rune) bool {
	return '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
}
