package model_test

import (
	"bytes"
	"image"
	"image/png"
	"maps"
	"slices"
	"strings"

	"github.com/google/uuid"

	"github.com/go-df/chat"
)

func (c chooser) sendMessage() []any {
	r := c.room()
	if sent := c.sentWithClientID(r); sent != nil && c.oneIn(4) {
		in := *sent.input
		in.Metadata = c.respelled(in.Metadata)
		if sent.UserID == nil {
			return []any{chat.System, r.ID, in}
		}
		return []any{*sent.UserID, r.ID, in}
	}
	actor := c.allowed(r, chat.CanCreateMessages)
	in := chat.NewMessage{Text: c.text()}
	if c.oneIn(4) {
		in.ClientID = rarely(c, pick(c, "c1", "c2"), "a\x00", strings.Repeat("c", 256))
	}
	if c.oneIn(4) && len(r.messages) > 0 || c.oneIn(40) {
		in.ReplyToID = &c.message(r).ID
	}
	if len(c.free(actor)) > 0 && c.oneIn(2) || c.oneIn(20) {
		for range rarely(c, 1+c.n(2), 3) {
			if id := c.medium(actor); !slices.Contains(in.MediaIDs, id) || c.oneIn(10) {
				in.MediaIDs = append(in.MediaIDs, id)
			}
		}
		in.Text = pick(c, in.Text, "")
	}
	if c.oneIn(4) {
		in.Metadata = c.metadata()
	}
	if c.oneIn(3) {
		in.Mentions, in.MentionRoom = c.mentioned(r), c.oneIn(3)
	}
	return []any{actor, r.ID, in}
}

// sentWithClientID is a message of the room that can be sent again, or nil.
func (c chooser) sentWithClientID(r *modelRoom) *modelMessage {
	var all []*modelMessage
	for _, m := range r.messages {
		if m.input != nil {
			all = append(all, m)
		}
	}
	if len(all) == 0 {
		return nil
	}
	return pick(c, all...)
}

// respelled is mostly the same object in other words.
func (c chooser) respelled(m chat.Metadata) chat.Metadata {
	return rarely(c, chat.Metadata(pick(c,
		string(m), strings.ReplaceAll(string(m), ":", " : "), strings.ReplaceAll(string(m), "1", "1.0"),
		strings.ReplaceAll(string(m), `"b"`, `"\u0062"`))), c.metadata())
}

func (c chooser) editMessage() []any {
	r := c.written()
	m := c.message(r)
	patch := chat.MessagePatch{Text: maybe(c, c.text)}
	if patch.Text == nil {
		patch.Metadata = maybe(c, c.metadata)
	}
	if c.oneIn(3) {
		patch.Mentions = maybe(c, func() []chat.UserID { return c.mentioned(r) })
		patch.MentionRoom = maybe(c, func() bool { return c.oneIn(2) })
	}
	return []any{c.authorOr(r, m, chat.CanEditMessages), m.ID, patch}
}

// mentioned are mostly members.
func (c chooser) mentioned(r *modelRoom) (users []chat.UserID) {
	for range c.n(4) {
		users = append(users, c.memberOf(r))
	}
	return users
}

func (c chooser) mentionPages() []any { return []any{c.person(), c.limit()} }

func (c chooser) replyPages() []any {
	r := c.written()
	m := c.message(r)
	if m.ReplyToID != nil && c.oneIn(2) {
		return []any{c.member(r), *m.ReplyToID, c.limit()}
	}
	return []any{c.member(r), m.ID, c.limit()}
}

func (c chooser) pinMessage() []any {
	r := c.written()
	return []any{c.allowed(r, chat.CanEditRoom), c.message(r).ID}
}

func (c chooser) deleteMessage() []any {
	r := c.written()
	m := c.message(r)
	return []any{c.authorOr(r, m, chat.CanDeleteMessages), m.ID}
}

func (c chooser) deleteMessages() []any {
	var filter chat.MessageFilter
	if r := c.room(); c.oneIn(2) {
		filter.RoomID = &r.ID
	}
	if c.oneIn(2) {
		filter.Author = rarely(c, c.user(), badUser)
	}
	if c.oneIn(4) {
		filter.RoomType = pick(c, chat.PrivateMessages, chat.Group, chat.Channel)
	}
	return []any{filter}
}

func (c chooser) retain() []any { return []any{c.ago()} }

func (c chooser) memberAndMessage() []any {
	r := c.written()
	return []any{c.member(r), c.message(r).ID}
}

func (c chooser) messages() []any {
	r := c.written()
	at := chat.HistoryQuery{Limit: c.limit()}
	number := rarely(c, int64(c.n(len(r.messages)+3)), 1<<40)
	switch c.n(4) {
	case 1:
		at.Before = &number
	case 2:
		at.After = &number
	case 3:
		at.Around = &number
	}
	if c.oneIn(40) {
		number, at.Limit = -1, 0
	}
	if at.Before == nil && c.oneIn(40) {
		at = chat.HistoryQuery{Before: new(int64), After: at.After, Around: at.Around}
	}
	return []any{c.member(r), r.ID, at}
}

func (c chooser) react() []any {
	r := c.written()
	m := c.message(r)
	if reacted := slices.DeleteFunc(slices.Clone(r.messages), func(m *modelMessage) bool {
		return len(m.reactions) == 0
	}); len(reacted) > 0 && c.oneIn(2) {
		m = pick(c, reacted...)
	}
	actor := c.member(r)
	if len(m.reactions) > 0 && c.oneIn(3) {
		actor = pick(c, m.reactions...).UserID // again, or another
	}
	given := slices.Sorted(maps.Keys(c.reactions))
	return []any{actor, m.ID, rarely(c, pick(c, given...), "", "a", "👍👍", strings.Repeat("👍", 9), "\xff")}
}

func (c chooser) unreact() []any {
	user, id := c.reaction()
	return []any{rarely[chat.Actor](c, user, c.person(), chat.System), id}
}

func (c chooser) memberAndReaction() []any {
	_, id := c.reaction()
	return []any{c.person(), id}
}

func (c chooser) reactionPages() []any {
	if c.oneIn(2) {
		return []any{c.person(), (*uuid.UUID)(nil), c.limit()}
	}
	r := c.written()
	return []any{c.member(r), &c.message(r).ID, c.limit()}
}

// picture is a png of one pixel.
var picture = func() string {
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewGray(image.Rect(0, 0, 1, 1))); err != nil {
		panic(err)
	}
	return b.String()
}()

func (c chooser) upload() []any {
	return []any{c.person(), pick(c, "", "lunch.png"), rarely(c, pick(c, picture, "The menu: soup."), strings.Repeat("x", 2001))}
}

func (c chooser) someoneAndMedium() []any {
	if len(c.media) == 0 || c.oneIn(20) {
		return []any{c.person(), modelID(1 << 20)}
	}
	m := pick(c, c.media...)
	if m.UserID != nil && c.oneIn(3) {
		return []any{*m.UserID, m.ID}
	}
	return []any{c.person(), m.ID}
}
