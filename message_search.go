package chat

import (
	"context"
	"time"

	"github.com/google/uuid"

	"github.com/go-df/chat/internal/dialect"
	"github.com/go-df/chat/internal/words"
)

// SearchScanRows is how many messages one call of SearchMessages reads at most
// beside what the index finds, and where there is none.
const SearchScanRows = 10_000

// MessageSearchQuery selects a page of messages.
type MessageSearchQuery struct {
	// Query is text all of whose words a message must have, in any order. A word is a run of
	// letters and digits; upper and lower case are the same, and so are letters with accents and
	// without, wide and narrow ones. The last word may be the beginning of one. What stands between double
	// quotes is a phrase: its words stand one after the other, and are whole. Chinese, Japanese, Thai, Lao,
	// Khmer and Myanmar are found wherever the letters stand next to each other. Emoji are
	// words. At most 256 bytes and 16 words and phrases, at least one.
	Query string
	// RoomID leaves only this room. Defaults to all rooms of the actor, and to all
	// rooms there are for System.
	RoomID *uuid.UUID
	// Author leaves only what this user wrote. Defaults to everybody, System included.
	Author UserID
	// After and Before leave only what was sent at this time or later, and before this time.
	// Default to any time.
	After, Before time.Time
	// HasMedia leaves only messages that have media, or only those that have none. Defaults to
	// all.
	HasMedia *bool
	Page
}

// MessageHit is a message with the room that it is in.
type MessageHit struct {
	Message `json:"message"`
	Room    *Room   `json:"room"`    // as the actor sees it
	Matches []Match `json:"matches"` // where the words that were searched for are in the text, in order
}

// Match is a part of a message's text, in Unicode code points.
type Match struct {
	Start int `json:"start"`
	End   int `json:"end"` // of the first one after it
}

// MessageSearchPage is a page of messages that were found.
type MessageSearchPage struct {
	Items []MessageHit `json:"items"`
	Next  string       `json:"next"` // the cursor of the next page, "" after the last
}

// SearchMessages finds messages by their words in the actor's rooms, with all that
// a page of history shows of them and the room that each is in: in one room in descending order of
// Number, in all rooms those first that were stored last, by the times in their ids. Tombstones are never found, nor are words
// after the 10,000th of a message.
//
// The newest messages are read, at most SearchScanRows a call; with Config.MessageSearch an
// index finds what is rare among them. A call ends after Limits.SearchTime. A page may have fewer items than its
// limit, or none, and a Next to go on from there: only "" is the end. In a transaction of a
// host's on PostgreSQL, which would end with a statement, it does not end for its time.
//
// Errors: ErrInvalid (field "q" without a word, an author that is no id, a cursor that no page returned),
// ErrTooLarge; a retryable error if nothing could be read in Limits.SearchTime;
// and of RoomID ErrNotFound, or ErrForbidden to those who only see a
// public room.
func (s *Service) SearchMessages(ctx context.Context, actor Actor, in MessageSearchQuery) (*MessageSearchPage, error) {
	query, err := parseQuery(in.Query)
	switch {
	case err != nil:
		return nil, err
	case query.Terms() == 0:
		return nil, invalid("q", CodeRequired, "has no word")
	}
	if in.Author != "" {
		if in.Author, err = s.config.userID("author", in.Author); err != nil {
			return nil, err
		}
	}
	return read(ctx, s, actor, func(c *call) (*MessageSearchPage, error) {
		limit, err := c.pageLimit(in.Limit)
		if err != nil {
			return nil, err
		}
		search := &messageSearch{call: c, query: query, in: &in, limit: limit}
		if search.keys = query.Keys(); len(search.keys) > searchKeys {
			search.keys = search.keys[:searchKeys]
		}
		if err := search.begin(); err != nil {
			return nil, err
		}
		found, next, err := search.page()
		if err != nil {
			return nil, err
		}
		if err := c.attachContent(pointers(found)); err != nil {
			return nil, err
		}
		hits, err := c.hits(found, query)
		return &MessageSearchPage{hits, next}, err
	})
}

// parseQuery checks what is searched for.
func parseQuery(text string) (words.Query, error) {
	if reason := unstorableTextReason(text); reason != "" {
		return words.Query{}, invalid("q", CodeInvalidText, "%s", reason)
	}
	if len(text) > queryBytes {
		return words.Query{}, tooLarge("q", CodeTooLong, queryBytes, "bytes")
	}
	query := words.Parse(text)
	if query.Terms() > queryWords {
		return words.Query{}, tooLarge("q", CodeTooMany, queryWords, "words")
	}
	return query, nil
}

// What a query may bring at most.
const (
	queryBytes = 256
	queryWords = 16
	searchKeys = 4 // that the database looks for; what it finds is checked for all words
)

// keptWords is what the index keeps of a message, or nil where there is no index.
func (c *conn) keptWords(room uuid.UUID, number int64, text string) *string {
	if c.index == "" {
		return nil
	}
	kept := words.Kept(room, number, text)
	return &kept
}

// words renders a parameter with keptWords as the column of that name has it.
func (c *conn) words(parameter string) string {
	if c.dialect == dialect.SQLite {
		return parameter
	}
	return dialect.Words("CAST(" + parameter + " AS text)")
}

// searchIndex is the kind of the index of messages.
func (s *Service) searchIndex() string {
	kind, _ := s.state.searchIndex.Load().(string)
	return kind
}

// hits are messages, which were read with their content, and their rooms. Those of rooms that
// the actor has left since, or that were deleted, are left out.
func (c *call) hits(messages []Message, query words.Query) ([]MessageHit, error) {
	hits := make([]MessageHit, 0, len(messages))
	if len(messages) == 0 {
		return hits, nil
	}
	wanted := make(map[uuid.UUID]bool)
	for i := range messages {
		wanted[messages[i].RoomID] = true
	}
	reader := c.newRoomReader()
	found, err := queryAll(c.conn, reader.scan, "SELECT "+reader.columns("0")+" FROM chat_rooms r LEFT JOIN chat_room_users u ON u.room_id = r.id AND u.user_id = ?"+
		reader.joins()+" WHERE r.deleted_at IS NULL AND r.id "+c.dialect.InIDs(), c.actor.nullableID(), dialect.JSONArray(keys(wanted)))
	if err != nil {
		return nil, err
	}
	rooms := make(map[uuid.UUID]*Room, len(found))
	for i := range found {
		if room := &found[i]; c.actor.system || room.Me != nil {
			rooms[room.ID] = room
		}
	}
	for _, m := range messages {
		if room := rooms[m.RoomID]; room != nil {
			hits = append(hits, MessageHit{Message: m, Room: room, Matches: matchesOf(query, m.Text)})
		}
	}
	return hits, nil
}

func matchesOf(query words.Query, text string) []Match {
	spans, _ := query.Match(text)
	matches := make([]Match, len(spans))
	for i, span := range spans {
		matches[i] = Match(span)
	}
	return matches
}
