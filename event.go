package chat

import (
	"time"

	"github.com/google/uuid"

	"github.com/go-df/chat/internal/dialect"
)

// EventKind names what happened to a room.
type EventKind string

// The kinds of events.
const (
	RoomCreated     EventKind = "room_created"     // UserID: the owner, if any
	RoomUpdated     EventKind = "room_updated"     //
	RoomDeleted     EventKind = "room_deleted"     // the last event of a room
	OwnerChanged    EventKind = "owner_changed"    // UserID: the new owner
	UserAdded       EventKind = "user_added"       // UserID: the new member
	UserUpdated     EventKind = "user_updated"     // UserID: the member whose permissions changed
	UserRemoved     EventKind = "user_removed"     // UserID: who left or was removed
	UserBanned      EventKind = "user_banned"      // UserID: who was banned, or whose ban was changed
	UserUnbanned    EventKind = "user_unbanned"    // UserID: whose ban was lifted
	MessageCreated  EventKind = "message_created"  //
	MessageEdited   EventKind = "message_edited"   //
	MessageDeleted  EventKind = "message_deleted"  //
	ReactionAdded   EventKind = "reaction_added"   // UserID: whose reaction
	ReactionRemoved EventKind = "reaction_removed" // UserID: whose reaction
	MessagePinned   EventKind = "message_pinned"   //
	MessageUnpinned EventKind = "message_unpinned" // a message that is deleted is pinned no more, without this
	AuthorErased    EventKind = "author_erased"    // members and authors of the room are to be read again
	// MessagesImported: messages of which there are no other events came into the room. The
	// room, its messages and what is unread are to be read again.
	MessagesImported EventKind = "messages_imported"
	// MessagesRemoved: the messages before Room.FirstNumber were removed for good.
	MessagesRemoved EventKind = "messages_removed"
)

// Event is one change that the whole room may see, as the room's log keeps it. It
// says what changed and never carries content: that is read when the event is
// delivered, so that what was deleted or edited since does not leak.
type Event struct {
	ID        int64      `gorm:"column:id;primaryKey;-:migration" json:"id"`
	RoomID    uuid.UUID  `gorm:"column:room_id;<-:create;-:migration" json:"room_id"`
	Seq       int64      `gorm:"column:seq;<-:create;-:migration" json:"seq"` // 1, 2, 3… in the room, without gaps
	Kind      EventKind  `gorm:"column:kind;<-:create;-:migration" json:"kind"`
	MessageID *uuid.UUID `gorm:"column:message_id;<-:create;-:migration" json:"message_id"`
	UserID    *UserID    `gorm:"column:user_id;<-:create;-:migration" json:"user_id"`   // whom it is about
	ActorID   *UserID    `gorm:"column:actor_id;<-:create;-:migration" json:"actor_id"` // who did it; nil for System
	CreatedAt time.Time  `gorm:"column:created_at;<-:create;-:migration" json:"created_at"`
}

// TableName is the events' table.
func (Event) TableName() string { return "chat_events" }

// pendingEvent is an event of the transaction at hand.
type pendingEvent struct {
	RoomID    uuid.UUID  `json:"room_id"`
	Seq       int64      `json:"seq"`
	Kind      EventKind  `json:"kind"`
	MessageID *uuid.UUID `json:"message_id"`
	UserID    *UserID    `json:"user_id"`
	ActorID   *UserID    `json:"actor_id"`
}

// insertEvents writes the events of a transaction in one statement.
func (c *conn) insertEvents(events []pendingEvent) error {
	query := c.text("insert events", func() string {
		return `INSERT INTO chat_events (room_id, seq, kind, message_id, user_id, actor_id, created_at)
			SELECT j.room_id, j.seq, j.kind, j.message_id, j.user_id, j.actor_id, ? FROM ` +
			c.jsonRows("room_id uuid", "seq bigint", "kind text", "message_id uuid", "user_id user", "actor_id user") + " WHERE TRUE"
	})
	_, err := c.exec(query, c.now, dialect.JSONArray(events))
	return err
}
