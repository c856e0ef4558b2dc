package chat

import (
	"context"

	"github.com/go-df/chat/internal/textrule"
)

// keyBytes is how long a room's key may be.
const keyBytes = 255

// checkNewKey checks the key of a room to be made, which may be missing.
func checkNewKey(key string) error {
	if reason := invalidTextReason(key); reason != "" {
		return invalid("key", CodeInvalidText, "%s", reason)
	}
	if textrule.HasLineBreak(key) {
		return invalid("key", CodeInvalidText, "contains a line break")
	}
	if len(key) > keyBytes {
		return tooLarge("key", CodeTooLong, keyBytes, "bytes")
	}
	return nil
}

// RoomByKey returns the room that has a key, as Room does by its id: see NewRoom.Key.
//
// Errors: ErrNotFound, ErrInvalid, ErrTooLarge for a key that no room can have.
func (s *Service) RoomByKey(ctx context.Context, actor Actor, key string) (*Room, error) {
	if err := checkNewKey(key); err != nil {
		return nil, err
	}
	if key == "" {
		return nil, invalid("key", CodeRequired, "is empty")
	}
	return read(ctx, s, actor, func(c *call) (*Room, error) { return c.seeRoom(byKey, key) })
}

// roomOfNewKey returns the room that has the key with which one is to be made, nil if there
// is none or no key.
func (c *call) roomOfNewKey(key string) (*Room, error) {
	switch {
	case key == "":
		return nil, nil
	case !c.actor.system:
		return nil, invalid("key", CodeNotAllowed, "is for System alone")
	}
	room, err := queryOne(c.conn, scanRoom, "SELECT "+roomColumns+" FROM chat_rooms WHERE key = ?", key)
	if err != nil || room == nil {
		return nil, err
	}
	return room, c.attachViews([]*Room{room})
}

// roomMadeMeanwhile returns the room of a key that kept another from being inserted.
func (c *call) roomMadeMeanwhile(key string, err error) (*Room, error) {
	if err != nil {
		return nil, err
	}
	room, err := c.roomOfNewKey(key)
	if err == nil && room == nil { // it has been deleted since
		err = &retryableError{err: conflict("the room of this key is being deleted")}
	}
	return room, err
}
