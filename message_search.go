package chat

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/google/uuid"

	"github.com/go-df/chat/internal/dialect"
	"github.com/go-df/chat/internal/schema"
	"github.com/go-df/chat/internal/words"
)

// SearchScanRows is how many messages one call of SearchMessages reads at most
// where there is no index.
const SearchScanRows = 10_000

// MessageSearchQuery selects a page of messages.
type MessageSearchQuery struct {
	// Query is text all of whose words a message must have, in any order. A word is
	// a run of letters, marks and digits; everything else separates words. Upper and
	// lower case are the same, accents are not. At most 256 bytes and 16 words, at
	// least one.
	Query string
	// RoomID leaves only this room. Defaults to all rooms of the actor, and to all
	// rooms there are for System.
	RoomID *uuid.UUID
	Page
}

// MessageHit is a message with the room that it is in.
type MessageHit struct {
	Message `json:"message"`
	Room    *Room   `json:"room"`    // as the actor sees it
	Matches []Match `json:"matches"` // where the words that were searched for are in the text, as far as that is known
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
// a page of history shows of them and the room that each is in: in one room in descending
// order of Number, in all rooms the newest first. Tombstones are never found.
//
// With Config.MessageSearch an index is used; without it the messages are read,
// newest first, and a call stops after SearchScanRows of them. A page may have fewer
// items than its limit, or none, and a Next to go on from there: only "" is the end.
//
// Errors: ErrInvalid (field "q" without a word, a cursor that no page returned),
// ErrTooLarge; and of RoomID ErrNotFound, or ErrForbidden to those who only see a
// public room.
func (s *Service) SearchMessages(ctx context.Context, actor Actor, in MessageSearchQuery) (*MessageSearchPage, error) {
	wanted, err := in.words()
	if err != nil {
		return nil, err
	}
	return read(ctx, s, actor, func(c *call) (*MessageSearchPage, error) {
		limit, err := c.pageLimit(in.Limit)
		if err != nil {
			return nil, err
		}
		index, _ := s.state.searchIndex.Load().(string)
		search := &messageSearch{call: c, words: wanted, room: in.RoomID, limit: limit, index: index}
		keyset, position, err := search.keyset(in.Cursor)
		if err != nil {
			return nil, err
		}
		if in.RoomID != nil {
			if search.scope, err = c.readFor(byRoom, *in.RoomID, opRead, target{}); err != nil {
				return nil, err
			}
		}
		found, next, err := search.page(keyset, position)
		if err != nil {
			return nil, err
		}
		if err := c.attachContent(pointers(found)); err != nil {
			return nil, err
		}
		hits, err := c.hits(found)
		return &MessageSearchPage{hits, next}, err
	})
}

// hits are messages, which were read with their content, and their rooms. Those of rooms that
// the actor has left since, or that were deleted, are left out.
func (c *call) hits(messages []Message) ([]MessageHit, error) {
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
			hits = append(hits, MessageHit{Message: m, Room: room, Matches: []Match{}})
		}
	}
	return hits, nil
}

func (in MessageSearchQuery) words() ([]string, error) {
	if err := checkQuery(in.Query); err != nil {
		return nil, err
	}
	list := words.Split(in.Query)
	if len(list) == 0 {
		return nil, invalid("q", CodeRequired, "has no word")
	}
	if len(list) > queryWords {
		return nil, tooLarge("q", CodeTooMany, queryWords, "words")
	}
	slices.Sort(list)
	return slices.Compact(list), nil
}

// messageSearch is one search on its way.
type messageSearch struct {
	*call
	words []string
	room  *uuid.UUID
	scope *roomScope // of that room
	limit int
	index string // its kind, as chat_meta names it; "" when there is none
}

// page reads candidates and keeps those that have the words: the index may be wider
// than the definition of a word, and a scan has all messages for candidates. When
// the candidates end at their limit, the next page goes on after the last of them.
func (s *messageSearch) page(keyset string, position []any) (items []Message, next string, err error) {
	candidates := s.limit + 1
	if !s.exact() {
		candidates = SearchScanRows
	}
	within, args := s.within()
	query, args, err := s.query(within+keyset, append(append(args, position...), candidates))
	if err != nil {
		return nil, "", err
	}
	found, last, read, err := s.match(query, args)
	if err != nil {
		return nil, "", err
	}
	items, next = trimPage(found, s.limit, s.cursorOf)
	if next == "" && read == candidates {
		next = s.cursorOf(*last)
	}
	return items, next, nil
}

// exact reports whether all that the index finds has the words. SQLite's tokenizer
// cuts words at most marks, which Arabic and Indic scripts are full of.
func (s *messageSearch) exact() bool {
	foreign := func(word string) bool {
		return strings.IndexFunc(word, func(c rune) bool { return c >= utf8.RuneSelf }) >= 0
	}
	return s.index == schema.SearchPostgres || s.index != "" && !slices.ContainsFunc(s.words, foreign)
}

// match reads candidates until the page is full, and returns the last one that it read
// and how many it read.
func (s *messageSearch) match(query string, args []any) (found []Message, last *Message, read int, err error) {
	rows, err := s.db.Raw(query, args...).Rows()
	if err != nil {
		return nil, nil, 0, err
	}
	defer func() {
		if closeErr := rows.Close(); err == nil {
			err = closeErr
		}
	}()
	for len(found) <= s.limit && rows.Next() {
		m, err := scanMessage(rows)
		if err != nil {
			return nil, nil, 0, fmt.Errorf("chat: read a message: %w", err)
		}
		read, last = read+1, &m
		if !m.Deleted() && s.matches(m.Text) {
			found = append(found, m)
		}
	}
	return found, last, read, rows.Err()
}

