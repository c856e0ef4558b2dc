package emoji_test

import (
	"os"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/rivo/uniseg"

	"github.com/go-df/chat/internal/emoji"
)

// entry is a line of emoji-test.txt.
type entry struct{ emoji, status string }

// readList reads the list apart from the generator, so that a fault of the one is not
// repeated by the other.
func readList(tb testing.TB) []entry {
	tb.Helper()
	data, err := os.ReadFile("testdata/emoji-test.txt")
	if err != nil {
		tb.Fatal(err)
	}
	var list []entry
	for line := range strings.Lines(string(data)) {
		points, rest, ok := strings.Cut(line, ";")
		if !ok || strings.HasPrefix(line, "#") {
			continue
		}
		var s []rune
		for _, point := range strings.Fields(points) {
			r, err := strconv.ParseInt(point, 16, 32)
			if err != nil {
				tb.Fatalf("%q: %v", line, err)
			}
			s = append(s, rune(r))
		}
		list = append(list, entry{string(s), strings.Fields(rest)[0]})
	}
	if len(list) < 5000 {
		tb.Fatalf("only %d lines in emoji-test.txt", len(list))
	}
	return list
}

func TestEveryListedForm(t *testing.T) {
	last := ""
	for _, e := range readList(t) {
		got, ok := emoji.Canonical(e.emoji)
		if e.status == "component" {
			if ok {
				t.Errorf("%+q alone is accepted", e.emoji)
			}
			continue
		}
		// The list has each fully-qualified emoji before its lesser forms.
		if e.status == "fully-qualified" {
			last = e.emoji
		}
		if !ok || got != last || !emoji.IsEmoji(e.emoji) {
			t.Errorf("Canonical(%+q) = %+q, %v; want %+q", e.emoji, got, ok, last)
		}
		if n := uniseg.GraphemeClusterCount(e.emoji); n != 1 {
			t.Errorf("%+q has %d grapheme clusters", e.emoji, n)
		}
	}
}

func TestTableIsTheList(t *testing.T) {
	n := 0
	for _, e := range readList(t) {
		if e.status == "fully-qualified" {
			n++
		}
	}
	if emoji.TableSize != n {
		t.Errorf("the table has %d emoji, the list %d: run go generate", emoji.TableSize, n)
	}
	data, err := os.ReadFile("testdata/emoji-test.txt")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(data), "# Version: "+emoji.Version+"\n") {
		t.Errorf("the list is not of version %s: run go generate", emoji.Version)
	}
}

