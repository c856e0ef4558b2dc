package words

import (
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// kindOf says what a character is. Unassigned ones are letters, but where emoji come to be.
func kindOf(c rune) kind {
	switch {
	case c < utf8.RuneSelf:
		if c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' {
			return letter
		}
		return separator
	case c >= 0x0400 && c <= 0x0481, c >= 0xAC00 && c <= 0xD7A3: // Cyrillic and Hangul
		return letter
	case c >= 0x4E00 && c <= 0x9FFF: // Han
		return unspaced
	case c >= 0x1F1E6 && c <= 0x1F1FF:
		return flag
	case c >= 0x1F3FB && c <= 0x1F3FF: // skin tones
		return dropped
	case c >= 0x1F000 && c <= 0x1FAFF && !unicode.IsDigit(c) && (c < 0x1F100 || c > 0x1F1E5):
		return symbol
	case c == 0x0640: // the Arabic kashida draws a word out
		return dropped
	case c == 0x30FC || c >= 0x3005 && c <= 0x3007 || c >= 0x3031 && c <= 0x3035 || c == 0x303B: // are Common to scripts
		return unspaced
	case c >= 0x0E00 && unicode.In(c, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Thai, unicode.Lao, unicode.Khmer, unicode.Myanmar):
		return unspacedKind(c)
	case unicode.IsLetter(c) || unicode.IsNumber(c):
		return letter
	case unicode.Is(unicode.Mn, c):
		return markKind(c)
	case unicode.Is(unicode.Mc, c):
		return mark
	}
	return otherKind(c)
}

func unspacedKind(c rune) kind {
	switch {
	case unicode.In(c, unicode.Mn, unicode.Mc):
		return mark
	case unicode.IsLetter(c):
		return unspaced
	case unicode.IsNumber(c):
		return letter
	}
	return otherKind(c)
}

func otherKind(c rune) kind {
	switch {
	case c == 0x200B: // a zero width space
		return separator
	case unicode.Is(unicode.Cf, c):
		return dropped
	case unicode.Is(unicode.So, c):
		return symbol
	case unicode.In(c, unicode.P, unicode.S, unicode.Z, unicode.Cc, unicode.Me):
		return separator
	}
	return letter
}

// markKind tells accents and points by the class that Unicode orders marks by, which is that
// of where they stand, from what is part of a letter: 7 to 9 are nuktas, voicing of kana and
// viramas, those between vowels and tones of their scripts.
func markKind(c rune) kind {
	if c >= 0xFE00 && c <= 0xFE0F || c >= 0xE0100 && c <= 0xE01EF { // variation selectors
		return dropped
	}
	switch class := norm.NFD.PropertiesString(string(c)).CCC(); {
	case class == 1, class >= 10 && class <= 36, class >= 200 && class <= 240:
		return accent
	}
	return mark
}
