package chat

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"strconv"

	"github.com/google/uuid"

	"github.com/go-df/chat/internal/dialect"
	"github.com/go-df/chat/internal/jsonvalue"
)

// A message that was stored before is not stored again: neither what the caller repeats
// under the same client id, nor what an earlier try has stored.

// hash is the same of two inputs exactly if they ask for the same message. It is stored
// with the message, for a repeat to be compared with, whatever becomes of the message. It
// is "" without a client id.
func (in *NewMessage) hash() (string, error) {
	if in.ClientID == "" {
		return "", nil
	}
	metadata := in.Metadata
	if len(metadata) == 0 {
		metadata = Metadata("null") // as checkMetadata takes it
	}
	input, err := jsonvalue.Append(jsonvalue.AppendString(nil, in.Text), metadata)
	if err != nil {
		return "", err
	}
	reply := uuid.Nil
	if in.ReplyToID != nil {
		reply = *in.ReplyToID
	}
	input = append(input, reply[:]...)
	input = strconv.AppendInt(input, int64(len(in.MediaIDs)), 10)
	input = append(input, ':') // media are of a fixed length, users are not
	for _, id := range in.MediaIDs {
		input = append(input, id[:]...)
	}
	input = strconv.AppendBool(input, in.MentionRoom)
	for _, user := range in.Mentions {
		input = jsonvalue.AppendString(input, string(user))
	}
	sum := sha256.Sum256(input)
	return hex.EncodeToString(sum[:16]), nil
}

type clientKey struct {
	memberKey
	client string
}

// sentBefore is a message with a client id, and the hash of what it was sent with.
type sentBefore struct {
	*Message
	inputHash string
}

// repeatedBy returns the id of the message that a send repeats which a hook has refused; nil
// if it repeats none, or its sender may not be told.
func (s *Service) repeatedBy(ctx context.Context, one *send) (*uuid.UUID, error) {
	return read(ctx, s, one.sender.asActor(), func(c *call) (*uuid.UUID, error) {
		p, err := c.readRoom(byRoom, one.room)
		if err != nil || !p.access.system && !p.access.member {
			return nil, err
		}
		author, args := "user_id = ?", []any{one.room, one.in.ClientID, one.sender.id}
		if p.access.system {
			author, args = "user_id IS NULL", args[:2]
		}
		first, err := queryOne(c.conn, scanSentBefore, "SELECT "+messageColumns+`, input_hash FROM chat_messages
			WHERE room_id = ? AND client_id = ? AND `+author, args...)
		if err != nil || first == nil || first.inputHash != one.inputHash || !p.access.sees(first.Number) {
			return nil, err
		}
		return &first.ID, nil
	})
}

func (s *send) client() clientKey { return clientKey{s.member(), s.in.ClientID} }

// readTried finds the messages that an earlier try has stored, whose response was lost.
func (b *batch) readTried() error {
	tried := make(map[uuid.UUID]*send)
	for _, s := range b.sends {
		if s.state == sendPending && s.id != uuid.Nil {
			tried[s.id] = s
		}
	}
	if len(tried) == 0 {
		return nil
	}
	known, err := queryAll(b.conn, scanMessage, "SELECT "+messageColumns+" FROM chat_messages WHERE id "+b.dialect.InIDs(),
		dialect.JSONArray(keys(tried)))
	for i := range known {
		tried[known[i].ID].repeatOf(&known[i])
	}
	return err
}

// readRepeats finds the messages that were sent before under the same client ids. Without the
// lock it is the write that finds whether there are any.
func (b *batch) readRepeats() error {
	var wanted []dialect.Object
	for _, s := range b.sends {
		if s.state == sendPending && s.in.ClientID != "" {
			wanted = append(wanted, dialect.Object{"room_id": s.room, "client_id": s.in.ClientID})
		}
	}
	b.first = make(map[clientKey]sentBefore, len(wanted))
	if len(wanted) == 0 || b.optimistic {
		return nil
	}
	known, err := queryAll(b.conn, scanSentBefore, "SELECT "+messageColumns+`, input_hash FROM chat_messages
		WHERE (room_id, client_id) IN (SELECT j.room_id, j.client_id FROM `+b.jsonRows("room_id uuid", "client_id text")+")",
		dialect.JSONArray(wanted))
	for _, m := range known {
		author := UserID("")
		if m.UserID != nil {
			author = *m.UserID
		}
		b.first[clientKey{memberKey{m.RoomID, author}, *m.ClientID}] = m
	}
	return err
}

func scanSentBefore(rows row) (sentBefore, error) {
	m := sentBefore{Message: &Message{}}
	err := rows.Scan(append(m.fields(), &m.inputHash)...)
	return m, err
}

// deny refuses a send, but leaves undecided whether a member who may not send repeats an
// earlier message, and whether an earlier try has stored this one: also of who is a member
// no more, who was one then.
func (b *batch) deny(s *send, err error) {
	if !b.optimistic && (s.doubtful || b.access(s).member && (s.in.ClientID != "" || s.id != uuid.Nil)) {
		s.denied = err
		return
	}
	s.refuse(err)
}

// settleRepeats settles what was sent before, and then refuses what members send who may
// send nothing new.
func (b *batch) settleRepeats() {
	for _, s := range b.sends {
		if s.state == sendPending && !b.repeats(s) && s.denied != nil {
			s.refuse(s.denied)
		}
	}
}

// repeats settles a send whose client id was used before. With another input it is not a
// repeat, but nothing new either.
func (b *batch) repeats(s *send) bool {
	first, known := b.first[s.client()]
	switch {
	case s.in.ClientID == "" || !known:
		return false
	case first.inputHash == s.inputHash && b.access(s).sees(first.Number):
		s.repeatOf(first.Message)
	case s.denied != nil:
		s.refuse(s.denied)
	default:
		s.refuse(conflict("the client id was used for another message")) // or for one from before they came back
	}
	return true
}