// accepted maps what clients send to what is kept.
var accepted = map[string]string{
	"😀":             "😀",
	"\u2764":        "\u2764\ufe0f", // a heart without its selector
	"\u2764\ufe0f":  "\u2764\ufe0f",
	"\u2b50\ufe0f":  "\u2b50", // a star with a selector that it does not need
	"\u26a1\ufe0f":  "\u26a1",
	"👍🏽":            "👍🏽",
	"🇩🇪":            "🇩🇪",
	"\u0031\u20e3":  "\u0031\ufe0f\u20e3", // keycaps
	"#\ufe0f\u20e3": "#\ufe0f\u20e3",
	"\u00a9":        "\u00a9\ufe0f",
	"🏴\U000e0067\U000e0062\U000e0077\U000e006c\U000e0073\U000e007f": "🏴\U000e0067\U000e0062\U000e0077\U000e006c\U000e0073\U000e007f", // Wales
	"👨\u200d👩\u200d👧\u200d👦":                                        "👨\u200d👩\u200d👧\u200d👦",
	"🏳\u200d🌈":                                                      "🏳\ufe0f\u200d🌈",
	"👁\u200d🗨":                                                      "👁\ufe0f\u200d🗨\ufe0f",
	"👁\u200d🗨\ufe0f":                                                "👁\ufe0f\u200d🗨\ufe0f",
	"👩🏿\u200d\u2764\u200d💋\u200d👨🏻":                                 "👩🏿\u200d\u2764\ufe0f\u200d💋\u200d👨🏻",
	"\U0001fae9":                                                    "\U0001fae9", // of Unicode 16
	"\U0001faea":                                                    "\U0001faea", // of Unicode 17

	// Selectors around a skin tone, at the end, and in sequences.
	"👍\ufe0f🏽":             "👍🏽",
	"👍🏽\ufe0f":             "👍🏽",
	"👍\ufe0f🏽\ufe0f":       "👍🏽",
	"\u261d\ufe0f🏿":        "\u261d🏿", // pointing up, an emoji that needs one when it has no skin tone
	"\u270c🏻\ufe0f":        "\u270c🏻",
	"🕵\ufe0f🏽\u200d\u2642": "🕵🏽\u200d\u2642\ufe0f",
	"👩\ufe0f🏿\ufe0f\u200d\u2764\ufe0f\u200d💋\ufe0f\u200d👨\ufe0f🏻\ufe0f": "👩🏿\u200d\u2764\ufe0f\u200d💋\u200d👨🏻",
	"🇩🇪\ufe0f":              "🇩🇪",
	"1\u20e3\ufe0f":         "1\ufe0f\u20e3",
	"1\ufe0f\u20e3\ufe0f":   "1\ufe0f\u20e3",
	"👨\ufe0f\u200d👩\u200d👦": "👨\u200d👩\u200d👦",
}

var refused = []string{
	"", "a", "1", "#", "*", " ", "hello", "é", "日", "+1", ":heart:", "<3",
	"🇩", "🇩🇩", "🇩🇪🇫🇷", "🇩🇪🇫", // half, unknown and double flags
	"😀😀", "👍👎", "😀a", "a😀", " 😀", "😀 ", "😀\n", "😀\x00",
	"🏻", "🦰", // a skin tone and hair alone
	"\ufe0f", "\u200d", "\u20e3", "\ufe0f\ufe0f", "a\ufe0f", "1\ufe0f",
	"\u2764\ufe0f\ufe0f", "\u2b50\ufe0f\ufe0f", "\ufe0f\u2764", "\ufe0f\u2764\ufe0f",
	"\u2764\ufe0e", // asks to be drawn as text
	"\u2764\ufe0e\ufe0f", "\u2764\ufe0f\ufe0e", "👍\ufe0e🏽", "😀\ufe0e",
	"🇩\ufe0f🇪", "👍🏽\ufe0f\ufe0f", "\ufe0f👍🏽", "👍\ufe0f\ufe0f🏽", // parted, doubled, first
	"👨\u200d\ufe0f👩\u200d👦", "👍\ufe0f🏽🏽", "👍\ufe0f🏽\ufe0f🏽", "😀\ufe0f🏽", "🏽\ufe0f", "🦰\ufe0f", "#\ufe0f", "😀\ufe0f😀",
	"\xf0\x9f\x98\ufe0f\x80", // a selector within the bytes of an emoji
	"👨\u200d", "\u200d👨", "👨\u200d👨", "👨\u200d\u200d👩\u200d👧", "😀\u200d😀",
	"👍🏽🏽", "😀🏽", "a🏽",
	"🏴\U000e0067\U000e0062\U000e0077\U000e006c\U000e0073", // without its end
	"🏴\U000e0075\U000e0073\U000e0074\U000e0078\U000e007f", // Texas is not on the list
	"😀\u0301", "😀\u20e3", "😀\u200b", "\u202e😀", "\ufeff😀", "😀\U000e0041", // marks and the unseen
	"\xf0\x9f\x98", "\xff", "😀\xff", "\xef\xb8\x8f\xef\xb8", "\u2764\xef\xb8",
	strings.Repeat("\ufe0f", 1000), "😀" + strings.Repeat("\u0301", 1000), strings.Repeat("👨\u200d", 1000),
}

