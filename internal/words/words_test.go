package words_test

import (
	"crypto/sha256"
	"fmt"
	"strings"
	"testing"
	"unicode"

	"github.com/google/go-cmp/cmp"

	"github.com/go-df/chat/internal/words"
)

func texts(list []words.Word) (all []string) {
	for _, w := range list {
		all = append(all, w.Text)
	}
	return all
}

func TestSplit(t *testing.T) {
	for text, want := range map[string]string{
		"Hello, World!": "hello world", "don't": "don t", "snake_case x²": "snake case x2", "ﬁle": "file", "ＡＢＣ１２": "abc12",
		"Grüße aus ÖSTERREICH": "grusse aus osterreich", "e\u0301te\u0301": "ete", "ΟΔΟΣ οδός": "οδοσ οδοσ", "Ёлка ёлка": "елка елка",
		"мой мои": "мой мои", "Łódź Ørsted Æon œuvre": "lodz orsted aeon oeuvre", "İSTANBUL ısı ISI": "istanbul isi isi",
		"الْعَرَبِيَّة العربية": "العربية العربية", "أحمد احمد": "احمد احمد", "מִלָּה מלה": "מלה מלה", "क़लम हिन्दी": "क\u093cलम हिन्दी",
		"मेंक": "मेंक", "中文，文字": "中 文 文 字", "東京タワーab": "東 京 タ ワ ー ab", "ｶﾞｷﾞ ガギ": "ガ ギ ガ ギ", "がか": "が か",
		"ภาษาไทย": "ภ า ษ า ไ ท ย", "ที่นี่": "ที่ นี่", "한국어": "한국어", "thanks🤗friend": "thanks 🤗 friend", "👍🏽👍": "👍 👍", "❤️❤": "❤ ❤",
		"👩‍💻": "👩 💻", "🇩🇪🇫🇷": "🇩🇪 🇫🇷", "1️⃣one": "1 one", "co\u00adop می\u200cخواهم": "coop میخواهم", "a\u200bb": "a b", "½": "1 2", "Foo™": "foo ™",
		"က္ခရာ": "က္ ခ ရာ", "ភាសា": "ភា សា", "": "", "\u0301x": "x", "a\u0308\u0301": "a", "Ꭰꭰ": "ꭰꭰ",
	} {
		if diff := cmp.Diff(want, strings.Join(texts(words.Split(text)), " ")); diff != "" {
			t.Errorf("%q: %s", text, diff)
		}
	}
}

// Where a word stands is counted in code points of the text as it was written.
func TestWordsKnowWhereTheyStand(t *testing.T) {
	for text, want := range map[string][]string{
		"e\u0301te\u0301, ﬁn": {"e\u0301te\u0301", "ﬁn"}, "x½y": {"x½", "½y"}, "中文 ok": {"中", "文", "ok"}, "👍🏽!👩‍💻": {"👍🏽", "👩\u200d", "💻"},
		"นำ": {"น", "ำ"}, "co\u00adop": {"co\u00adop"}, "ß": {"ß"}, "🇩🇪a": {"🇩🇪", "a"}, "ｶﾞx": {"ｶﾞ", "x"},
	} {
		var got []string
		points := []rune(text)
		for _, w := range words.Split(text) {
			got = append(got, string(points[w.Start:w.End]))
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%q: %s", text, diff)
		}
	}
}

