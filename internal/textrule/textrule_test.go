package textrule_test

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/rivo/uniseg"

	"github.com/go-df/chat/internal/textrule"
)

func TestControlCharacters(t *testing.T) {
	for r := rune(0); r < 0x3000; r++ {
		want := r < ' ' && r != '\t' && r != '\n' && r != '\r' || 0x7f <= r && r <= 0x9f
		if got := textrule.HasControl("a" + string(r) + "b"); got != want {
			t.Errorf("%U is a control character: %v", r, got)
		}
	}
	for s, want := range map[string]bool{"": false, "a\r\nb\n\tc\rd": false, "\u200b\u202e\ufeff": false, "a\vb": true, "a\fb": true, "\x1b[2J": true} {
		if got := textrule.HasControl(s); got != want {
			t.Errorf("%q has a control character: %v", s, got)
		}
	}
}

func TestLineBreaks(t *testing.T) {
	for s, want := range map[string]bool{
		"": false, "a b\tc": false, "a\u00a0b": false, "a\nb": true, "a\r\nb": true, "a\rb": true, "a\u2028b": true, "a\u2029": true, "\n": true,
	} {
		if got := textrule.HasLineBreak(s); got != want {
			t.Errorf("%q has a line break: %v", s, got)
		}
	}
}

// invisible are drawn as nothing, each alone and all together.
var invisible = []rune{
	' ', '\t', '\n', '\r', '\u0085', '\u00a0', '\u1680', '\u2000', '\u2003', '\u2009', '\u200a', '\u2028', '\u2029', '\u202f', '\u205f', '\u3000',
	'\u00ad', '\u034f', '\u061c', '\u115f', '\u1160', '\u17b4', '\u17b5', '\u180b', '\u180e', '\u200b', '\u200c', '\u200d', '\u200e', '\u200f',
	'\u202a', '\u202e', '\u2060', '\u2061', '\u2064', '\u2066', '\u2069', '\u206a', '\u206f', '\u2800', '\u3164', '\ufe00', '\ufe0e', '\ufe0f',
	'\ufeff', '\uffa0', '\ufff9', '\ufffb', '\U0001bca0', '\U0001d159', '\U0001d173', '\U00016fe4', '\U000e0001', '\U000e0020', '\U000e0041',
	'\U000e007f', '\U000e0100', '\U000e01ef',
}

func TestVisible(t *testing.T) {
	var all strings.Builder
	for _, r := range invisible {
		all.WriteRune(r)
		if textrule.Visible(string(r)) || textrule.Visible(strings.Repeat(string(r), 3)+" ") {
			t.Errorf("%U is visible", r)
		}
		if !textrule.Visible(string(r) + "a" + string(r)) {
			t.Errorf("%U hides a letter", r)
		}
	}
	if textrule.Visible(all.String()) || textrule.Visible("") {
		t.Error("nothing is visible")
	}
	for _, s := range []string{
		"a", ".", "_", "-", "0", "é", "\u0301", "日", "한", "\u1112\u1161\u11ab", "א", "\u202eא", "😀", "❤\ufe0f", "🇩🇪", "🏽", "\u20e3", "\u06dd", "\u0600",
		"\ue000", "\ufffd", "\U0001fae9", "\U0003fffd", "\u2801", "\u1100", "\u0e33", "\u00b7", "\u2063.",
	} {
		if !textrule.Visible(s) {
			t.Errorf("%+q is not visible", s)
		}
	}
}

func TestWithoutDirections(t *testing.T) {
	for s, want := range map[string]string{
		"": "", "plain": "plain", "photo\u202egnp.exe": "photognp.exe", "\u202aa\u202bb\u202cc\u202dd\u202ee": "abcde", "\u2066a\u2067b\u2068c\u2069d": "abcd",
		"\u202e\u2069": "", "שלום\u200f!": "שלום\u200f!", "a\u200eb\u061cc": "a\u200eb\u061cc", "a\u2065b\u206ac": "a\u2065b\u206ac",
	} {
		if got := textrule.WithoutDirections(s); got != want {
			t.Errorf("%+q becomes %+q, want %+q", s, got, want)
		}
	}
}

