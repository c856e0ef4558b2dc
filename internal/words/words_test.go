package words

import (
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/google/go-cmp/cmp"
)

func TestSplit(t *testing.T) {
	t.Parallel()
	for text, want := range map[string][]string{
		"":            nil,
		" .,;!? \t\n": nil,
		"😀👍🏽❤️🇩🇪🧑🏽‍💻 ©": nil,
		"\u0301 \u0302":           nil,
		"Hello, WORLD":            {"hello", "world"},
		"a a-A_a":                 {"a", "a", "a", "a"},
		"don't":                   {"don", "t"},
		"bob@Example.com/x?y=1#z": {"bob", "example", "com", "x", "y", "1", "z"},
		"Grüße ÖÄÜ ПРИВЕТ Ελλάς":  {"grüße", "öäü", "привет", "ελλάσ"},
		"e\u0301te\u0301":         {"e\u0301te\u0301"},
		"हिन्दी में":              {"हिन्दी", "में"},
		"中文，字「漢」":                 {"中文", "字", "漢"},
		"می\u200cخواهم":           {"می", "خواهم"},
		"thanks🤗friend 1️⃣one":    {"thanks", "friend", "1", "one"},
		"x² Ⅷ ½":                  {"x²", "ⅷ", "½"},
		"\u212a \u0130":           {"\u212a", "\u0130"}, // would turn into ASCII
		"so\u00adft \ue000":       {"so", "ft", "\ue000"},
	} {
		if diff := cmp.Diff(want, Split(text)); diff != "" {
			t.Errorf("%q: %s", text, diff)
		}
	}
}

func TestTablesAreInOrder(t *testing.T) {
	t.Parallel()
	for name, table := range map[string][][2]rune{"separators": separators, "unknownSeparators": unknownSeparators} {
		for i, r := range table {
			if r[0] > r[1] || i > 0 && table[i-1][1] >= r[0] {
				t.Errorf("%s: %#x comes out of order", name, r[0])
			}
		}
	}
	for i, f := range folds {
		if i > 0 && folds[i-1][0] >= f[0] {
			t.Errorf("folds: %#x comes out of order", f[0])
		}
	}
}

// A query is folded as the texts are: to fold twice is to fold once, and a fold
// stays on its side of what separates words.
func TestEveryCharacterFoldsToALetterOfWords(t *testing.T) {
	t.Parallel()
	for c := rune(1); c <= unicode.MaxRune; c++ {
		folded := Fold(c)
		if Fold(folded) != folded || Separates(folded) != Separates(c) {
			t.Errorf("%#x folds to %#x", c, folded)
		}
		if unicode.In(c, unicode.L, unicode.N) && Separates(c) {
			t.Errorf("the letter or number %#x separates words", c)
		}
		if c < 0x80 && Separates(c) == (unicode.IsLetter(c) || unicode.IsDigit(c)) {
			t.Errorf("%q is on the wrong side", c)
		}
	}
	for _, c := range UnknownSeparators() {
		if !Separates(c) || c < 0x80 {
			t.Errorf("%#x is no separator of its own", c)
		}
	}
}

func TestBlocksAreAllFolds(t *testing.T) {
	t.Parallel()
	var got [][2]rune
	for _, block := range FoldBlocks() {
		if strings.ContainsAny(string(block.From)+string(block.To), `'\]-`) {
			t.Errorf("%q needs quotes", string(block.From))
		}
		for i := range block.From {
			got = append(got, [2]rune{block.From[i], block.To[i]})
		}
	}
	if !slices.Equal(folds, got) {
		t.Error("the blocks are not the folds")
	}
}
