// Package words says what a word is to the search of messages. The definition is a
// table of code points, so that Go, PostgreSQL in any locale, and SQLite in any
// version go by the same one.
//
// A word is a maximal run of letters, marks, numbers and private-use characters
// that are not all marks, in lower case. Everything else separates words:
// punctuation, symbols, emoji, spaces and invisible characters. Accents count, and
// a composed letter is not the same as a decomposed one.
package words

//go:generate go run ./gen

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Split returns the words of a text, in order and with repeats.
func Split(text string) []string {
	var list []string
	for _, run := range strings.FieldsFunc(text, Separates) {
		if strings.IndexFunc(run, notMark) >= 0 {
			list = append(list, strings.Map(Fold, run))
		}
	}
	return list
}

func notMark(c rune) bool { return !unicode.In(c, unicode.Mn, unicode.Mc) }

// Separates reports whether a character is part of no word.
func Separates(c rune) bool {
	if c < utf8.RuneSelf {
		return (c < '0' || c > '9') && (c < 'A' || c > 'Z') && (c < 'a' || c > 'z')
	}
	_, found := slices.BinarySearchFunc(separators, c, func(r [2]rune, c rune) int {
		switch {
		case r[1] < c:
			return -1
		case r[0] > c:
			return 1
		}
		return 0
	})
	return found
}

// Fold is a character in lower case.
func Fold(c rune) rune {
	if c < utf8.RuneSelf {
		if c >= 'A' && c <= 'Z' {
			c += 'a' - 'A'
		}
		return c
	}
	if i, found := slices.BinarySearchFunc(folds, c, func(f [2]rune, c rune) int { return int(f[0] - c) }); found {
		return folds[i][1]
	}
	return c
}

// Separators are the ranges, first and last, of characters that are part of no word.
func Separators() [][2]rune { return slices.Clone(separators) }

// UnknownSeparators are those of them that SQLite's unicode61 tokenizer, whose
// tables are of 2012, takes for letters.
func UnknownSeparators() (list []rune) {
	for _, r := range unknownSeparators {
		for c := r[0]; c <= r[1]; c++ {
			list = append(list, c)
		}
	}
	return list
}

// FoldBlock is a part of what Fold does outside ASCII: the letters From become those
// of To. They are ascending.
type FoldBlock struct{ From, To []rune }

// FoldBlocks are all that Fold does outside ASCII, in blocks of 256 characters.
func FoldBlocks() (blocks []FoldBlock) {
	for _, f := range folds {
		if n := len(blocks); n == 0 || blocks[n-1].From[0]>>8 != f[0]>>8 {
			blocks = append(blocks, FoldBlock{})
		}
		b := &blocks[len(blocks)-1]
		b.From, b.To = append(b.From, f[0]), append(b.To, f[1])
	}
	return blocks
}