func TestCutFileName(t *testing.T) {
	r := strings.Repeat
	for name, c := range map[string]struct {
		name, want string
		limit      int
	}{
		"short":                          {"a.txt", "a.txt", 10},
		"just so":                        {"abcdef.txt", "abcdef.txt", 10},
		"an ending":                      {"abcdefg.txt", "abcdef.txt", 10},
		"no ending":                      {"abcdefghijk", "abcdefghij", 10},
		"two endings":                    {"a.b.c.d.e.f.gif", "a.b.c..gif", 10},
		"a tarball":                      {r("a", 300) + ".tar.gz", r("a", 248) + ".tar.gz", 255},
		"a tarball in capitals":          {r("a", 300) + ".TAR.BZ2", r("a", 247) + ".TAR.BZ2", 255},
		"an ending that is none":         {"a." + r("b", 300), "a." + r("b", 253), 255},
		"a name that is all ending":      {"." + r("b", 300), "." + r("b", 254), 255},
		"a dot at the end":               {r("a", 300) + ".", r("a", 254) + ".", 255},
		"letters of two bytes":           {r("é", 200), r("é", 127), 255},
		"letters of two bytes and .png":  {r("é", 200) + ".png", r("é", 125) + ".png", 255},
		"letters of three bytes":         {r("日", 100) + ".pdf", r("日", 83) + ".pdf", 255},
		"emoji":                          {r("😀", 100) + ".pdf", r("😀", 62) + ".pdf", 255},
		"accents of their own":           {r("e\u0301", 100) + ".pdf", r("e\u0301", 83) + ".pdf", 255},
		"skin tones":                     {r("👍🏽", 100), r("👍🏽", 31), 255},
		"families":                       {r("👨\u200d👩\u200d👧\u200d👦", 20), r("👨\u200d👩\u200d👧\u200d👦", 10), 255},
		"flags":                          {r("🇩🇪", 40) + ".txt", r("🇩🇪", 31) + ".txt", 255},
		"flags after a letter":           {"a" + r("🇩🇪", 40), "a" + r("🇩🇪", 31), 255},
		"flags of nations":               {r("🏴\U000e0067\U000e0062\U000e0077\U000e006c\U000e0073\U000e007f", 10), r("🏴\U000e0067\U000e0062\U000e0077\U000e006c\U000e0073\U000e007f", 9), 255},
		"hearts with selectors":          {r("❤\ufe0f", 50), r("❤\ufe0f", 42), 255},
		"syllables in their parts":       {r("\u1112\u1161\u11ab", 40), r("\u1112\u1161\u11ab", 28), 255},
		"a letter under a tower":         {"ab" + r("\u0301", 200), "ab" + r("\u0301", 126), 255},
		"a letter under a tower in .txt": {"ab" + r("\u0301", 200) + ".txt", "ab" + r("\u0301", 124) + ".txt", 255},
	} {
		got := textrule.CutFileName(c.name, c.limit)
		if got != c.want {
			t.Errorf("%s: %+q becomes %+q, want %+q", name, c.name, got, c.want)
		}
	}
}

// A cut name is text, within the limit, ends as it did, and keeps the characters that
// readers see whole, unless one of them is as long as no letter is.
func FuzzCutFileName(f *testing.F) {
	for _, s := range []string{"a.txt", "é.tar.gz", "👨\u200d👩\u200d👧", "🇩🇪🇫🇷🇬🇧", "e\u0301\u0302", "\u1112\u1161\u11ab", "क्षि", "กำ", "\u0600\u0661"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if !utf8.ValidString(s) || len(s) > 60 || s == "" {
			return
		}
		name := strings.Repeat(s, 300/len(s)+1)
		got := textrule.CutFileName(name, 255)
		if len(got) > 255 || len(got) < 255-200 || !utf8.ValidString(got) {
			t.Fatalf("%+q becomes %+q", name, got)
		}
		if again := textrule.CutFileName(got, 255); again != got {
			t.Fatalf("%+q is cut again to %+q", got, again)
		}
		stem := got
		if dot := strings.LastIndexByte(name, '.'); dot > 0 && len(name)-dot <= 32 {
			if end := name[dot:]; !strings.HasSuffix(got, end) {
				t.Fatalf("%+q has lost the ending %q", got, end)
			}
			return
		}
		if !strings.HasPrefix(name, stem) {
			t.Fatalf("%+q is not the beginning of %+q", got, name)
		}
		next, _ := utf8.DecodeRuneInString(name[len(stem):])
		if unicode.Is(unicode.Mn, next) && uniseg.GraphemeClusterCount(s) > 1 {
			t.Fatalf("%+q is cut before the mark %U", got, next)
		}
	})
}
