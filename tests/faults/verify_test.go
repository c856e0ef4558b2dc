package faults_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"

	"github.com/google/uuid"
	"gorm.io/gorm"

	"github.com/go-df/chat"
)

// claims are what the journals of all clients say.
type claims struct {
	tries     map[string]try
	sent      map[string]sent // by client id, as tries are
	reads     map[uuid.UUID]map[chat.UserID]int64
	reactions []acknowledged
}

func readClaims(folder string) (*claims, error) {
	c := &claims{tries: map[string]try{}, sent: map[string]sent{}, reads: map[uuid.UUID]map[chat.UserID]int64{}}
	paths, err := filepath.Glob(filepath.Join(folder, "*"))
	for _, path := range paths {
		records, _, err := readJournal(path)
		if err != nil {
			return nil, err
		}
		var last *try
		for _, r := range records {
			switch {
			case r.Try != nil:
				last = r.Try
				c.tries[last.ClientID] = *last
			case r.Sent != nil:
				c.sent[last.ClientID] = *r.Sent
				c.read(last.Room, last.User, r.Sent.Number)
			case r.Read != nil:
				c.read(r.Read.Room, r.Read.User, r.Read.Number)
			case r.React != nil:
				c.reactions = append(c.reactions, *r.React)
			}
		}
	}
	return c, err
}

func (c *claims) read(room uuid.UUID, user chat.UserID, number int64) {
	if c.reads[room] == nil {
		c.reads[room] = map[chat.UserID]int64{}
	}
	c.reads[room][user] = max(c.reads[room][user], number)
}

// verifier compares what the clients were told with what the service shows and what the
// database has.
type verifier struct {
	svc    *chat.Service
	db     *gorm.DB
	claims *claims
	faults []string
}

// verify returns what is wrong, and how many messages were acknowledged.
func verify(ctx context.Context, svc *chat.Service, db *gorm.DB, s scene) (faults []string, sends int, err error) {
	claims, err := readClaims(s.Journal)
	if err != nil {
		return nil, 0, err
	}
	v := &verifier{svc: svc, db: db.WithContext(ctx), claims: claims}
	seen := map[string]chat.Message{}
	for _, room := range s.Rooms {
		if err := v.checkRoom(ctx, room, seen); err != nil {
			return nil, 0, err
		}
	}
	v.checkAcknowledged(seen)
	if err := v.checkReactions(ctx); err != nil {
		return nil, 0, err
	}
	return v.faults, len(claims.sent), v.checkUnread(ctx, s.Rooms)
}

func (v *verifier) fault(format string, args ...any) {
	v.faults = append(v.faults, fmt.Sprintf(format, args...))
}

// history reads a room from its first message on, in pages.
func (v *verifier) history(ctx context.Context, room uuid.UUID) (all []chat.Message, err error) {
	for after := int64(0); ; {
		page, err := v.svc.Messages(ctx, chat.System, room, chat.HistoryQuery{After: &after, Limit: 100})
		if err != nil || len(page.Items) == 0 {
			return all, err
		}
		all = append(all, page.Items...)
		after = page.Items[len(page.Items)-1].Number
		if !page.HasAfter {
			return all, nil
		}
	}
}

func (v *verifier) checkRoom(ctx context.Context, id uuid.UUID, seen map[string]chat.Message) error {
	room, err := v.svc.Room(ctx, chat.System, id)
	if err != nil {
		return err
	}
	history, err := v.history(ctx, id)
	if err != nil {
		return err
	}
	var members int64
	if err := v.db.Table("chat_room_users").Where("room_id = ?", id).Count(&members).Error; err != nil {
		return err
	}
	if room.MemberCount != members {
		v.fault("room %s has %d members and counts %d", id, members, room.MemberCount)
	}
	var stored int64
	if err := v.db.Table("chat_messages").Where("room_id = ?", id).Count(&stored).Error; err != nil {
		return err
	}
	if stored != int64(len(history)) || room.LastNumber != stored {
		v.fault("room %s has %d messages, shows %d, and counts to %d", id, stored, len(history), room.LastNumber)
	}
	var ids []uuid.UUID
	for i, m := range history {
		ids = append(ids, m.ID)
		if m.Number != int64(i+1) {
			v.fault("message %s has number %d, not %d", m.ID, m.Number, i+1)
		}
		if m.ClientID == nil {
			v.fault("message %s was sent by nobody", m.ID)
			continue
		}
		if _, twice := seen[*m.ClientID]; twice {
			v.fault("%s is there twice", *m.ClientID)
		}
		seen[*m.ClientID] = m
		if err := v.checkMessage(ctx, m); err != nil {
			return err
		}
	}
	return v.checkEvents(room, ids)
}

