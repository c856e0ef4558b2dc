package chat

import (
	"github.com/google/uuid"

	"github.com/go-df/chat/internal/dialect"
)

// column writes one column of rows.
func column[T any](a *dialect.Arrays, rows []T, write func(*T)) {
	for i := range rows {
		write(&rows[i])
	}
	a.End()
}

// writeAuthors writes the rooms and users of the authors, each once, which are counted as
// needed of their rooms.
func (b *batch) writeAuthors(a *dialect.Arrays, needed map[uuid.UUID]int64) {
	known := make(map[memberKey]bool, len(b.accepted))
	authors := make([]memberKey, 0, len(b.accepted))
	for _, m := range b.accepted {
		if m.UserID != nil && !known[memberKey{m.RoomID, *m.UserID}] {
			known[memberKey{m.RoomID, *m.UserID}] = true
			needed[m.RoomID]++
			authors = append(authors, memberKey{m.RoomID, *m.UserID})
		}
	}
	writeMembers(a, authors)
}

// writeReplied writes the messages that are replied to, each once, which are counted as
// needed of their rooms. It reports whether there are any.
func (b *batch) writeReplied(a *dialect.Arrays, needed map[uuid.UUID]int64) bool {
	var known map[uuid.UUID]bool
	for _, m := range b.accepted {
		if m.ReplyToID != nil && !known[*m.ReplyToID] {
			if known == nil {
				known = map[uuid.UUID]bool{}
			}
			known[*m.ReplyToID] = true
			needed[m.RoomID]++
			a.ID(m.ReplyToID)
		}
	}
	if known == nil {
		return false
	}
	a.End()
	return true
}

// writeClients writes the rooms, client ids and authors of the messages that have a client
// id. It reports whether there are any.
func (b *batch) writeClients(a *dialect.Arrays) bool {
	var with []accepted
	for _, m := range b.accepted {
		if m.ClientID != nil {
			with = append(with, m)
		}
	}
	if with == nil {
		return false
	}
	column(a, with, func(m *accepted) { a.ID(&m.RoomID) })
	column(a, with, func(m *accepted) { a.Text(m.ClientID) })
	column(a, with, func(m *accepted) { a.Text((*string)(m.UserID)) })
	return true
}

// writeRooms writes the rooms that are written to: their ids, last_seq and last_number as
// they were read, the counters as they will be, and how many rows the write needs locked.
func (b *batch) writeRooms(a *dialect.Arrays, needed map[uuid.UUID]int64) {
	known := make(map[uuid.UUID]bool, len(b.rooms))
	rooms := make([]*Room, 0, len(b.rooms))
	for _, m := range b.accepted {
		if !known[m.RoomID] {
			known[m.RoomID] = true
			rooms = append(rooms, b.rooms[m.RoomID])
		}
	}
	column(a, rooms, func(r **Room) { a.ID(&(*r).ID) })
	column(a, rooms, func(r **Room) { a.Int(b.readSeqs[(*r).ID]) })
	column(a, rooms, func(r **Room) { a.Int(b.readLast[(*r).ID]) })
	column(a, rooms, func(r **Room) { a.Int((*r).LastSeq) })
	column(a, rooms, func(r **Room) { a.Int((*r).LastNumber) })
	column(a, rooms, func(r **Room) { a.Time(*(*r).LastMessageAt) })
	column(a, rooms, func(r **Room) { a.Int(needed[(*r).ID]) })
}

// writeMessages writes the columns of the messages. The newest of its author's in its room
// is what its author has read.
func (b *batch) writeMessages(a *dialect.Arrays) {
	newest := make(map[memberKey]int64, len(b.accepted))
	for _, m := range b.accepted {
		if m.UserID != nil {
			newest[memberKey{m.RoomID, *m.UserID}] = m.Number
		}
	}
	column(a, b.accepted, func(m *accepted) { a.ID(&m.ID) })
	column(a, b.accepted, func(m *accepted) { a.ID(&m.RoomID) })
	column(a, b.accepted, func(m *accepted) { a.Int(m.Number) })
	column(a, b.accepted, func(m *accepted) { a.Int(m.seq) })
	column(a, b.accepted, func(m *accepted) { a.Text((*string)(m.UserID)) })
	column(a, b.accepted, func(m *accepted) { a.Text(&m.Text) })
	column(a, b.accepted, func(m *accepted) { a.ID(m.ReplyToID) })
	column(a, b.accepted, func(m *accepted) { a.Text(m.ClientID) })
	column(a, b.accepted, func(m *accepted) { a.Text(m.nullableHash()) })
	column(a, b.accepted, func(m *accepted) { a.Text(m.Metadata.text()) })
	column(a, b.accepted, func(m *accepted) { a.Time(m.CreatedAt) })
	column(a, b.accepted, func(m *accepted) {
		a.Bool(m.UserID != nil && newest[memberKey{m.RoomID, *m.UserID}] == m.Number)
	})
	if b.index != "" {
		column(a, b.accepted, func(m *accepted) { a.Text(b.keptWords(m.RoomID, m.Number, m.Text)) })
	}
}
