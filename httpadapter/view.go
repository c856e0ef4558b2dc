package httpadapter

import (
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/go-df/chat"
)

// view shows what the service returned to one user, and gathers whom it shows, so
// that the host is called for profiles once.
type view struct {
	urls  mediaURLs
	me    chat.UserID
	svc   *chat.Service // which knows what has a thumbnail
	users map[chat.UserID]*user
	ids   []chat.UserID
}

func (r *request) view() *view { return &view{urls: r.h.mediaURLs(r.actor), me: r.actor, svc: r.h.svc} }

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
			shown.add(profile)
		}
	}
}

func (u *user) add(p Profile) {
	u.Name, u.AvatarURL, u.Metadata = p.Name, p.AvatarURL, jsontext.Value(p.Metadata)
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
		Owner: v.user(r.OwnerID), DefaultPermissions: r.DefaultPermissions.Names(),
		HistoryVisibility: r.HistoryVisibility, MemberCount: r.MemberCount, Unread: r.Unread,
		MentionCount: r.MentionCount, SlowMode: r.SlowMode,
		FirstNumber: r.FirstNumber, LastNumber: r.LastNumber, LastSeq: r.LastSeq, LastMessageAt: r.LastMessageAt, Metadata: jsontext.Value(r.Metadata),
		CreatedAt: r.CreatedAt, UpdatedAt: r.UpdatedAt, Version: versionTag(r.UpdatedAt),
	}
	if r.AvatarID != nil {
		url, thumbnail := v.urls.of(*r.AvatarID, ""), v.urls.of(*r.AvatarID, thumbnail)
		shown.AvatarURL, shown.AvatarThumbnailURL = &url, &thumbnail
	}
	if r.Me != nil {
		shown.Member, shown.MyPermissions = true, r.Me.Effective.Names()
		shown.Muted, shown.MutedUntil, shown.Hidden, shown.Pinned = r.Me.Muted, r.Me.MutedUntil, r.Me.Hidden, r.Me.Pinned
		shown.LastReadNumber, shown.MarkedUnread = r.Me.LastReadNumber, r.Me.MarkedUnread
	}
	if r.Other != nil {
		shown.Other = &otherUser{user: v.user(r.Other)}
		if r.OtherMember != nil {
			shown.Other.LastSeenAt, shown.Other.LastReadNumber = r.OtherMember.LastSeenAt, r.OtherMember.LastReadNumber
		}
	}
	if r.LastMessage != nil {
		shown.LastMessage = v.messageHead(r.LastMessage)
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
	shown := message{
		ID: m.ID, RoomID: m.RoomID, Number: m.Number, User: v.user(m.UserID), AuthorKind: m.AuthorKind, Text: m.Text,
		Media: shownAll(m.Media, v.media), Reactions: shownAll(m.Reactions, v.reactionCount), ReplyToID: m.ReplyToID,
		Metadata: jsontext.Value(m.Metadata), CreatedAt: m.CreatedAt, EditedAt: m.EditedAt, DeletedAt: m.DeletedAt,
		Version: versionTag(m.ChangedAt()), Mentions: shownAll(m.Mentions, v.user), MentionRoom: m.MentionRoom, ReplyCount: m.ReplyCount,
	}
	if m.ReplyTo != nil {
		shown.ReplyTo = v.messageHead(m.ReplyTo)
	}
	if m.UserID != nil && *m.UserID == v.me {
		shown.ClientID = m.ClientID // the author's own bookkeeping
	}
	return shown
}

func (v *view) messageHit(h *chat.MessageHit) messageHit {
	shown := messageHit{Message: v.message(&h.Message), Room: v.room(h.Room), Matches: make([]textMatch, len(h.Matches))}
	for i, match := range h.Matches {
		shown.Matches[i] = textMatch(match)
	}
	return shown
}

func (v *view) pin(p *chat.Pin) pin {
	return pin{Message: v.message(p.Message), PinnedBy: v.user(p.UserID), CreatedAt: p.CreatedAt}
}

func (v *view) messageHead(m *chat.MessageHead) *messageHead {
	shown := &messageHead{
		ID: m.ID, Number: m.Number, User: v.user(m.UserID), AuthorKind: m.AuthorKind, Text: m.Text, MediaCount: m.MediaCount,
		Metadata: jsontext.Value(m.Metadata), CreatedAt: m.CreatedAt, EditedAt: m.EditedAt, DeletedAt: m.DeletedAt,
	}
	if m.Media != nil {
		first := v.mediaHead(m.Media)
		shown.Media = &first
	}
	return shown
}

func (v *view) reactionCount(c *chat.ReactionCount) reactionCount {
	return reactionCount{
		Reaction: c.Reaction, Count: c.Count, Mine: c.Mine, Users: shownAll(c.Users, v.user),
	}
}

func (v *view) media(m *chat.Media) media {
	return media{mediaHead: v.mediaHead(m), Size: m.Size, SHA256: m.SHA256, CreatedAt: m.CreatedAt}
}

func (v *view) mediaHead(m *chat.Media) mediaHead {
	shown := mediaHead{
		ID: m.ID, Kind: mediaKind(m), FileName: m.FileName, ContentType: m.ContentType, Width: m.Width, Height: m.Height,
		DurationMS: m.DurationMS, URL: v.urls.of(m.ID, ""),
	}
	if v.svc.HasThumbnail(m) {
		url := v.urls.of(m.ID, thumbnail)
		shown.ThumbnailURL = &url
	}
	return shown
}

// mediaKind is how a page shows a media item: what is sent as an attachment is a file.
func mediaKind(m *chat.Media) string {
	kind, disposition := m.ContentHeaders()
	major, _, _ := strings.Cut(kind, "/")
	switch {
	case m.IsImage():
		return "image"
	case strings.HasPrefix(disposition, "attachment"), major == "image": // without a size it is not to be shown
		return "file"
	case major == "video":
		return "video"
	}
	return "audio"
}

func (v *view) reaction(r *chat.Reaction) reaction {
	return reaction{ID: r.ID, MessageID: r.MessageID, User: v.user(&r.UserID), Reaction: r.Reaction, CreatedAt: r.CreatedAt}
}
