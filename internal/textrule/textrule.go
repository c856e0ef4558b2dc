// Package textrule has the rules for what names and texts that people read may contain.
package textrule

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// HasControl reports whether s has a control character (C0, DEL or C1) that is neither a
// tab nor one of the line breaks LF and CR, alone or together.
func HasControl(s string) bool {
	return strings.ContainsFunc(s, func(r rune) bool {
		return unicode.IsControl(r) && r != '\t' && r != '\n' && r != '\r'
	})
}

// HasLineBreak reports whether s is more than one line: it has LF, CR, or one of Unicode's
// separators of lines and paragraphs.
func HasLineBreak(s string) bool { return strings.ContainsAny(s, "\n\r\u2028\u2029") }

// Visible reports whether there is anything to see in s: a character that is no space, no
// control or format character, and none of those that are drawn as nothing.
func Visible(s string) bool { return strings.ContainsFunc(s, visible) }

func visible(r rune) bool {
	switch {
	case unicode.Is(unicode.Prepended_Concatenation_Mark, r): // format characters that are drawn
		return true
	case unicode.IsSpace(r), unicode.In(r, unicode.Z, unicode.Cc, unicode.Cf):
		return false
	case unicode.In(r, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector):
		return false // including the fillers of Hangul
	}
	return !strings.ContainsRune(blanks, r)
}

// blanks are drawn as nothing, whatever their category says: a Braille pattern without
// dots, a note without a head, and a filler of the Khitan script.
const blanks = "\u2800\U0001d159\U00016fe4"

// WithoutDirections drops what turns the direction of what follows it, so that a name
// cannot turn round what is beside it: embeddings, overrides, isolates and their ends.
// Marks (U+200E, U+200F, U+061C) have no such effect, and stay.
func WithoutDirections(s string) string {
	return strings.Map(func(r rune) rune {
		if '\u202a' <= r && r <= '\u202e' || '\u2066' <= r && r <= '\u2069' {
			return -1
		}
		return r
	}, s)
}

// longestEnding is how many bytes of a file's name are taken for its ending.
const longestEnding = 32

// CutFileName shortens a file's name to a number of bytes, at the end of a character and
// before its ending, such as .pdf or .tar.gz, which is kept. The limit is to be larger
// than an ending.
func CutFileName(name string, limit int) string {
	if len(name) <= limit {
		return name
	}
	stem, end := name, ""
	if dot := strings.LastIndexByte(name, '.'); dot > 0 && len(name)-dot <= longestEnding {
		if tar := dot - len(".tar"); tar > 0 && strings.EqualFold(name[tar:dot], ".tar") {
			dot = tar
		}
		stem, end = name[:dot], name[dot:]
	}
	return cut(stem, limit-len(end)) + end
}

// longestCharacter is how far cut goes back for the beginning of a character that was made
// of many code points. A longer one is cut.
const longestCharacter = 128

// cut shortens s to at most limit bytes, at the end of a character as a reader sees it.
func cut(s string, limit int) string {
	at := limit
	for at > 0 && !utf8.RuneStart(s[at]) {
		at--
	}
	for back := at; back > 0 && at-back < longestCharacter; {
		if parts(s[:back], s[back:]) {
			return s[:back]
		}
		_, size := utf8.DecodeLastRuneInString(s[:back])
		back -= size
	}
	return s[:at]
}

const joiner = '\u200d'

// parts reports whether a character ends between before and after, neither of them empty,
// as far as it takes to keep marks, emoji and syllables of Hangul whole.
func parts(before, after string) bool {
	last, _ := utf8.DecodeLastRuneInString(before)
	next, _ := utf8.DecodeRuneInString(after)
	switch {
	case last == joiner, extends(next):
		return false
	case isRegional(last) && isRegional(next): // flags are pairs
		return regionalsAtEnd(before)%2 == 0
	}
	return true
}

// extends reports whether r belongs to what comes before it.
func extends(r rune) bool {
	return unicode.In(r, unicode.M, unicode.Variation_Selector, unicode.Other_Grapheme_Extend) || r == joiner ||
		0x1f3fb <= r && r <= 0x1f3ff || // skin tones
		0xe0020 <= r && r <= 0xe007f || // tags
		0x1160 <= r && r <= 0x11ff || 0xd7b0 <= r && r <= 0xd7fb // vowels and finals of Hangul
}

func isRegional(r rune) bool { return 0x1f1e6 <= r && r <= 0x1f1ff }

func regionalsAtEnd(s string) (n int) {
	for {
		r, size := utf8.DecodeLastRuneInString(s)
		if !isRegional(r) {
			return n
		}
		n++
		s = s[:len(s)-size]
	}
}