// checkMessage compares a message with what its author tried to send.
func (v *verifier) checkMessage(ctx context.Context, m chat.Message) error {
	tried, known := v.claims.tries[*m.ClientID]
	switch {
	case !known:
		v.fault("message %s was tried by nobody", m.ID)
		return nil
	case m.RoomID != tried.Room || m.UserID == nil || *m.UserID != tried.User || m.Text != tried.Text:
		v.fault("message %s is not what was sent", m.ID)
	case (m.ReplyToID == nil) != (tried.ReplyTo == nil) || m.ReplyToID != nil && *m.ReplyToID != *tried.ReplyTo:
		v.fault("message %s answers another", m.ID)
	case len(m.Media) != len(tried.Media):
		v.fault("message %s has %d media, not %d", m.ID, len(m.Media), len(tried.Media))
	}
	for _, item := range m.Media {
		if !slices.Contains(tried.Media, item.ID) {
			v.fault("message %s has a media item that it was not sent with", m.ID)
		}
		_, content, err := v.svc.OpenMedia(ctx, chat.System, item.ID)
		if err != nil {
			v.fault("media item %s cannot be opened: %v", item.ID, err)
			continue
		}
		data, err := io.ReadAll(content)
		if closeErr := content.Close(); err != nil || closeErr != nil {
			return fmt.Errorf("read a media item: %w, %w", err, closeErr)
		}
		if sum := sha256.Sum256(data); hex.EncodeToString(sum[:]) != item.SHA256 || !strings.HasPrefix(string(data), *m.ClientID) {
			v.fault("media item %s is %.20q", item.ID, data)
		}
	}
	return nil
}

// checkEvents compares a room's log with its messages, in order.
func (v *verifier) checkEvents(room *chat.Room, messages []uuid.UUID) error {
	var events []chat.Event
	if err := v.db.Where("room_id = ?", room.ID).Order("seq").Find(&events).Error; err != nil {
		return err
	}
	var created []uuid.UUID
	for i, e := range events {
		if e.Seq != int64(i+1) {
			v.fault("event %d of room %s has seq %d", i+1, room.ID, e.Seq)
		}
		if e.Kind == chat.MessageCreated {
			created = append(created, *e.MessageID)
		}
	}
	if room.LastSeq != int64(len(events)) {
		v.fault("room %s has %d events and counts to %d", room.ID, len(events), room.LastSeq)
	}
	if !slices.Equal(created, messages) {
		v.fault("the events of room %s are not those of its messages", room.ID)
	}
	return nil
}

// checkAcknowledged looks for what somebody was told is stored.
func (v *verifier) checkAcknowledged(seen map[string]chat.Message) {
	for name, s := range v.claims.sent {
		m, there := seen[name]
		switch {
		case !there:
			v.fault("%s was acknowledged and is lost", name)
		case m.ID != s.ID || m.Number != s.Number:
			v.fault("%s was acknowledged as number %d, and is number %d", name, s.Number, m.Number)
		}
	}
}

func (v *verifier) checkReactions(ctx context.Context) error {
	for _, a := range v.claims.reactions {
		var count int64
		if err := v.db.Table("chat_reactions").Where("message_id = ? AND user_id = ?", a.Message, a.User).Count(&count).Error; err != nil {
			return err
		}
		reaction, err := v.svc.Reaction(ctx, chat.System, a.ID)
		if err != nil || count != 1 || reaction.MessageID != a.Message || reaction.UserID != a.User {
			v.fault("reaction %s was acknowledged, and there are %d: %v", a.ID, count, err)
		}
	}
	return nil
}

// checkUnread compares the counts of each user with the messages that are there, and the
// markers with what was acknowledged.
func (v *verifier) checkUnread(ctx context.Context, rooms []uuid.UUID) error {
	users := map[chat.UserID]bool{}
	for _, t := range v.claims.tries {
		users[t.User] = true
	}
	for user := range users {
		inbox, err := v.svc.Rooms(ctx, user, chat.RoomsQuery{Page: chat.Page{Limit: 100}})
		if err != nil {
			return err
		}
		total := int64(0)
		for _, room := range inbox.Items {
			if !slices.Contains(rooms, room.ID) {
				continue
			}
			var behind int64
			if err := v.db.Table("chat_messages").Where("room_id = ? AND number > ? AND deleted_at IS NULL", room.ID, room.Me.LastReadNumber).Count(&behind).Error; err != nil {
				return err
			}
			if room.Unread != behind {
				v.fault("%s has %d unread, and is shown %d", user, behind, room.Unread)
			}
			if read := v.claims.reads[room.ID][user]; room.Me.LastReadNumber < read || room.Me.LastReadNumber > room.LastNumber {
				v.fault("%s has read up to %d, and is shown %d of %d", user, read, room.Me.LastReadNumber, room.LastNumber)
			}
			total += room.Unread
		}
		all, err := v.svc.Unread(ctx, user)
		if err != nil {
			return err
		}
		if all.TotalWithMuted != total {
			v.fault("%s has %d unread in all, and is shown %d", user, total, all.TotalWithMuted)
		}
	}
	return nil
}
