package chat

import (
	"strings"

	"github.com/google/uuid"

	"github.com/go-df/chat/internal/dialect"
	"github.com/go-df/chat/internal/schema"
	"github.com/go-df/chat/internal/words"
)

// part is what is asked of one range, or of the part of it that has one place.
type part struct {
	room        uuid.UUID
	least, high int64 // the first and the last message to look at
	mark        int64 // the last of them, to tell by how far back the range was read; 0 for none
	place       string
}

// parts are what is being read of the ranges, by their places where places says so.
func (s *messageSearch) parts(ranges []*searchRange, places bool) (parts []part) {
	for _, r := range ranges {
		p := part{room: r.room, least: r.from + 1, high: r.high}
		if s.in.RoomID == nil && r.from > r.low {
			p.mark = p.least
		}
		for places {
			n := p.high / words.PlaceMessages
			p.place = words.Place(r.room, n)
			if p.least/words.PlaceMessages == n {
				break
			}
			rest := p
			p.least, p.mark = n*words.PlaceMessages, 0
			parts = append(parts, p)
			p = rest
			p.high = n*words.PlaceMessages - 1
		}
		parts = append(parts, p)
	}
	return parts
}

// asked renders parts as a table j.
func (s *messageSearch) asked(parts []part) (from string, args []any) {
	if s.dialect == dialect.SQLite {
		rows := make([]dialect.Object, len(parts))
		for i, p := range parts {
			rows[i] = dialect.Object{"room_id": p.room, "least": p.least, "high": p.high, "mark": p.mark, "place": p.place}
		}
		return s.jsonRows("room_id uuid", "least bigint", "high bigint", "mark bigint", "place text"), []any{dialect.JSONArray(rows)}
	}
	var a dialect.Arrays
	column(&a, parts, func(p *part) { a.ID(&p.room) })
	column(&a, parts, func(p *part) { a.Int(p.least) })
	column(&a, parts, func(p *part) { a.Int(p.high) })
	column(&a, parts, func(p *part) { a.Int(p.mark) })
	column(&a, parts, func(p *part) { a.Text(&p.place) })
	return s.unnest("j", "room_id uuid", "least bigint", "high bigint", "mark bigint", "place text"), a.Args()
}

// within renders what is asked as a table j, of rooms that the actor is in, and of messages that they see; with
// a query of PostgreSQL's for the words of each. What is found in rooms that were deleted meanwhile is left out
// at the end.
func (s *messageSearch) within(ranges []*searchRange, vector bool) (string, []any) {
	from, asked := s.asked(s.parts(ranges, vector))
	columns, least, member, args := "", "j.least", "", []any(nil)
	if vector {
		columns = ", CAST(replace(CAST(? AS text), '#', j.place) AS tsquery) AS query"
		args = append(args, s.termsOf([]string{"#"}))
	}
	args = append(args, asked...)
	if !s.actor.system {
		least = s.dialect.Greatest() + "(j.least, u.joined_number + 1)"
		member = " CROSS JOIN chat_room_users u WHERE u.room_id = j.room_id AND u.user_id = ?"
		args = append(args, s.actor.id)
	}
	return "WITH j AS MATERIALIZED (SELECT j.room_id, " + least + " AS least, j.high, j.mark" + columns + " FROM " + from + member + ")", args
}

// filters renders the conditions on messages m beside their words.
func (s *messageSearch) filters() (condition string, args []any) {
	sql := filterSQL{condition: "m.deleted_at IS NULL"}
	if s.in.Author != "" {
		sql.and("m.user_id = ?", s.in.Author)
	}
	sql.between("m.created_at", s.in.After, s.in.Before)
	if s.in.HasMedia != nil {
		not := "NOT "
		if *s.in.HasMedia {
			not = ""
		}
		sql.and(not + "EXISTS (SELECT 1 FROM chat_message_media x WHERE x.message_id = m.id)")
	}
	return sql.condition, sql.args
}

// What a row of a search is.
const (
	rowFound = iota
	rowUnworded
	rowMark      // the last message of a range
	rowFoundMark // and it is to be looked at
)

