package httpadapter_test

import (
	"crypto/sha256"
	"fmt"
	"slices"
	"strings"
)

// domainSummary is quick to read, and differs after any change that an operation
// makes.
var domainSummary = func() string {
	var selects []string
	for _, table := range [][2]string{
		{"chat_rooms", "sum(last_seq), sum(last_number), sum(default_permissions), max(updated_at), count(deleted_at), count(avatar_id)"},
		{"chat_room_users", "sum(permissions), count(permissions), sum(CASE WHEN muted THEN 1 ELSE 0 END), " +
			"max(muted_until), count(hidden_number), sum(CASE WHEN pinned THEN 1 ELSE 0 END), " +
			"sum(last_read_number), sum(marked_unread), max(last_seen_at)"},
		{"chat_restrictions", "sum(denied), count(banned_at), count(banned_until), max(reason)"},
		{"chat_messages", "max(created_at), max(edited_at), max(deleted_at), count(deleted_at)"},
		{"chat_message_media", "max(sequence)"},
		{"chat_media", "max(created_at), sum(CASE state WHEN 'ready' THEN 1 WHEN 'pending' THEN 10000 ELSE 0 END)"},
		{"chat_reactions", "max(created_at)"},
		{"chat_events", "max(id)"},
	} {
		selects = append(selects, "(SELECT count(*), "+table[1]+" FROM "+table[0]+") AS of_"+table[0])
	}
	return "SELECT * FROM " + strings.Join(selects, ", ")
}()

func (e *domainExaminer) summary() string {
	e.t.Helper()
	return e.rows(domainSummary)[0]
}

// fingerprint is a hash over all rows of all the chat's tables.
func (e *domainExaminer) fingerprint() string {
	e.t.Helper()
	list := "SELECT name FROM sqlite_master WHERE type = 'table' AND name LIKE 'chat%'"
	if e.db.Name() == "postgres" {
		list = "SELECT tablename FROM pg_tables WHERE tablename LIKE 'chat%'"
	}
	var tables []string
	ok(e.t, e.db.Raw(list).Scan(&tables).Error)
	if len(tables) < 9 {
		e.t.Fatalf("the chat has only the tables %v", tables)
	}
	slices.Sort(tables)
	hash := sha256.New()
	for _, table := range tables {
		rows := e.rows("SELECT * FROM " + table)
		slices.Sort(rows)
		_, _ = fmt.Fprintf(hash, "%s %q\n", table, rows)
	}
	return fmt.Sprintf("%x", hash.Sum(nil))
}

// rows are what a query returns, a line for each row.
func (e *domainExaminer) rows(query string) (lines []string) {
	e.t.Helper()
	rows := must(e.db.Raw(query).Rows())(e.t)
	defer func() { ok(e.t, rows.Close()) }()
	values := make([]any, len(must(rows.Columns())(e.t)))
	into := make([]any, len(values))
	for i := range into {
		into[i] = &values[i]
	}
	for rows.Next() {
		ok(e.t, rows.Scan(into...))
		lines = append(lines, fmt.Sprintf("%v", values))
	}
	ok(e.t, rows.Err())
	return lines
}
