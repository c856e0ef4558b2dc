package model_test

import (
	"slices"
	"strings"

	"github.com/go-df/chat"
)

// The texts of the model are of one word, which is all that the oracle knows of words.
var plainWord = strings.NewReplacer("ü", "u", "ß", "ss")

// has reports whether a text has what is searched for: a word, or in quotes a whole one.
func has(text, query string) bool {
	word, exact := strings.CutPrefix(plainWord.Replace(strings.ToLower(query)), `"`)
	word = strings.TrimSuffix(word, `"`)
	text = plainWord.Replace(text)
	return text == word || !exact && strings.HasPrefix(text, word)
}

// SearchPages is SearchMessages, page after page.
func (o *oracle) SearchPages(actor chat.Actor, in chat.MessageSearchQuery) ([][]chat.MessageHit, error) {
	if strings.Trim(in.Query, " .") == "" {
		return nil, invalid("q")
	}
	if in.Author == badUser {
		return nil, invalid("author")
	}
	user, err := o.who(actor)
	if err != nil {
		return nil, err
	}
	size, err := o.pageSize(in.Limit)
	if err != nil {
		return nil, err
	}
	if in.RoomID != nil {
		if _, err := o.inside(user, *in.RoomID); err != nil {
			return nil, err
		}
	}
	var found []chat.MessageHit
	for _, r := range o.rooms {
		if r.DeletedAt != nil || in.RoomID != nil && *in.RoomID != r.ID {
			continue
		}
		for _, m := range r.messages {
			switch {
			case !r.shows(user, m), m.Deleted(), !has(m.Text, in.Query), in.Author != "" && !same(m.UserID, in.Author):
			case in.HasMedia != nil && *in.HasMedia != (len(m.media) > 0):
			case !in.Before.IsZero() && !m.CreatedAt.Before(in.Before), !in.After.IsZero() && m.CreatedAt.Before(in.After):
			default:
				found = append(found, chat.MessageHit{Message: *r.shown(m, user), Room: r.seen(user), Matches: []chat.Match{{End: len([]rune(m.Text))}}})
			}
		}
	}
	slices.SortFunc(found, func(a, b chat.MessageHit) int { return strings.Compare(b.ID.String(), a.ID.String()) })
	return paged(found, size), nil
}

func (c chooser) searchPages() []any {
	r := c.written()
	in := chat.MessageSearchQuery{Query: rarely(c, pick(c, "a", "b", "GRÜ", "grusse", `"grüß"`, `"b"`), "", " ...")}
	in.Limit = c.limit()
	if c.oneIn(2) {
		in.RoomID = &r.ID
	}
	if c.oneIn(4) {
		in.Author = rarely(c, c.user(), badUser)
	}
	if c.oneIn(4) {
		media := c.oneIn(2)
		in.HasMedia = &media
	}
	switch m := c.message(r); c.n(6) {
	case 0:
		in.Before = m.CreatedAt
	case 1:
		in.After = m.CreatedAt
	}
	return []any{c.member(r), in}
}
