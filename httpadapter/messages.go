package httpadapter

import (
	"strconv"

	"github.com/google/uuid"

	"github.com/go-df/chat"
)

func messageList(r *request) (*response, error) {
	room := r.id("room")
	at := chat.HistoryQuery{
		Before: r.number("before", 0), After: r.number("after", 0), Around: r.number("around", 0), Limit: r.limit(),
	}
	if r.err != nil {
		return nil, r.err
	}
	page, err := r.h.svc.Messages(r.Context(), r.actor, room, at)
	if err != nil {
		return nil, err
	}
	v := r.view()
	return ok(messagePage{shownAll(page.Items, v.message), page.HasBefore, page.HasAfter}, v), nil
}

type newMessage struct {
	Text      string        `json:"text"`
	MediaIDs  []uuid.UUID   `json:"media_ids"`
	ReplyToID *uuid.UUID    `json:"reply_to_id"`
	ClientID  string        `json:"client_id"`
	Metadata  chat.Metadata `json:"metadata"`

	Mentions    []chat.UserID `json:"mentions"`
	MentionRoom bool          `json:"mention_room"`
}

// mentionsIn checks how the ids of users who are mentioned are spelled.
func (r *request) mentionsIn(users []chat.UserID) {
	for i, user := range users {
		r.userIDIn("mentions["+strconv.Itoa(i)+"]", user)
	}
}

// messageCreate sends. What is repeated under the same client id gets the same response as the
// first time.
func messageCreate(r *request) (*response, error) {
	room, in := r.id("room"), readBody[newMessage](r)
	in.ClientID = r.idempotencyKey(in.ClientID)
	r.notUsers(in.Metadata != nil)
	r.mentionsIn(in.Mentions)
	if r.err != nil {
		return nil, r.err
	}
	sent, err := r.h.svc.SendMessage(r.Context(), r.actor, room, chat.NewMessage(in))
	if err != nil {
		return nil, err
	}
	v := r.view()
	return created(v.message(sent), v, "/messages/"+sent.ID.String()).withVersion(sent.ChangedAt()), nil
}

func messageSearch(r *request) (*response, error) {
	in := chat.MessageSearchQuery{Query: r.param("q"), After: r.time("after"), Before: r.time("before"), HasMedia: r.boolean("media"), Page: r.page()}
	if author := chat.UserID(r.param("author")); author == "me" {
		in.Author = r.actor
	} else if in.Author = author; author != "" && !r.spelled(author) {
		r.fail(badParameter("author", chat.CodeInvalidUserID, "is not a user id: it is not spelled as the API gives it out"))
	}
	if text, given := r.given("room"); given {
		room, valid := parseID(text)
		if !valid {
			r.fail(chat.ErrNotFound)
		}
		in.RoomID = &room
	}
	if r.err != nil {
		return nil, r.err
	}
	found, err := r.h.svc.SearchMessages(r.Context(), r.actor, in)
	if err != nil {
		return nil, err
	}
	v := r.view()
	return ok(listOf(found.Items, found.Next, v.messageHit), v), nil
}

func messageRetrieve(r *request) (*response, error) {
	id := r.id("message")
	if r.err != nil {
		return nil, r.err
	}
	found, err := r.h.svc.Message(r.Context(), r.actor, id)
	if err != nil {
		return nil, err
	}
	return messageShown(r, found), nil
}

func messageShown(r *request, m *chat.Message) *response {
	v := r.view()
	return ok(v.message(m), v).withVersion(m.ChangedAt())
}

type messagePatch struct {
	Text     field[string]        `json:"text"`
	Metadata field[chat.Metadata] `json:"metadata"`

	Mentions    field[[]chat.UserID] `json:"mentions"`
	MentionRoom field[bool]          `json:"mention_room"`
}

func messageUpdate(r *request) (*response, error) {
	id, in, known := r.id("message"), readBody[messagePatch](r), r.ifMatch()
	r.notUsers(in.Metadata.given)
	r.mentionsIn(in.Mentions.value)
	if r.err != nil {
		return nil, r.err
	}
	edited, err := r.h.svc.EditMessage(r.Context(), r.actor, id, chat.MessagePatch{
		Text: in.Text.or(""), Metadata: in.Metadata.or(nil),
		Mentions: in.Mentions.or(nil), MentionRoom: in.MentionRoom.or(false), IfChangedAt: known,
	})
	if err != nil {
		return nil, err
	}
	return messageShown(r, edited), nil
}

func messageDelete(r *request) (*response, error) {
	id := r.id("message")
	if r.err != nil {
		return nil, r.err
	}
	if err := r.h.svc.DeleteMessage(r.Context(), r.actor, id); err != nil {
		return nil, err
	}
	return noContent(), nil
}

// messageReplyList lists the replies to a message.
func messageReplyList(r *request) (*response, error) {
	id, page := r.id("message"), r.page()
	if r.err != nil {
		return nil, r.err
	}
	found, err := r.h.svc.Replies(r.Context(), r.actor, id, page)
	if err != nil {
		return nil, err
	}
	v := r.view()
	return ok(listOf(found.Items, found.Next, v.message), v), nil
}

// mentionList lists the messages that mention the user.
func mentionList(r *request) (*response, error) {
	page := r.page()
	if r.err != nil {
		return nil, r.err
	}
	found, err := r.h.svc.Mentions(r.Context(), r.actor, page)
	if err != nil {
		return nil, err
	}
	v := r.view()
	return ok(listOf(found.Items, found.Next, v.messageHit), v), nil
}
