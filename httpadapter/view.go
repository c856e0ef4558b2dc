package httpadapter

import (
	"github.com/go-json-experiment/json/jsontext"
	"github.com/google/uuid"

	"github.com/go-df/chat"
)

// view shows what the service returned to one user, and gathers whom it shows, so
// that the host is called for profiles once.
type view struct {
	base  string // of URLs
	me    chat.UserID
	users map[chat.UserID]*user
	ids   []chat.UserID
}

func (r *request) view() *view { return &view{base: r.h.config.BasePath, me: r.actor} }

func (v *view) user(id *chat.UserID) *user {
	if id == nil {
		return nil
	}
	if known := v.users[*id]; known != nil {
		return known
	}
	if v.users == nil {
		v.users = map[chat.UserID]*user{}
	}
	shown := &user{ID: *id}
	v.users[*id] = shown
	v.ids = append(v.ids, *id)
	return shown
}

// embedProfiles fills in names and avatars. A chat without them is better than none,
// and what the request changed is changed already.
func (v *view) embedProfiles(r *request) {
	lookUp := r.h.config.Profiles
	if lookUp == nil || len(v.ids) == 0 {
		return
	}
	profiles, err := lookUp(r.Request, v.ids)
	if err != nil {
		r.h.config.Logger.WarnContext(r.Context(), "the host's profiles failed", "operation", r.operation(), "error", err)
		return
	}
	for id, profile := range profiles {
		if shown := v.users[id]; shown != nil {
			shown.Name, shown.AvatarURL = profile.Name, profile.AvatarURL
		}
	}
}

func shownAll[T, S any](items []T, show func(*T) S) []S {
	shown := make([]S, len(items))
	for i := range items {
		shown[i] = show(&items[i])
	}
	return shown
}

func listOf[T, S any](items []T, next string, show func(*T) S) list[S] {
	page := list[S]{Items: shownAll(items, show)}
	if next != "" {
		page.Next = &next
	}
	return page
}

func (v *view) room(r *chat.Room) room {
	shown := room{
		ID: r.ID, Type: r.Type, Name: r.Name, Description: r.Description, AvatarID: r.AvatarID, Public: r.Public,
		Owner: v.user(r.OwnerID), Other: v.user(r.Other), DefaultPermissions: r.DefaultPermissions.Names(),
		HistoryVisibility: r.HistoryVisibility, MemberCount: r.MemberCount, Unread: r.Unread,
		FirstNumber: r.FirstNumber, LastNumber: r.LastNumber, LastSeq: r.LastSeq, LastMessageAt: r.LastMessageAt, Metadata: jsontext.Value(r.Metadata),
		CreatedAt: r.CreatedAt, UpdatedAt: r.UpdatedAt,
	}
	if r.AvatarID != nil {
		url := v.contentURL(*r.AvatarID)
		shown.AvatarURL = &url
	}
	if r.Me != nil {
		shown.Member, shown.MyPermissions = true, r.Me.Effective.Names()
		shown.Muted, shown.MutedUntil, shown.Hidden, shown.Pinned = r.Me.Muted, r.Me.MutedUntil, r.Me.Hidden, r.Me.Pinned
		shown.LastReadNumber, shown.MarkedUnread = r.Me.LastReadNumber, r.Me.MarkedUnread
	}
	if r.LastMessage != nil {
		last := v.lastMessage(r.LastMessage)
		shown.LastMessage = &last
	}
	return shown
}

func (v *view) roomUser(u *chat.RoomUser) roomUser {
	shown := roomUser{
		RoomID: u.RoomID, User: v.user(&u.UserID), Owner: u.Owner, Effective: u.Effective.Names(),
		CreatedBy: v.user(u.CreatedBy), LastSeenAt: u.LastSeenAt, LastReadNumber: u.LastReadNumber,
		JoinedNumber: u.JoinedNumber, CreatedAt: u.CreatedAt,
	}
	if u.Permissions != nil {
		names := u.Permissions.Names()
		shown.Permissions = &names
	}
	if u.UserID == v.me {
		shown.Muted, shown.MutedUntil, shown.Hidden, shown.Pinned = &u.Muted, u.MutedUntil, &u.Hidden, &u.Pinned
		shown.MarkedUnread = u.MarkedUnread
	}
	return shown
}

func (v *view) ban(b *chat.Ban) ban {
	return ban{
		RoomID: b.RoomID, User: v.user(&b.UserID), BannedBy: v.user(b.BannedBy), Reason: b.Reason, Until: b.Until, CreatedAt: b.CreatedAt,
	}
}

func (v *view) message(m *chat.Message) message {
	shown := message{lastMessage: v.lastMessage(m), Reactions: make([]reactionCount, len(m.Reactions))}
	for i, count := range m.Reactions {
		shown.Reactions[i] = reactionCount(count)
	}
	if m.ReplyTo != nil {
		shown.ReplyTo = v.messageHead(m.ReplyTo)
	}
	if m.UserID != nil && *m.UserID == v.me {
		shown.ClientID = m.ClientID // the author's own bookkeeping
	}
	return shown
}

func (v *view) messageHead(m *chat.MessageHead) *messageHead {
	shown := &messageHead{
		ID: m.ID, Number: m.Number, User: v.user(m.UserID), AuthorKind: m.AuthorKind, Text: m.Text,
		MediaID: m.MediaID, MediaCount: m.MediaCount, DeletedAt: m.DeletedAt,
	}
	if m.MediaID != nil {
		shown.MediaType = &m.MediaType
	}
	return shown
}

func (v *view) lastMessage(m *chat.Message) lastMessage {
	return lastMessage{
		ID: m.ID, RoomID: m.RoomID, Number: m.Number, User: v.user(m.UserID), AuthorKind: m.AuthorKind, Text: m.Text,
		Media: shownAll(m.Media, v.media), ReplyToID: m.ReplyToID, Metadata: jsontext.Value(m.Metadata),
		CreatedAt: m.CreatedAt, EditedAt: m.EditedAt, DeletedAt: m.DeletedAt,
	}
}

func (v *view) media(m *chat.Media) media {
	return media{
		ID: m.ID, FileName: m.FileName, ContentType: m.ContentType, Size: m.Size, Width: m.Width, Height: m.Height,
		SHA256: m.SHA256, URL: v.contentURL(m.ID), CreatedAt: m.CreatedAt,
	}
}

func (v *view) contentURL(id uuid.UUID) string { return v.base + "/media/" + id.String() + "/content" }

func (v *view) reaction(r *chat.Reaction) reaction {
	return reaction{ID: r.ID, MessageID: r.MessageID, User: v.user(&r.UserID), Reaction: r.Reaction, CreatedAt: r.CreatedAt}
}