// scan reads the messages of the ranges that are being read. What has no words, because no index knows it,
// is looked at in any case.
func (s *messageSearch) scan() error {
	var ranges []*searchRange
	for _, r := range s.ranges {
		if !r.done() && r.from < r.high {
			ranges = append(ranges, r)
		}
	}
	if len(ranges) == 0 {
		return nil
	}
	vector := s.index == schema.SearchPostgres
	with, args := s.within(ranges, vector)
	condition, more := s.filters()
	switch {
	case vector:
		condition += " AND (m.words IS NULL OR m.words @@ j.query)"
	case s.index != "":
		condition += " AND (m.words IS NULL OR TRUE"
		for _, key := range s.keys {
			condition, more = condition+" AND instr(m.words, ?) > 0", append(more, key.Text)
		}
		condition += ")"
	}
	wanted := "m.room_id = j.room_id AND m.number >= j.least AND m.number <= j.high AND (m.number = j.mark OR (" + condition + "))"
	columns := "SELECT CASE WHEN " + condition + " THEN CASE WHEN m.number = j.mark THEN 3 ELSE 0 END ELSE 2 END, " + prefixed("m", messageColumns)
	args = append(append(args, more...), more...)
	if s.dialect == dialect.Postgres { // by the room's numbers, whatever the planner thinks
		return s.readRows(ranges, with+" "+columns+" FROM j CROSS JOIN LATERAL (SELECT * FROM chat_messages m WHERE "+wanted+" OFFSET 0) m", args, 0)
	}
	return s.readRows(ranges, with+" "+columns+" FROM j CROSS JOIN chat_messages m WHERE "+wanted, args, 0)
}

// ask asks the index for the ranges. Those of their messages that it does not know are
// read, by an index of theirs.
func (s *messageSearch) ask(ranges []*searchRange) error {
	var looked []*searchRange // for more than what the index finds
	for _, r := range ranges {
		if r.unworded || r.from > r.low {
			looked = append(looked, r)
		}
	}
	with, args := s.within(looked, false)
	condition, more := s.filters()
	order := " ORDER BY m.id DESC LIMIT ?"
	if s.in.RoomID != nil {
		order = " ORDER BY m.number DESC LIMIT ?"
	}
	columns := prefixed("m", messageColumns)
	known, ofKnown := s.known()
	seen, bySeen := s.seen()
	unknown := "m.room_id = j.room_id AND m.number >= j.least AND m.number <= j.high AND m.words IS NULL AND " + condition
	var found string
	if s.index == schema.SearchPostgres {
		// By the indexes, whatever the planner thinks: it is not shown the words, of which it would take
		// many for much, nor what is asked of the rest. It expects that one message in 200 has the words, for
		// which it would start other processes and compile the statement where there are millions: what depends
		// on a row beside it has no other process, and of limits that it does not see it expects a tenth each.
		with += ", m AS MATERIALIZED (SELECT * FROM (SELECT m.* FROM (SELECT CAST(? AS tsquery) AS query OFFSET 0) AS asked" +
			" CROSS JOIN LATERAL (SELECT * FROM chat_messages m WHERE m.words @@ asked.query OFFSET 0) AS m" + dialect.UnseenLimit + ") AS m" + dialect.UnseenLimit + ")"
		found = "m CROSS JOIN LATERAL (SELECT 1 FROM " + seen + " OFFSET 0) AS seen WHERE TRUE"
		unknown = "j CROSS JOIN LATERAL (SELECT * FROM chat_messages m WHERE " + unknown + " OFFSET 0) m"
		args = append(append(args, s.terms(ranges)), bySeen...)
	} else {
		found = "chat_message_words CROSS JOIN chat_messages m ON m.docid = chat_message_words.rowid CROSS JOIN " + seen + " AND chat_message_words MATCH ?"
		unknown = "j CROSS JOIN chat_messages m WHERE " + unknown
		args = append(append(args, bySeen...), s.terms(ranges))
	}
	query := with + " SELECT * FROM (SELECT 0, " + columns + " FROM " + found + " AND " + condition + known + order + ") AS known" +
		" UNION ALL SELECT * FROM (SELECT 1, " + columns + " FROM " + unknown + order + ") AS unknown" +
		" UNION ALL SELECT 2, " + columns + " FROM j JOIN chat_messages m ON m.room_id = j.room_id AND m.number = j.mark AND j.mark >= j.least"
	args = append(append(append(args, more...), ofKnown...), candidatesPerStatement)
	return s.readRows(ranges, query, append(append(args, more...), candidatesPerStatement), candidatesPerStatement)
}

// known renders the further conditions on messages m that the index finds: that they may be on the page.
func (s *messageSearch) known() (condition string, args []any) {
	var sql filterSQL
	switch {
	case s.in.RoomID != nil:
		sql.and("m.room_id = ?", s.ranges[0].room)
		sql.and("m.number <= ?", s.ranges[0].high)
	case s.before.id != uuid.Nil:
		sql.and("m.id < ?", s.before.id)
	}
	if s.in.RoomID == nil && len(s.found) > s.limit {
		sql.and("m.id > ?", s.found[s.limit].ID)
	}
	return sql.condition, sql.args
}

