package httpadapter_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/go-df/chat"
	"github.com/go-df/chat/httpadapter"
)

func TestSpellingsOfUTF8(t *testing.T) {
	over(t, func(t *testing.T, h *host) {
		for kind, status := range map[string]int{
			"application/json": 201, "application/json;": 201, "Application/JSON": 201, "application/json; charset=utf-8": 201,
			"application/json; charset=UTF-8": 201, "application/json;charset=utf8": 201, "application/json; charset=UTF8": 201,
			`application/json; charset="utf-8"`: 201, `application/json; charset="UTF8"`: 201, "application/json; Charset=Utf-8": 201,
			"application/json; charset='utf-8'": 201, "application/json; charset=unicode-1-1-utf-8": 201, "application/json; charset=utf_8": 201,
			"application/json; charset=utf-16": 415, "application/json; charset=iso-8859-1": 415, "application/json; charset=": 415,
			"application/json; charset=utf-7": 415, "text/plain; charset=utf-8": 415, "application/json; charset=utf-80": 415,
		} {
			if got := h.do("alice", "POST /rooms", `{"name":"x"}`, "Content-Type: ", "Content-Type: "+kind); got.status != status {
				t.Errorf("%s: %d %s, want %d", kind, got.status, got.body, status)
			}
		}
	})
}

// escaped spells every character of a text as JSON may: \u0061.
func escaped(text string) string {
	var spelled strings.Builder
	for _, c := range text {
		if c > 0xFFFF {
			c -= 0x10000
			fmt.Fprintf(&spelled, `\u%04x\u%04x`, 0xD800+c>>10, 0xDC00+c&0x3FF)
			continue
		}
		fmt.Fprintf(&spelled, `\u%04x`, c)
	}
	return spelled.String()
}

// What the limits of the fields admit, the limit of the body admits too.
func TestBodyMayBeAsLargeAsItsFields(t *testing.T) {
	t.Parallel()
	h := newHost(t, "sqlite")
	h.check = false // the checker reads large bodies slowly
	plain := func(text string) string { return text }
	for name, spell := range map[string]func(string) string{"plain": plain, "escaped": escaped} {
		var members []string
		for n := range 998 {
			user := 1000*len(spell("x")) + n
			ok(t, h.db.Exec("INSERT INTO users (id, name) VALUES (?, '')", user).Error)
			members = append(members, fmt.Sprintf(`{"user_id":"%s","permissions":["%s"]}`, spell(fmt.Sprint(user)), strings.Join([]string{
				spell("can_add_users"), spell("can_remove_users"), spell("can_create_messages"), spell("can_delete_messages"),
				spell("can_delete_own_messages"), spell("can_edit_messages"), spell("can_edit_own_messages"), spell("can_edit_room"),
			}, `","`)))
		}
		all := `"members":[` + strings.Join(members, ",\n    ") + "]"
		metadata := `{"x":"` + strings.Repeat("a", 8<<10-8) + `"}`
		room := h.want(201, "", "alice", "POST /rooms", `{"name":"`+spell(strings.Repeat("😀", 128))+`","description":"`+
			spell(strings.Repeat("😀", 1024))+`","metadata":`+metadata+"}").field("id")
		h.want(200, "", "alice", "POST /rooms/"+room+"/users", "{"+all+"}")
		h.want(201, "", "alice", "POST /rooms", `{"name":"`+spell(strings.Repeat("😀", 128))+`",`+all+`,"metadata":`+metadata+"}")
		for _, text := range []string{strings.Repeat("😀", 4000), strings.Repeat("\u0416", 4000), strings.Repeat("a", 4000)} {
			client := fmt.Sprintf("%0255d", len(text))
			sent := h.want(201, "", "alice", "POST /rooms/"+room+"/messages",
				`{"text":"`+spell(text)+`","client_id":"`+spell(client)+`","metadata":`+metadata+"}")
			h.want(200, "", "alice", "PATCH /messages/"+sent.field("id"), `{"text":"`+spell(strings.Repeat("x", 4000))+`","metadata":`+metadata+"}")
		}
		if name == "plain" {
			continue
		}
		for target, body := range map[string]string{
			"POST /rooms":                          strings.Repeat(" ", 8<<20),
			"POST /rooms/" + room + "/messages":    strings.Repeat(" ", 1<<20),
			"PATCH /rooms/" + room:                 strings.Repeat(" ", 1<<20),
			"POST /rooms/" + room + "/transfer":    strings.Repeat(" ", 64<<10),
			"PATCH /rooms/" + room + "/users/6001": strings.Repeat(" ", 64<<10),
		} {
			h.want(413, "too_large", "alice", target, body)
		}
	}
}