func TestAccepted(t *testing.T) {
	for s, want := range accepted {
		if got, ok := emoji.Canonical(s); !ok || got != want {
			t.Errorf("Canonical(%+q) = %+q, %v; want %+q", s, got, ok, want)
		}
	}
}

func TestRefused(t *testing.T) {
	for _, s := range refused {
		if got, ok := emoji.Canonical(s); ok || got != "" || emoji.IsEmoji(s) {
			t.Errorf("%+q is accepted as %+q", s, got)
		}
	}
}

// Two listed emoji in a row are never one, whatever they are.
func TestPairsRefused(t *testing.T) {
	list := readList(t)
	for i, e := range list {
		for _, other := range []entry{e, list[(i*7919+13)%len(list)]} {
			pair := e.emoji + other.emoji
			if emoji.IsEmoji(pair) && uniseg.GraphemeClusterCount(pair) != 1 {
				t.Errorf("%+q is accepted", pair)
			}
		}
	}
}

// bare is s without variation selectors.
func bare(s string) string { return strings.ReplaceAll(s, "\ufe0f", "") }

// variations are the ways to write an emoji with and without a selector behind each of
// its code points: all of them where these are few, and else a sample.
func variations(s string) (all []string) {
	points := []rune(bare(s))
	choices := 1 << len(points)
	step := max(1, choices/256) | 1
	for choice := 0; choice < choices; choice += step {
		var v strings.Builder
		for i, point := range points {
			v.WriteRune(point)
			if choice>>i&1 == 1 {
				v.WriteString("\ufe0f")
			}
		}
		all = append(all, v.String())
	}
	return all
}

// Whatever selectors a picker leaves out or puts in, it is the same emoji, as long as it
// is one character.
func TestEveryVariationIsTheSameEmoji(t *testing.T) {
	for _, e := range readList(t) {
		if e.status != "fully-qualified" {
			continue
		}
		for _, v := range variations(e.emoji) {
			got, ok := emoji.Canonical(v)
			switch one := uniseg.GraphemeClusterCount(v) == 1; {
			case one && got != e.emoji:
				t.Errorf("Canonical(%+q) = %+q, %v; want %+q", v, got, ok, e.emoji)
			case !one && ok:
				t.Errorf("%+q is accepted as %+q, and is more than one character", v, got)
			}
			for _, bad := range []string{"\ufe0f" + v, v + "\ufe0f\ufe0f", strings.ReplaceAll(v+"\ufe0f", "\ufe0f", "\ufe0e")} {
				if got, ok := emoji.Canonical(bad); ok {
					t.Errorf("%+q is accepted as %+q", bad, got)
				}
			}
		}
	}
}

func FuzzCanonical(f *testing.F) {
	for s := range accepted {
		f.Add(s)
	}
	for _, s := range refused {
		f.Add(s)
	}
	listed := map[string]bool{}
	for _, e := range readList(f) {
		listed[bare(e.emoji)] = e.status != "component"
	}
	f.Fuzz(func(t *testing.T, s string) {
		full, ok := emoji.Canonical(s)
		want := utf8.ValidString(s) && listed[bare(s)] && uniseg.GraphemeClusterCount(s) == 1 && !strings.Contains(s, "\ufe0f\ufe0f")
		if ok != want {
			t.Fatalf("Canonical(%+q) is %v; want %v", s, ok, want)
		}
		if !ok {
			return
		}
		if again, ok := emoji.Canonical(full); !ok || again != full {
			t.Fatalf("the canonical %+q has itself the canonical form %+q", full, again)
		}
	})
}

func BenchmarkIsEmoji(b *testing.B) {
	for _, s := range []string{"👍", "\u2764", "👩🏿\u200d\u2764\u200d💋\u200d👨🏻", "hello"} {
		b.Run(strconv.QuoteToASCII(s), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				emoji.IsEmoji(s)
			}
		})
	}
}
