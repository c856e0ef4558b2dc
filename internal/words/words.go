// Package words says what a word is to the search of messages, in Go alone: neither the
// database's encoding nor its locale nor its own tokenizer matters.
//
// A word is a run of letters, marks and digits, folded: compatibility forms are those that
// they stand for (NFKC: ﬁ is fi, Ａ is A, x² is x2), upper and lower case are the same, and
// accents and points are left out, as are characters without a width of their own (a soft
// hyphen, a joiner). Marks that are no accents stay: the vowels of Indic scripts, Thai's tones,
// the voicing of kana.
//
// Of Chinese, Japanese, Thai, Lao, Khmer and Myanmar, which are written without spaces, each
// letter with its marks is a word of its own that is joined to the one before it: such a run is
// found wherever its letters stand next to each other. An emoji, as any other symbol
// that is a picture, is a word; its skin tone and its presentation are left out, and
// a flag is one word. Everything else separates words.
package words

import (
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// Version is that of the definition. The words that a database keeps were made by one
// version, and are made anew when it changes. What newer tables of Unicode change is
// characters that had no meaning before, so that it need not change with these.
const Version = "1"

// MaxWords is how many words of a text count: what comes after them is not found.
const MaxWords = 10_000

// Word is a word of a text.
type Word struct {
	Text       string
	Start, End int  // where it stands in the text, in code points
	Joined     bool // to the word before it, without a space between them
	Unspaced   bool // it is one letter of a script without spaces
}

// kind is what a character is to a word.
type kind uint8

const (
	separator kind = iota
	letter         // and digits, and marks that stay
	unspaced       // a letter of a script without spaces
	symbol
	flag    // half of one
	accent  // is left out, and belongs to the letter before it
	mark    // stays, and belongs to the letter before it
	dropped // is left out, and separates nothing
)

// splitter collects the words of a text.
type splitter struct {
	words  []Word
	source string
	next   int    // where the present segment ends in source
	text   []byte // of the word that has begun, where it is not as in source
	from   int    // where that word begins in source
	end    int    // and where it ends, up to now
	copied bool   // it is in text
	open   bool   // one has begun
	wide   bool   // it may have letters that are to be composed
	last   kind   // of the last character that was not left out
	at     int    // how many code points were taken in
	began  int    // how many of them before the present segment
}

// Split returns the words of a text, in order and with repeats.
func Split(text string) []Word {
	s := splitter{source: text}
	if n := len(text) / 5; n > 0 {
		s.words = make([]Word, 0, min(n+1, 256))
	}
	for i := 0; i < len(text) && len(s.words) < MaxWords; {
		c := text[i]
		s.began = s.at
		if c < utf8.RuneSelf && (i+1 == len(text) || text[i+1] < utf8.RuneSelf) { // no mark follows
			s.next = i + 1
			s.ascii(c)
			i++
			continue
		}
		if n := s.plain(text, i); n > 0 {
			i += n
			continue
		}
		i += s.segment(text, i)
	}
	s.close()
	if len(s.words) > MaxWords {
		s.words = s.words[:MaxWords]
	}
	return s.words
}

func (s *splitter) ascii(c byte) {
	switch {
	case c >= 'a' && c <= 'z', c >= '0' && c <= '9':
		s.add(letter, rune(c), 1, true)
	case c >= 'A' && c <= 'Z':
		s.add(letter, rune(c+'a'-'A'), 1, false)
	default:
		s.separate(1)
	}
}

// plain takes in a letter that is normal as it is, and no mark follows, which most are. It
// returns its length, or 0 for what is something else.
func (s *splitter) plain(text string, i int) int {
	c, size := utf8.DecodeRuneInString(text[i:])
	of := kindOf(c)
	if of != letter && of != unspaced || c < utf8.RuneSelf || c >= 0x1100 && c <= 0x11FF || c >= 0xA960 && c <= 0xA97F || c >= 0xD7B0 && c <= 0xD7FF {
		return 0
	}
	if (c < 0xAC00 || c > 0xD7A3) && norm.NFKD.PropertiesString(text[i:]).Decomposition() != nil {
		return 0
	}
	if i+size < len(text) && text[i+size] >= utf8.RuneSelf {
		if next := norm.NFKD.PropertiesString(text[i+size:]); !next.BoundaryBefore() || next.CCC() != 0 || next.LeadCCC() != 0 {
			return 0
		}
	}
	folded := unicode.ToLower(unicode.ToUpper(c))
	if plainLetters[folded] != "" {
		return 0
	}
	s.next = i + size
	s.add(of, folded, 1, folded == c)
	return size
}

// segment takes in a character with the marks that follow it, and returns its length.
func (s *splitter) segment(whole string, i int) int {
	text := whole[i:]
	first, size := utf8.DecodeRuneInString(text)
	s.next = i + size
	if first == utf8.RuneError && size == 1 { // is no UTF-8
		s.separate(1)
		return size
	}
	switch kindOf(first) {
	case symbol, flag:
		s.add(kindOf(first), first, 1, true)
		return size
	case separator:
		s.separate(1)
		return size
	case dropped:
		s.extend(1)
		return size
	}
	length := norm.NFKD.NextBoundaryInString(text, true)
	if length <= 0 {
		length = size
	}
	s.next = i + length
	s.letters(text[:length])
	return length
}

// letters takes in a character with its marks, each in its parts.
func (s *splitter) letters(text string) {
	points := utf8.RuneCountInString(text)
	var decomposed [64]byte
	before := rune(0)
	taken := false // the segment's code points are counted
	for _, c := range string(norm.NFKD.AppendString(decomposed[:0], text)) {
		of := kindOf(c)
		if c == breve && before == shortI {
			of = mark
		}
		if of == accent || of == dropped {
			continue
		}
		n := 0
		if !taken && of != mark {
			n, taken = points, true
		}
		before = unicode.ToLower(c)
		switch of {
		case separator, symbol, flag:
			s.separate(n)
		default:
			s.fold(of, c, n)
		}
	}
	if !taken {
		s.extend(points)
	}
}

// The short i of Cyrillic is a letter of its own to those who write it.
const (
	breve  = '\u0306'
	shortI = 'и'
)

// fold takes in a character in lower case, by way of the upper case, which has one form for
// what has several in the lower one.
func (s *splitter) fold(of kind, c rune, points int) {
	c = unicode.ToLower(unicode.ToUpper(c))
	if plain, is := plainLetters[c]; is {
		for i, c := range plain {
			if i > 0 {
				points = 0
			}
			s.add(of, c, points, false)
		}
		return
	}
	s.add(of, c, points, false)
}

// plainLetters are those that Unicode does not decompose, as people who lack them
// write them.
var plainLetters = map[rune]string{
	'ß': "ss", 'æ': "ae", 'œ': "oe", 'ø': "o", 'ł': "l", 'đ': "d", 'ð': "d", 'þ': "th", 'ħ': "h", 'ı': "i", 'ŧ': "t", 'ĸ': "k", 'ŋ': "n",
}

// add takes in a character that stays, which stands for that many code points of the text, and
// says whether it is as it is written there.
func (s *splitter) add(of kind, c rune, points int, same bool) {
	joined := false
	switch of {
	case mark:
		if !s.open { // of nothing
			s.extend(points)
			return
		}
	case letter:
		if s.open && s.last != letter {
			s.close()
		}
	case unspaced:
		if s.open {
			joined = s.last == unspaced
			s.close()
		}
	case flag:
		if s.open && s.last == flag && s.at-s.words[len(s.words)-1].Start < 2 {
			break // the second half
		}
		s.close()
	default:
		s.close()
	}
	if !s.open {
		s.words = append(s.words, Word{Start: s.began, End: s.at, Joined: joined, Unspaced: of == unspaced})
		s.open, s.copied, s.wide = true, false, false
		s.from, s.end = s.next-utf8.RuneLen(c), s.next-utf8.RuneLen(c)
	}
	s.take(c, same)
	if of != mark {
		s.last = of
	}
	s.extend(points)
}

// take appends a character to the word that has begun.
func (s *splitter) take(c rune, same bool) {
	if same && !s.copied && s.end == s.next-utf8.RuneLen(c) {
		s.end = s.next
		return
	}
	if !s.copied {
		s.text = append(s.text[:0], s.source[s.from:s.end]...)
		s.copied = true
	}
	s.wide = s.wide || !same && c >= utf8.RuneSelf
	s.text = utf8.AppendRune(s.text, c)
}

// extend counts code points that belong to the word that has begun, if there is one.
func (s *splitter) extend(points int) {
	s.at += points
	if s.open {
		s.words[len(s.words)-1].End = s.at
	}
}

func (s *splitter) separate(points int) {
	s.close()
	s.at += points
}

func (s *splitter) close() {
	if s.open {
		w := &s.words[len(s.words)-1]
		switch {
		case !s.copied:
			w.Text = s.source[s.from:s.end]
		case s.wide && !norm.NFC.IsNormal(s.text):
			w.Text = string(norm.NFC.Bytes(s.text))
		default:
			w.Text = string(s.text)
		}
		s.open = false
	}
}

// maxKey is how many bytes of a key are kept.
const maxKey = 64

// cut is a key as it is kept: of a long one the beginning.
func cut(word string) string {
	if len(word) <= maxKey {
		return word
	}
	end := maxKey
	for !utf8.RuneStart(word[end]) {
		end--
	}
	return word[:end]
}

// Keys returns what is kept of a text, each once: its words, and of letters that are joined
// each pair, and the last of them alone. What is in several words' place in a query is in
// them. A key has no space and no ASCII punctuation, and is in lower case.
func Keys(text string) []string {
	list := Split(text)
	keys := make([]string, 0, len(list))
	seen := make(map[string]bool, len(list))
	for i, w := range list {
		key := w.Text
		if i+1 < len(list) && list[i+1].Joined {
			key += list[i+1].Text
		}
		if key = cut(key); !seen[key] {
			seen[key] = true
			keys = append(keys, key)
		}
	}
	return keys
}