func TestBodyMayBeAsLargeAsOtherLimitsSay(t *testing.T) {
	t.Parallel()
	h := newHost(t, "sqlite", func(c *chat.Config, _ *httpadapter.Config) {
		c.Limits.TextCharacters, c.Limits.TextBytes, c.Limits.Reason = 1<<20, 1<<22, 1<<12
	})
	h.check = false
	room := h.group()
	h.want(201, "", "alice", "POST /rooms/"+room+"/messages", `{"text":"`+escaped(strings.Repeat("x", 1<<20))+`"}`)
	h.want(204, "", "alice", "POST /rooms/"+room+"/bans", `{"user_id":"`+escaped("5")+`","reason":"`+escaped(strings.Repeat("😀", 1<<12))+`"}`)
	h.want(422, "over_limit", "alice", "POST /rooms/"+room+"/bans", `{"user_id":"5","reason":"`+strings.Repeat("x", 1<<12+1)+`"}`)
	h.want(422, "over_limit", "alice", "POST /rooms/"+room+"/messages", `{"text":"`+strings.Repeat("x", 1<<20+1)+`"}`)
}

// In a POST, a key that may be absent may be null.
func TestNullIsAbsentInAPost(t *testing.T) {
	over(t, func(t *testing.T, h *host) {
		room := h.group()
		m := h.send("alice", room, "x")
		messages := "POST /rooms/" + room + "/messages"
		for _, c := range []struct {
			target, with, without string
			optional              bool
		}{
			{"POST /rooms", `"name":"x","type":null`, `"name":"x"`, true},
			{"POST /rooms", `"name":"x","user_id":null`, `"name":"x"`, true},
			{"POST /rooms", `"name":"x","description":null`, `"name":"x"`, true},
			{"POST /rooms", `"name":"x","is_public":null`, `"name":"x"`, true},
			{"POST /rooms", `"name":"x","default_permissions":null`, `"name":"x"`, true},
			{"POST /rooms", `"name":"x","members":null`, `"name":"x"`, true},
			{"POST /rooms", `"name":"x","metadata":null`, `"name":"x"`, true},
			{"POST /rooms", `"name":null`, ``, false},
			{"POST /rooms", `"type":"private_messages","user_id":"2","name":null,"description":null,"is_public":null,"default_permissions":null,"members":null,"metadata":null`,
				`"type":"private_messages","user_id":"2"`, true},
			{messages, `"text":"x","media_ids":null`, `"text":"x"`, true},
			{messages, `"text":"x","reply_to_id":null`, `"text":"x"`, true},
			{messages, `"text":"x","client_id":null`, `"text":"x"`, true},
			{messages, `"text":"x","metadata":null`, `"text":"x"`, true},
			{messages, `"text":null`, ``, false},
			{"POST /rooms/" + room + "/users", `"members":null`, ``, true},
			{"POST /rooms/" + room + "/users", `"members":[{"user_id":"2","permissions":null}]`, `"members":[{"user_id":"2"}]`, true},
			{"POST /rooms/" + room + "/transfer", `"user_id":null`, ``, false},
			{"POST /messages/" + m + "/reactions", `"reaction":null`, ``, false},
		} {
			with, without := h.do("alice", c.target, "{"+c.with+"}"), h.do("alice", c.target, "{"+c.without+"}")
			if with.status/100 != without.status/100 || (with.status < 300) != c.optional {
				t.Errorf("%s %s: %d %s; without it %d", c.target, c.with, with.status, with.body, without.status)
			}
		}
		for target, body := range map[string]string{
			messages:                             `{"text":"x","media_ids":[null]}`,
			"POST /rooms":                        `{"name":"x","members":[null]}`,
			"POST /rooms/" + room + "/users":     `{"members":[null]}`,
			"PATCH /rooms/" + room:               `{"default_permissions":null}`,
			"PATCH /rooms/" + room + "/join":     `null`,
			"POST /rooms/" + room + "/messages ": `null`,
		} {
			if got := h.do("alice", strings.TrimSpace(target), body); got.status < 400 {
				t.Errorf("%s %s: %d", target, body, got.status)
			}
		}
	})
}

func TestParametersThatAreNotKnown(t *testing.T) {
	over(t, func(t *testing.T, h *host) {
		room := h.group()
		m := h.send("alice", room, "x")
		before := h.dump()
		for _, target := range []string{
			"GET /rooms?limits=1", "GET /rooms?limit=1&Q=x", "GET /rooms/" + room + "?limit=1", "GET /rooms/" + room + "/messages?cursor=x",
			"GET /rooms/" + room + "/users?q=x", "GET /messages?q=x&before=1", "GET /messages/" + m + "?_=1", "GET /reactions?room=" + room,
			"GET /openapi.json?v=1", "DELETE /messages/" + m + "?force=1", "POST /rooms/" + room + "/join?user_id=1", "GET /rooms?=", "HEAD /rooms?x",
			"DELETE /rooms/" + room + "?dry_run=true", "GET /rooms?a;b",
		} {
			got := h.do("alice", target, "")
			if got.status != 400 || got.body != "" && got.code() != "malformed_query" {
				t.Errorf("%s: %d %s", target, got.status, got.body)
			}
		}
		if diff := cmp.Diff(before, h.dump()); diff != "" {
			t.Errorf("a refusal changed something: %s", diff)
		}
		h.want(401, "", "", "GET /rooms?limits=1", "")
	})
}