// seen renders what says of a message m that the actor sees it, as tables and a condition on them.
func (s *messageSearch) seen() (tables string, args []any) {
	if s.actor.system {
		return "(SELECT 1) AS u WHERE TRUE", nil
	}
	return "chat_room_users u WHERE u.room_id = m.room_id AND u.user_id = ? AND u.joined_number < m.number", []any{s.actor.id}
}

// scanAll reads the newest messages of all rooms by their ids, for System.
func (s *messageSearch) scanAll() error {
	condition, args := s.filters()
	from := ""
	if s.before.id != uuid.Nil {
		from, args = " WHERE m.id < ?", append(args, s.before.id)
	}
	return s.readRows(nil, "SELECT CASE WHEN "+condition+" AND (SELECT r.deleted_at IS NULL FROM chat_rooms r WHERE r.id = m.room_id)"+
		" THEN 0 ELSE 2 END, "+prefixed("m", messageColumns)+" FROM chat_messages m"+from+" ORDER BY m.id DESC LIMIT ?", append(args, SearchScanRows), SearchScanRows)
}

// readRows reads what one of the statements returns, and keeps what is searched for. The statement returns
// that many rows at most of each kind but marks, or in all of those of no ranges; 0 says all there are.
func (s *messageSearch) readRows(ranges []*searchRange, query string, args []any, most int) error {
	var counts [rowFoundMark + 1]int
	var lowest [rowFoundMark + 1]searchKey
	tops := make(map[uuid.UUID]uuid.UUID, len(ranges))
	err := s.queryEach(func(rows row) (more bool, err error) {
		var kind int
		var m Message
		if err := rows.Scan(append([]any{&kind}, m.fields()...)...); err != nil {
			return false, err
		}
		if counts[kind]++; counts[kind] == 1 || s.key(&m).compare(lowest[kind]) < 0 {
			lowest[kind] = s.key(&m)
		}
		if kind >= rowMark {
			tops[m.RoomID] = m.ID
		}
		if kind != rowMark {
			s.keep(&m)
		}
		return ranges != nil || len(s.found) <= s.limit, nil
	}, query, args...)
	if err != nil {
		return err
	}
	s.advance(ranges, tops)
	if most > 0 {
		s.sink(ranges == nil, most, counts, lowest)
	}
	return nil
}

// sink notes from where on a statement that came to its limit has left something out.
func (s *messageSearch) sink(all bool, most int, counts [rowFoundMark + 1]int, lowest [rowFoundMark + 1]searchKey) {
	note := func(at searchKey) {
		if at.compare(s.floor) > 0 {
			s.floor = at
		}
	}
	if all {
		if counts[rowFound]+counts[rowMark] == most {
			at := lowest[rowFound]
			if counts[rowFound] == 0 || counts[rowMark] > 0 && lowest[rowMark].compare(at) < 0 {
				at = lowest[rowMark]
			}
			note(at)
		}
		return
	}
	for _, kind := range []int{rowFound, rowUnworded} {
		if counts[kind] == most {
			note(lowest[kind])
		}
	}
}

// terms renders what the index is searched for: each of the keys in any of the places, as
// messages have all of theirs in one. Neither places nor keys have anything in them
// that a language of queries knows.
func (s *messageSearch) terms(ranges []*searchRange) string {
	var places []string
	for _, r := range ranges {
		for n := (r.from + 1) / words.PlaceMessages; n <= r.high/words.PlaceMessages; n++ {
			places = append(places, words.Place(r.room, n))
		}
	}
	return s.termsOf(places)
}

func (s *messageSearch) termsOf(places []string) string {
	quote, prefix, or, and := "", "*", " OR ", " AND "
	switch s.index {
	case schema.SearchPostgres:
		quote, prefix, or, and = "'", ":*", " | ", " & "
	case schema.SearchFTS4:
		and = " " // it may be built without the word
	}
	all := make([]string, len(s.keys))
	for i, key := range s.keys {
		one := make([]string, len(places))
		for j, place := range places {
			if one[j] = quote + place + key.Text + quote; key.Prefix {
				one[j] += prefix
			}
		}
		all[i] = "(" + strings.Join(one, or) + ")"
	}
	return strings.Join(all, and)
}
