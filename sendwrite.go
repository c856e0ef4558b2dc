package chat

import (
	"github.com/google/uuid"
)

// write writes what was accepted: messages, events, the rooms' counters and the
// senders' read markers, and then the messages' media.
func (b *batch) write() error {
	if len(b.stored) == 0 {
		return nil
	}
	write := b.writeSQLite
	if b.dialect == postgres {
		write = b.writePostgres
	}
	if err := write(); err != nil {
		return err
	}
	return b.bindMedia()
}

func (b *batch) writeSQLite() error {
	events := make([]pending, len(b.stored))
	for i, m := range b.stored {
		events[i] = pending{RoomID: m.RoomID, Seq: m.seq, Kind: MessageCreated, MessageID: &m.ID, ActorID: m.UserID}
	}
	for _, write := range []func() error{
		b.insertMessages, func() error { return b.insertEvents(events) }, b.countMessages, b.markSent,
	} {
		if err := write(); err != nil {
			return err
		}
	}
	return nil
}

// messageRow is a message as insertMessages reads it.
type messageRow struct {
	ID        uuid.UUID  `json:"id"`
	RoomID    uuid.UUID  `json:"room_id"`
	Number    int64      `json:"number"`
	UserID    *UserID    `json:"user_id"`
	Text      string     `json:"text"`
	ReplyToID *uuid.UUID `json:"reply_to_id"`
	ClientID  *string    `json:"client_id"`
	Metadata  *string    `json:"metadata"`
}

func (b *batch) insertMessages() error {
	rows := make([]messageRow, len(b.stored))
	for i, m := range b.stored {
		rows[i] = messageRow{ID: m.ID, RoomID: m.RoomID, Number: m.Number, UserID: m.UserID, Text: m.Text,
			ReplyToID: m.ReplyToID, ClientID: m.ClientID, Metadata: m.Metadata.text()}
	}
	_, err := b.exec(`INSERT INTO chat_messages (id, room_id, number, user_id, text, reply_to_id, client_id, metadata, created_at)
		SELECT j.id, j.room_id, j.number, j.user_id, j.text, j.reply_to_id, j.client_id, j.metadata, ? FROM `+
		b.records("id uuid", "room_id uuid", "number bigint", "user_id user", "text text", "reply_to_id uuid",
			"client_id text", "metadata text"), b.now, jsonArray(rows))
	return err
}

type counterRow struct {
	ID         uuid.UUID `json:"id"`
	LastSeq    int64     `json:"last_seq"`
	LastNumber int64     `json:"last_number"`
}

func (b *batch) countMessages() error {
	touched := make(map[uuid.UUID]bool, len(b.rooms))
	rows := make([]counterRow, 0, len(b.rooms))
	for _, m := range b.stored {
		if room := b.rooms[m.RoomID]; !touched[room.ID] {
			touched[room.ID] = true
			rows = append(rows, counterRow{room.ID, room.LastSeq, room.LastNumber})
		}
	}
	_, err := b.exec(`UPDATE chat_rooms SET last_seq = j.last_seq, last_number = j.last_number, last_message_at = ? FROM `+
		b.records("id uuid", "last_seq bigint", "last_number bigint")+` WHERE chat_rooms.id = j.id`, b.now, jsonArray(rows))
	return err
}

type markerRow struct {
	RoomID uuid.UUID `json:"room_id"`
	UserID UserID    `json:"user_id"`
	Number int64     `json:"number"`
}

// markSent: one's own message, and all before it, is read.
func (b *batch) markSent() error {
	place := make(map[memberKey]int, len(b.stored))
	rows := make([]markerRow, 0, len(b.stored))
	for _, m := range b.stored {
		if m.UserID == nil {
			continue
		}
		key := memberKey{m.RoomID, *m.UserID}
		if i, known := place[key]; known {
			rows[i].Number = m.Number
			continue
		}
		place[key] = len(rows)
		rows = append(rows, markerRow{key.room, key.user, m.Number})
	}
	_, err := b.exec(`UPDATE chat_room_users SET last_read_number = j.number, last_seen_at = ? FROM `+
		b.records("room_id uuid", "user_id user", "number bigint")+
		` WHERE chat_room_users.room_id = j.room_id AND chat_room_users.user_id = j.user_id`, b.now, jsonArray(rows))
	return err
}

// lockMedia locks the media that the messages name, in ascending id, and then reads
// which of them are free: ready, and in no message and no room's avatar.
func (b *batch) lockMedia() error {
	wanted := map[uuid.UUID]bool{}
	for _, s := range b.sends {
		if s.open() {
			for _, id := range s.in.MediaIDs {
				wanted[id] = true
			}
		}
	}
	if len(wanted) == 0 {
		return nil
	}
	ids := keys(wanted)
	found, err := b.lockReadyMedia(ids)
	if err != nil {
		return err
	}
	b.media = make(map[uuid.UUID]*Media, len(found))
	for i := range found {
		b.media[found[i].ID] = &found[i]
	}
	used, err := b.usedMedia(ids)
	b.used = make(map[uuid.UUID]bool, len(used))
	for _, id := range used {
		b.used[id] = true
	}
	return err
}

// takeMedia gives the media to a message. Somebody else's are refused as if they
// were not there.
func (b *batch) takeMedia(m *Message, s *send) error {
	for i, id := range s.in.MediaIDs {
		medium := b.media[id]
		switch {
		case medium == nil || !medium.uploadedBy(s.actor):
			return invalid(mediaField(i), "is not an upload of the actor's")
		case b.used[id]:
			return conflict(mediaField(i) + " is in use already")
		}
	}
	for _, id := range s.in.MediaIDs {
		b.used[id] = true
		m.Media = append(m.Media, *b.media[id])
	}
	return nil
}

func (b *batch) bindMedia() error {
	var rows []object
	for _, m := range b.stored {
		for i, medium := range m.Media {
			rows = append(rows, object{"message_id": m.ID, "media_id": medium.ID, "sequence": i})
		}
	}
	if len(rows) == 0 {
		return nil
	}
	_, err := b.exec(`INSERT INTO chat_message_media (message_id, media_id, sequence)
		SELECT j.message_id, j.media_id, j.sequence FROM `+
		b.records("message_id uuid", "media_id uuid", "sequence int"), jsonArray(rows))
	return err
}