func TestIdempotencyKeyIsForSendsAlone(t *testing.T) {
	over(t, func(t *testing.T, h *host) {
		room := h.group()
		m := h.send("alice", room, "x")
		before := h.dump()
		for target, body := range map[string]string{
			"POST /rooms": `{"name":"x"}`, "GET /rooms": "", "PATCH /rooms/" + room: `{"name":"x"}`, "DELETE /rooms/" + room: "",
			"POST /messages/" + m + "/reactions": `{"reaction":"👍"}`, "POST /rooms/" + room + "/users": `{"members":[{"user_id":"3"}]}`,
			"PATCH /messages/" + m: `{"text":"y"}`, "POST /media": "x", "POST /rooms/" + room + "/transfer": `{"user_id":"2"}`,
			"PUT /rooms/" + room + "/users/me/read": `{"number":1}`, "POST /rooms/" + room + "/join": "",
		} {
			h.want(400, "malformed_header", "alice", target, body, "Idempotency-Key: k")
		}
		if diff := cmp.Diff(before, h.dump()); diff != "" {
			t.Errorf("a refusal changed something: %s", diff)
		}
	})
}

// Metadata are the host's own: a user's are refused, and those that the host set stay.
func TestMetadataOfUsersIsRefused(t *testing.T) {
	t.Parallel()
	h := newHost(t, "sqlite", func(_ *chat.Config, c *httpadapter.Config) { c.UserMetadata = false })
	hosts := chat.Metadata(`{"order":42}`)
	room := must(h.svc.CreateRoom(context.Background(), id("alice"), chat.NewRoom{Name: "x", Metadata: hosts}))(t)
	m := must(h.svc.SendMessage(context.Background(), id("alice"), room.ID, chat.NewMessage{Text: "x", Metadata: hosts}))(t)
	before := h.dump()
	for target, bodies := range map[string][]string{
		"POST /rooms":                                   {`{"name":"x","metadata":{}}`, `{"name":"x","metadata":{"order":1}}`, `{"type":"channel","name":"x","metadata":[]}`},
		"PATCH /rooms/" + room.ID.String():              {`{"metadata":{}}`, `{"metadata":null}`, `{"name":"y","metadata":{"order":42}}`},
		"POST /rooms/" + room.ID.String() + "/messages": {`{"text":"x","metadata":{}}`, `{"text":"x","metadata":{"order":42}}`},
		"PATCH /messages/" + m.ID.String():              {`{"metadata":{}}`, `{"metadata":null}`, `{"text":"y","metadata":{"a":1}}`},
	} {
		for _, body := range bodies {
			got := h.want(422, "invalid", "alice", target, body)
			if !strings.Contains(got.body, `"errors":[{"pointer":"/metadata","code":"not_allowed"`) {
				t.Errorf("%s %s: %s", target, body, got.body)
			}
		}
	}
	if diff := cmp.Diff(before, h.dump()); diff != "" {
		t.Errorf("a refusal changed something: %s", diff)
	}
	for target, body := range map[string]string{
		"PATCH /rooms/" + room.ID.String(): `{"name":"y"}`, "PATCH /messages/" + m.ID.String(): `{"text":"y"}`,
		"GET /rooms/" + room.ID.String(): "", "GET /messages/" + m.ID.String(): "",
	} {
		if got := h.want(200, "", "alice", target, body); !strings.Contains(got.body, `"metadata":{"order":42}`) {
			t.Errorf("%s: the host's metadata are gone: %s", target, got.body)
		}
	}
	h.want(201, "", "alice", "POST /rooms", `{"name":"x","metadata":null}`)
}

func TestAgeOfMediaIsASetting(t *testing.T) {
	t.Parallel()
	h := newHost(t, "sqlite", func(_ *chat.Config, c *httpadapter.Config) { c.MediaMaxAge = time.Hour })
	target := h.sent("a.jpg", jpegOf(600, 300))
	for _, variant := range []string{"", "?variant=thumbnail"} {
		got := h.want(200, "", "bob", "GET "+target+variant, "")
		if got.header.Get("Cache-Control") != "private, max-age=3600" || got.header.Get("Vary") != "Authorization, Cookie" {
			t.Errorf("%v", got.header)
		}
	}
}
