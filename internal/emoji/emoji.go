// Package emoji tells whether a text is exactly one emoji, by Unicode's own list
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
// Keyboards disagree about sending it, so lookups see through it.
const vs16 = "\ufe0f"

// IsEmoji reports whether s is exactly one emoji, in any form that [Canonical] knows.
func IsEmoji(s string) bool {
	_, ok := Canonical(s)
	return ok
}

// Canonical returns the fully-qualified form of the emoji s, so that ❤ and ❤️ are the
// same, and false if s is not exactly one emoji. Accepted are:
//
//   - every fully-qualified, minimally-qualified and unqualified emoji of Unicode's
//     list: ZWJ sequences, skin tones, flags and keycaps included, and © and ™, which
//     are on it, but neither digits nor a skin tone or hair alone;
//   - an emoji of one code point with a variation selector that it does not need:
//     Apple's keyboards send ⭐ so.
func Canonical(s string) (string, bool) {
	if len(s) > maxLen+len(vs16) {
		return "", false
	}
	i, found := slices.BinarySearchFunc(fullyQualified[:], s, compare)
	if !found {
		return "", false
	}
	full := fullyQualified[i]
	if lacksOnly(s, full) || s == full+vs16 && utf8.RuneCountInString(full) == 1 {
		return full, true
	}
	return "", false
}

// compare orders by bytes, as if a and b had no variation selectors.
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

// lacksOnly reports whether s is full with none or some of its variation selectors
// left out; compare has found them equal otherwise. Unicode's list has all such forms.
func lacksOnly(s, full string) bool {
	for full != "" {
		rest, selector := strings.CutPrefix(full, vs16)
		switch {
		case selector:
			s, full = strings.TrimPrefix(s, vs16), rest
		case s == "" || s[0] != full[0]:
			return false
		default:
			s, full = s[1:], full[1:]
		}
	}
	return s == ""
}
