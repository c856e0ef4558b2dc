// Package emoji reports whether a text is exactly one emoji, by Unicode's own list
// of them (emoji-test.txt).
//
// The list is under Unicode's licence, see LICENSE-UNICODE. For a newer one, put it
// in testdata and run go generate.
package emoji

import (
	"cmp"
	"slices"
	"strings"
	"unicode/utf8"
)

//go:generate go run ./gen

// vs16 asks for the character before it to be drawn as an emoji rather than as text.
// Keyboards and pickers disagree about where to put it, so lookups see through it.
const vs16 = "\ufe0f"

// IsEmoji reports whether s is exactly one emoji, in any form that [Canonical] knows.
func IsEmoji(s string) bool {
	_, ok := Canonical(s)
	return ok
}

// Canonical returns the fully-qualified form of the emoji s, so that ❤ and ❤️ are the
// same, and false if s is not exactly one emoji. Accepted are all emoji of Unicode's list:
// ZWJ sequences, skin tones, flags and keycaps included, and © and ™, which are on it, but
// neither digits nor a skin tone or hair alone.
//
// Variation selectors that ask for an emoji (U+FE0F) may be missing, and there may be one
// that is not needed: after a code point that has none, a skin tone and the end of a
// sequence included. One that comes first, follows another, or parts the emoji in two
// for a reader (after a joiner, or between the two letters of a flag) is refused, and so
// is the selector that asks for text (U+FE0E): ❤︎ is not meant as an emoji.
func Canonical(s string) (string, bool) {
	if len(s) > maxLen*2 || !selectorsFit(s) {
		return "", false
	}
	i, found := slices.BinarySearchFunc(fullyQualified[:], s, compare)
	if !found {
		return "", false
	}
	return fullyQualified[i], true
}

const (
	selector = '\ufe0f'
	joiner   = '\u200d'
)

// selectorsFit reports whether s is UTF-8 whose variation selectors are where they
// leave it one character.
func selectorsFit(s string) bool {
	if !utf8.ValidString(s) {
		return false
	}
	before := joiner // nothing, which a selector cannot follow either
	for _, r := range s {
		if r == selector && (before == selector || before == joiner) || before == selector && isRegional(r) {
			return false
		}
		before = r
	}
	return true
}

// isRegional reports whether r is one of the letters that flags are made of.
func isRegional(r rune) bool { return 0x1f1e6 <= r && r <= 0x1f1ff }

// compare orders by bytes, as if a and b had no variation selectors. A selector never
// begins within the UTF-8 of another code point.
func compare(a, b string) int {
	for {
		a, b = strings.TrimPrefix(a, vs16), strings.TrimPrefix(b, vs16)
		switch {
		case a == "" || b == "":
			return cmp.Compare(len(a), len(b))
		case a[0] != b[0]:
			return cmp.Compare(a[0], b[0])
		}
		a, b = a[1:], b[1:]
	}
}
