package model_test

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	"github.com/google/uuid"

	"github.com/go-df/chat"
)

// Upload is UploadMedia of a file in memory.
func (o *oracle) Upload(actor chat.Actor, name, content string) (*chat.Media, error) {
	user, err := o.who(actor)
	if err != nil {
		return nil, err
	}
	if int64(len(content)) > o.limits.UploadBytes {
		return nil, tooLarge("body")
	}
	hash := sha256.Sum256([]byte(content))
	m := &chat.Media{
		ID: o.newID(), UserID: ref(user), State: chat.MediaReady, FileName: name, ContentType: "text/plain; charset=utf-8",
		Size: int64(len(content)), SHA256: hex.EncodeToString(hash[:]), CreatedAt: o.now,
	}
	if strings.HasPrefix(content, "\x89PNG") {
		m.ContentType = "image/png"
	}
	o.media = append(o.media, m)
	o.content[m.ID] = content
	result := *m
	return &result, nil
}

func (o *oracle) ready(id uuid.UUID) *chat.Media {
	for _, m := range o.media {
		if m.ID == id && m.State == chat.MediaReady {
			return m
		}
	}
	return nil
}

func uploadedBy(m *chat.Media, user chat.UserID) bool {
	return m.UserID == nil && user == system || same(m.UserID, user)
}

// usedIn is the room in which a medium is seen, and its message there, nil for an avatar.
func (o *oracle) usedIn(m *chat.Media) (*modelRoom, *modelMessage) {
	for _, r := range o.rooms {
		if same(r.AvatarID, m.ID) {
			return r, nil
		}
		for _, message := range r.messages {
			if slices.Contains(message.media, m) {
				return r, message
			}
		}
	}
	return nil, nil
}

func (o *oracle) bound(m *chat.Media) bool {
	r, _ := o.usedIn(m)
	return r != nil
}

func (o *oracle) checkAvatar(user chat.UserID, r *modelRoom, id *uuid.UUID) error {
	if id == nil || *id == uuid.Nil || same(r.AvatarID, *id) {
		return nil
	}
	m := o.ready(*id)
	switch {
	case m == nil || !uploadedBy(m, user) || !strings.HasPrefix(m.ContentType, "image/"):
		return invalid("avatar_id")
	case o.bound(m):
		return chat.ErrConflict
	}
	return nil
}

// setAvatar releases the avatar before.
func (o *oracle) setAvatar(r *modelRoom, id uuid.UUID) {
	if r.AvatarID != nil {
		o.ready(*r.AvatarID).State = chat.MediaReleased
	}
	r.AvatarID = &id
	if id == uuid.Nil {
		r.AvatarID = nil
	}
}

func (o *oracle) Media(actor chat.Actor, id uuid.UUID) (*chat.Media, error) {
	user, err := o.who(actor)
	if err != nil {
		return nil, err
	}
	m := o.ready(id)
	if m == nil {
		return nil, chat.ErrNotFound
	}
	r, message := o.usedIn(m)
	visible := user == system || same(m.UserID, user)
	switch {
	case r != nil && message != nil:
		visible = r.DeletedAt == nil && r.shows(user, message)
	case r != nil:
		visible = r.DeletedAt == nil && (r.has(user) || r.Public)
	}
	if !visible {
		return nil, chat.ErrNotFound
	}
	result := *m
	return &result, nil
}

// DeleteMedia takes back what is in no use.
func (o *oracle) DeleteMedia(actor chat.Actor, id uuid.UUID) error {
	seen, err := o.Media(actor, id)
	if err != nil {
		return err
	}
	user, _ := o.who(actor)
	m := o.ready(seen.ID)
	switch {
	case user != system && !uploadedBy(m, user):
		return chat.ErrForbidden
	case o.bound(m):
		return chat.ErrConflict
	}
	m.State = chat.MediaReleased
	return nil
}

// Download is OpenMedia, read to the end.
func (o *oracle) Download(actor chat.Actor, id uuid.UUID) (string, error) {
	m, err := o.Media(actor, id)
	if err != nil {
		return "", err
	}
	return o.content[m.ID], nil
}

// checkUploads: one sends what one uploaded, once.
func (o *oracle) checkUploads(author chat.UserID, ids []uuid.UUID) (media []*chat.Media, err error) {
	for i, id := range ids {
		m := o.ready(id)
		switch {
		case m == nil || !uploadedBy(m, author):
			return nil, invalid(fmt.Sprintf("media_ids[%d]", i))
		case o.bound(m):
			return nil, chat.ErrConflict
		}
		media = append(media, m)
	}
	return media, nil
}
