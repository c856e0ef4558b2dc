package httpadapter

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// contentDisposition names a download (RFC 6266): a plain name for old clients, and
// the whole one percent-encoded (RFC 8187). Nothing of the name reaches the header
// but letters, digits and a few signs.
func contentDisposition(disposition, name string) string {
	name = safeName(name)
	if name == "" {
		return disposition
	}
	plain := strings.Map(func(c rune) rune {
		if c < utf8.RuneSelf && (isAlphanumeric(c) || strings.ContainsRune(" .-_()+", c)) {
			return c
		}
		return '_'
	}, name)
	header := disposition + `; filename="` + plain + `"`
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