func TestMatch(t *testing.T) {
	type span = words.Span
	for _, test := range []struct {
		query, text string
		want        []span // none when it is not found
	}{
		{"world", "Hello, World!", []span{{7, 12}}}, {"wor", "Hello, World!", []span{{7, 12}}}, {"wor hello", "Hello, World!", nil},
		{"hel wor", "Hello, World!", nil}, {"hello wor", "Hello, World!", []span{{0, 5}, {7, 12}}}, {`"wor"`, "Hello, World!", nil},
		{`"hello world"`, "Hello, World!", []span{{0, 12}}}, {`"world hello"`, "Hello, World!", nil}, {"“hello world”", "hello world", []span{{0, 11}}},
		{`"hello`, "hello world", []span{{0, 5}}}, {`hello "wor`, "hello world", []span{{0, 5}, {6, 11}}},
		{"京", "東京都", []span{{1, 2}}}, {"東京", "東京都", []span{{0, 2}}}, {"京都", "東京都", []span{{1, 3}}}, {"東都", "東京都", nil},
		{"東京", "東 京", nil}, {"文字", "中文，文字", []span{{3, 5}}}, {"大学", "東京大学に行く", []span{{2, 4}}},
		{"นี", "ที่นี่", []span{{3, 6}}}, {"ไทย", "ภาษาไทย", []span{{4, 7}}}, {"👍", "ok👍🏽", []span{{2, 4}}}, {"👩‍💻", "👩‍💻", []span{{0, 3}}},
		{"ete", "un été", []span{{3, 6}}}, {"ÉTÉ", "un e\u0301te\u0301", []span{{3, 8}}}, {"strasse", "Straße", []span{{0, 6}}},
		{"a", "a b a", []span{{0, 1}, {4, 5}}}, {"한국", "한국어를", []span{{0, 4}}},
	} {
		got, found := words.Parse(test.query).Match(test.text)
		if diff := cmp.Diff(test.want, got); diff != "" || found != (test.want != nil) {
			t.Errorf("%q in %q: found %t: %s", test.query, test.text, found, diff)
		}
	}
}

// What a query finds has its keys: the index leaves nothing out.
func FuzzKeys(f *testing.F) {
	for _, text := range []string{"Hello, World", "東京タワー ภาษาไทย", "x½y 👩‍💻 🇩🇪", "e\u0301a\u0308 مُحَمَّد", strings.Repeat("ы", 100), "\U0001d160\u0323a"} {
		f.Add(text, 0, 3)
	}
	f.Fuzz(func(t *testing.T, text string, from, to int) {
		points := []rune(text)
		if from < 0 || to > len(points) || from > to {
			return
		}
		q := words.Parse(string(points[from:to]))
		spans, found := q.Match(text)
		if !found {
			return
		}
		for _, s := range spans {
			if s.Start < 0 || s.End > len(points) || s.Start > s.End {
				t.Errorf("%q: a span %v of %d", text, s, len(points))
			}
		}
		keys := words.Keys(text)
		for _, wanted := range q.Keys() {
			has := false
			for _, key := range keys {
				has = has || key == wanted.Text || wanted.Prefix && strings.HasPrefix(key, wanted.Text)
				if len(key) > 64 || strings.ContainsAny(key, " '\"\\:*()&|!<>-") {
					t.Errorf("%q has the key %q", text, key)
				}
			}
			if !has {
				t.Errorf("%q finds %q, whose keys %q have no %+v", string(points[from:to]), text, keys, wanted)
			}
		}
	})
}

func TestTextsOfVeryManyWords(t *testing.T) {
	if n := len(words.Split(strings.Repeat("a ", words.MaxWords+5))); n != words.MaxWords {
		t.Errorf("%d words", n)
	}
	if n := len(words.Split(strings.Repeat("中", words.MaxWords+5))); n != words.MaxWords {
		t.Errorf("%d letters", n)
	}
}

// The words that databases keep are those of one Version. When this fails, because Go or
// golang.org/x/text has other tables, compare what has changed: if it is more than characters
// that were not assigned before, raise Version, and Migrate makes the words anew.
func TestTheDefinitionHasNotChanged(t *testing.T) {
	want := map[string]string{"15.0.0": "98d27a08530de11e"}
	hash := sha256.New()
	for c := rune(0); c <= 0xe01ff; c++ {
		if c >= 0xd800 && c <= 0xdfff || c > 0x323af && c < 0xe0000 { // surrogates, and planes without characters
			continue
		}
		_, _ = fmt.Fprintf(hash, "%+v", words.Split("a"+string(c)+"b"+string(c)))
	}
	if got := fmt.Sprintf("%x", hash.Sum(nil)[:8]); got != want[unicode.Version] {
		t.Errorf("with Unicode %s the definition is %s", unicode.Version, got)
	}
}