func (s *messageSearch) matches(text string) bool {
	has := words.Split(text)
	for _, word := range s.words {
		if !slices.Contains(has, word) {
			return false
		}
	}
	return true
}

// numberCursor is a position in one room, whose numbers say what is newest.
type numberCursor struct {
	Number int64 `json:"n"`
}

func (n *numberCursor) parse(cursor string) error {
	if err := parseCursor(cursor, n); err != nil {
		return err
	}
	if n.Number < 1 {
		return invalid("cursor", CodeInvalidCursor, "is not one that a page returned")
	}
	return nil
}

func (s *messageSearch) cursorOf(m Message) string {
	if s.room != nil {
		return cursor(numberCursor{m.Number})
	}
	return cursor(momentCursor{"messages", m.CreatedAt, m.ID})
}

func (s *messageSearch) keyset(from string) (string, []any, error) {
	if s.room == nil || from == "" {
		return s.keysetCondition("messages", from, "m.created_at", "m.id")
	}
	var position numberCursor
	if err := position.parse(from); err != nil {
		return "", nil, err
	}
	return " AND m.number < ?", []any{position.Number}, nil
}

func (s *messageSearch) order() string {
	if s.room != nil {
		return " ORDER BY m.number DESC"
	}
	return " ORDER BY m.created_at DESC, m.id DESC"
}

// within is the condition that a room is not deleted and, unless System searches, that the
// actor is a member and sees the message.
func (s *messageSearch) within() (string, []any) {
	if s.room == nil {
		rooms := "SELECT id FROM chat_rooms WHERE deleted_at IS NULL"
		if s.actor.system {
			return "m.room_id IN (" + rooms + ")", nil
		}
		return "m.room_id IN (" + rooms + " AND id IN (SELECT room_id FROM chat_room_users WHERE user_id = ?)) AND " + memberSeesMessages,
			[]any{s.actor.id, s.actor.id, s.actor.id}
	}
	still, args := s.scope.andStillSees()
	return "m.room_id = ? AND m.number > ? AND EXISTS (SELECT 1 FROM chat_rooms WHERE id = ? AND deleted_at IS NULL)" + still,
		append([]any{*s.room, s.scope.access.joined, *s.room}, args...)
}

// query renders the statement that reads the candidates, once per kind of index.
func (s *messageSearch) query(condition string, args []any) (string, []any, error) {
	columns := prefixed("m", messageColumns)
	switch s.index {
	case "":
		return "SELECT " + columns + " FROM chat_messages m WHERE " + condition + s.order() + " LIMIT ?", args, nil
	case schema.SearchPostgres:
		terms, values := s.terms("'", " & ", " | ", "string_agg")
		// Materialized: the index is used, whatever the planner thinks of the rest.
		return `WITH found AS MATERIALIZED (SELECT id, room_id, number, created_at FROM chat_messages
				WHERE chat_message_words(text, room_id) @@ CAST(` + terms + ` AS tsquery) AND deleted_at IS NULL),
			page AS (SELECT id FROM found m WHERE ` + condition + s.order() + ` LIMIT ?)
			SELECT ` + columns + " FROM page JOIN chat_messages m ON m.id = page.id" + s.order(), append(values, args...), nil
	case schema.SearchFTS4, schema.SearchFTS5:
		and := " " // FTS4 may be built without the word AND
		if s.index == schema.SearchFTS5 {
			and = " AND "
		}
		terms, values := s.terms(`"`, and, " OR ", "group_concat")
		return "SELECT " + columns + ` FROM chat_message_words CROSS JOIN chat_messages m ON m.docid = chat_message_words.rowid
			WHERE chat_message_words MATCH ` + terms + ` AND m.deleted_at IS NULL AND ` + condition + s.order() + " LIMIT ?",
			append(values, args...), nil
	default:
		return "", nil, fmt.Errorf("%w: the index of messages is of the kind %q, which this code does not know", ErrSchema, s.index)
	}
}

// roomTerms is up to how many rooms of an actor the index is given. Beyond some
// hundred it is faster to find the words in all rooms and to look at these then.
const roomTerms = 32

// terms renders what the index is searched for: the words, and the rooms to look in. A
// word has no quotes in it, nor anything else that the index's own language knows.
func (s *messageSearch) terms(quote, and, or, aggregate string) (string, []any) {
	terms := quote + strings.Join(s.words, quote+and+quote) + quote
	switch {
	case s.room != nil:
		return "?", []any{terms + and + "r" + strings.ReplaceAll(s.room.String(), "-", "")}
	case s.actor.system:
		return "?", []any{terms}
	}
	rooms := aggregate + "('r' || replace(CAST(room_id AS text), '-', ''), '" + or + "')"
	return "(SELECT CAST(? AS text) || COALESCE((SELECT '" + and + "(' || " + rooms + " || ')' FROM chat_room_users WHERE user_id = ?" +
		" HAVING count(*) <= " + strconv.Itoa(roomTerms) + "), ''))", []any{terms, s.actor.id}
}
