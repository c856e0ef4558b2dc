package words

import (
	"cmp"
	"slices"
	"strings"
	"unicode/utf8"
)

// Query is what is searched for: terms, all of which a text must have.
type Query struct {
	terms []term
	asked int // with those that come twice
}

// term is words that stand one after the other: a word, letters that are joined, or a phrase.
type term struct {
	words  []Word
	prefix bool // the last of them may go on
}

// Span is a part of a text, in code points.
type Span struct{ Start, End int }

// Key is one of the Keys of every text that a query finds, or with Prefix the beginning of
// one.
type Key struct {
	Text   string
	Prefix bool
}

// quotes are what people write for a double quote.
var quotes = strings.NewReplacer("“", `"`, "”", `"`, "„", `"`, "«", `"`, "»", `"`, "＂", `"`)

// Parse reads a query. What stands between double quotes is a phrase, whose words stand one
// after the other. The last word of a query, unless a phrase ends it, may be the beginning of
// a word.
func Parse(query string) Query {
	var q Query
	parts := strings.Split(quotes.Replace(query), `"`)
	for i, part := range parts {
		list := Split(part)
		if len(list) == 0 {
			continue
		}
		phrase := i%2 == 1 && i < len(parts)-1 // a quote that nothing closes begins none
		for from := 0; from < len(list); {
			to := from + 1
			for to < len(list) && (phrase || list[to].Joined) {
				to++
			}
			q.add(term{words: list[from:to], prefix: !phrase && to == len(list)})
			from = to
		}
	}
	for i := range q.terms[:max(len(q.terms)-1, 0)] {
		q.terms[i].prefix = false
	}
	q.asked = len(q.terms)
	q.compact()
	return q
}

func (q *Query) add(t term) { q.terms = append(q.terms, t) }

// compact leaves out terms that are there before.
func (q *Query) compact() {
	for i := len(q.terms) - 1; i > 0; i-- {
		if slices.ContainsFunc(q.terms[:i], q.terms[i].same) {
			q.terms = slices.Delete(q.terms, i, i+1)
		}
	}
}

func (t term) same(other term) bool {
	return t.prefix == other.prefix && slices.EqualFunc(t.words, other.words, func(a, b Word) bool {
		return a.Text == b.Text && a.Joined == b.Joined
	})
}

// Terms is how many words and phrases the query has, repeats included.
func (q Query) Terms() int { return q.asked }

// Match returns where the words of the query stand in a text, in order, and whether the text
// has all of them.
func (q Query) Match(text string) ([]Span, bool) {
	if !q.may(text) {
		return nil, false
	}
	list := Split(text)
	var spans []Span
	for _, t := range q.terms {
		before := len(spans)
		for at := range list {
			if t.at(list[at:]) {
				spans = append(spans, Span{list[at].Start, list[at+len(t.words)-1].End})
			}
		}
		if len(spans) == before {
			return nil, false
		}
	}
	return merged(spans), true
}

// may reports whether a text may have all words, from what can be told at once: of a text in ASCII.
func (q Query) may(text string) bool {
	for i := range len(text) {
		if text[i] >= utf8.RuneSelf {
			return true
		}
	}
	for _, t := range q.terms {
		for _, w := range t.words {
			if !contains(text, w.Text) {
				return false
			}
		}
	}
	return true
}

// contains reports whether a text in ASCII contains a word, which is in lower case.
func contains(text, word string) bool {
	first := word[0]
	upper := first
	if first >= 'a' && first <= 'z' {
		upper -= 'a' - 'A'
	}
	for i := 0; i+len(word) <= len(text); i++ {
		if c := text[i]; (c == first || c == upper) && strings.EqualFold(text[i:i+len(word)], word) {
			return true
		}
	}
	return false
}

// at reports whether the term begins a list of words.
func (t term) at(list []Word) bool {
	if len(list) < len(t.words) {
		return false
	}
	for i, wanted := range t.words {
		prefix := t.prefix && i == len(t.words)-1
		switch has := list[i]; {
		case i > 0 && wanted.Joined && !has.Joined:
			return false
		case prefix && !strings.HasPrefix(has.Text, wanted.Text), !prefix && has.Text != wanted.Text:
			return false
		}
	}
	return true
}

// merged are spans in order, those that meet as one.
func merged(spans []Span) []Span {
	slices.SortFunc(spans, func(a, b Span) int { return cmp.Or(cmp.Compare(a.Start, b.Start), cmp.Compare(a.End, b.End)) })
	list := spans[:0]
	for _, s := range spans {
		if n := len(list); n > 0 && s.Start <= list[n-1].End {
			list[n-1].End = max(list[n-1].End, s.End)
			continue
		}
		list = append(list, s)
	}
	return list
}

// Keys returns what all texts that the query finds have among their Keys, those first that
// are likely to be rare, which are the long ones.
func (q Query) Keys() []Key {
	var keys []Key
	for _, t := range q.terms {
		for i, w := range t.words {
			last := i == len(t.words)-1
			key := Key{w.Text, t.prefix && last}
			switch {
			case !last && t.words[i+1].Joined:
				key = Key{w.Text + t.words[i+1].Text, t.prefix && i+2 == len(t.words)}
			case w.Joined && i > 0: // it is in the pair before
				continue
			case w.Unspaced:
				key.Prefix = true
			}
			if len(key.Text) > maxKey {
				key.Text = cut(key.Text)
			}
			if !slices.Contains(keys, key) {
				keys = append(keys, key)
			}
		}
	}
	slices.SortStableFunc(keys, func(a, b Key) int { return cmp.Compare(b.weight(), a.weight()) })
	return keys
}

func (k Key) weight() int {
	if k.Prefix {
		return len(k.Text)
	}
	return len(k.Text) + 1
}
