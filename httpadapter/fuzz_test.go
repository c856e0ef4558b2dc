package httpadapter_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/go-df/chat"
)

// Whatever comes in, nothing panics, nothing is answered with a 5xx, and what is
// accepted and answered is as openapi.json has it. To look for more than the seeds:
//
//	go test -fuzz FuzzBody -fuzztime 30s ./httpadapter

func disposition(name string) string {
	_, header := (&chat.Media{FileName: name}).ContentHeaders()
	return header
}

// fuzzed is a host with a room that carol is not in.
type fuzzed struct {
	*host
	room, message, content string
}

func newFuzzed(f *testing.F) *fuzzed {
	f.Helper()
	h := &fuzzed{host: newHost(f, "sqlite")}
	h.room = h.group()
	file := h.upload("alice", "secret.txt", "0123456789")
	h.message = h.made("alice", "POST /rooms/"+h.room+"/messages", `{"text":"secret","media_ids":["`+file+`"]}`)
	h.content = "/media/" + file + "/content"
	return h
}

// ask serves a request and fails on what must never be answered.
func (h *fuzzed) ask(t *testing.T, r *http.Request) answer {
	t.Helper()
	h.t = t
	got := h.serve(r)
	if got.status >= 500 {
		t.Errorf("%s %s: %d %s", r.Method, r.URL, got.status, h.log)
	}
	for name, values := range got.header {
		if strings.ContainsAny(name+strings.Join(values, ""), "\r\n\x00") {
			t.Errorf("the header %q has %q", name, values)
		}
	}
	return got
}

func FuzzBody(f *testing.F) {
	h := newFuzzed(f)
	targets := []string{
		"POST /rooms", "PATCH /rooms/" + h.room, "POST /rooms/" + h.room + "/transfer", "POST /rooms/" + h.room + "/users",
		"PATCH /rooms/" + h.room + "/users/2", "PUT /rooms/" + h.room + "/users/me/read", "PUT /rooms/" + h.room + "/users/me/unread", "POST /rooms/" + h.room + "/messages",
		"PATCH /messages/" + h.message, "POST /messages/" + h.message + "/reactions",
	}
	for i, body := range []string{
		`{"name":"x","type":"channel","members":[{"user_id":"2","permissions":["can_edit_room"]}],"is_public":true}`,
		`{"name":null,"description":null,"avatar_id":"` + nowhere + `","metadata":{"a":[1,2.5e300,"\u00e9"]}}`,
		`{"user_id":"1"}`, `{"members":[{"user_id":"3"},{"user_id":"03"}]}`, `{"permissions":null,"muted":true}`, `{"number":1}`,
		`{"text":"hi","media_ids":[],"reply_to_id":null,"client_id":"x","metadata":null}`, `{"text":"edited"}`, `{"reaction":"👍"}`,
		`{"type":"private_messages","user_id":"2"}`, `{"name":"0","type":""}`, `{"text":null}`, "{}", "null", "[]", "", "{", `{"text":"\ud800"}`, "\xff",
		`{"metadata":{"a":1,"a":2}}`, strings.Repeat("[", 11_000), `{"number":1e400}`, `{"media_ids":["urn:uuid:` + nowhere + `"]}`,
	} {
		f.Add(uint8(i), body)
	}
	f.Fuzz(func(t *testing.T, target uint8, body string) {
		r := h.request("alice", targets[int(target)%len(targets)], body)
		r.Header.Set("Content-Type", "application/json")
		h.ask(t, r)
	})
}

func FuzzCursor(f *testing.F) {
	h := newFuzzed(f)
	lists := []string{"/rooms", "/rooms?q=", "/messages?q=secret", "/reactions", "/rooms/" + h.room + "/users", "/messages?q=secret&room=" + h.room}
	for i, cursor := range []string{
		"", "abc", "IjIi", "bnVsbA", "e30", "eyJ0IjoiMjAyNi0wMy0wMVQwOTowMDowMFoiLCJpIjoiMDE5OTBmNWUtMDAwMC03MDAwLTgwMDAtMDAwMDAwMDAwMDAwIn0",
		"eyJ0IjoiOTk5OS0xMi0zMVQyMzo1OTo1OVoifQ", "eyJuIjo5fQ", "eyJuIjo5MjIzMzcyMDM2ODU0Nzc1ODA4fQ", "IicgT1IgMT0xIC0tIg", "\x00", "%",
	} {
		f.Add(uint8(i), cursor, "10")
	}
	f.Fuzz(func(t *testing.T, list uint8, cursor, limit string) {
		target := lists[int(list)%len(lists)]
		separator := "?"
		if strings.Contains(target, "?") {
			separator = "&"
		}
		got := h.ask(t, h.request("carol", "GET "+target+separator+"cursor="+url.QueryEscape(cursor)+"&limit="+url.QueryEscape(limit), ""))
		if strings.Contains(got.body, `"secret"`) || strings.Contains(got.body, h.message) {
			t.Errorf("the cursor %q shows carol %s", cursor, got.body)
		}
		if got.status != 200 && got.status != 400 && got.status != 404 {
			t.Errorf("the cursor %q: %d", cursor, got.status)
		}
	})
}

func FuzzID(f *testing.F) {
	h := newFuzzed(f)
	paths := []string{
		"GET /rooms/%", "PATCH /rooms/%", "DELETE /rooms/%", "GET /messages/%", "DELETE /messages/%", "GET /media/%/content", "GET /reactions/%",
		"GET /rooms/" + h.room + "/users/%", "DELETE /rooms/" + h.room + "/users/%", "GET /messages?q=x&room=%", "GET /%", "GET /rooms/%/messages",
	}
	for i, id := range []string{
		h.room, h.message, nowhere, strings.ToUpper(nowhere), "{" + nowhere + "}", "me", "2", "-1", "1' OR '1'='1", "..", "a/b", "", "\x00", "\xff", "日本",
	} {
		f.Add(uint8(i), id)
	}
	f.Fuzz(func(t *testing.T, path uint8, id string) {
		target := strings.Replace(paths[int(path)%len(paths)], "%", url.PathEscape(id), 1)
		if strings.Contains(target, "?") {
			target = strings.Replace(paths[int(path)%len(paths)], "%", url.QueryEscape(id), 1)
		}
		r := h.request("carol", target, "{}")
		got := h.ask(t, r)
		if strings.Contains(got.body, `"secret"`) || got.status < 400 && id != "rooms" && id != "reactions" && id != "openapi.json" {
			t.Errorf("carol gets %d %s of %s", got.status, got.body, target)
		}
	})
}

func FuzzMultipart(f *testing.F) {
	h := newFuzzed(f)
	file := part(`form-data; name="file"; filename="a.txt"`, "hello")
	f.Add(file+"--b--", "multipart/form-data; boundary=b", "")
	f.Add(file+file+"--b--", "multipart/form-data; boundary=b", "")
	f.Add(part(`form-data; name="file"; filename*=UTF-8''%0d%0aSet-Cookie:x`, "x")+"--b--", "multipart/form-data; boundary=b", "")
	f.Add("--b\r\nContent-Transfer-Encoding: quoted-printable\r\n"+file[5:], "multipart/form-data; boundary=\"b\"", "")
	f.Add("--", "multipart/form-data; boundary=", "")
	f.Add("x", "multipart/", "inline")
	f.Add("bytes", "image/png", "attachment; filename=\"a\r\nb\"")
	f.Add("bytes", ";;", "attachment; filename*=UTF-16''%ff")
	f.Fuzz(func(t *testing.T, form, kind, disposition string) {
		r := h.request("alice", "POST /media", form, "Content-Type: ")
		r.Header.Set("Content-Type", kind)
		if disposition != "" {
			r.Header.Set("Content-Disposition", disposition)
		}
		h.check = false // the checker parses forms by rules of its own
		h.ask(t, r)
	})
}

func FuzzRange(f *testing.F) {
	h := newFuzzed(f)
	for _, header := range []string{
		"bytes=0-4", "bytes=-1", "bytes=9-", "bytes=10-", "bytes=0-0,2-2", "bytes=4-2", "bytes=", "x", "bytes=0-99999999999999999999", "bytes=--1", `"x"`, "*",
	} {
		f.Add(header, "", "")
		f.Add("bytes=0-1", header, header)
	}
	f.Fuzz(func(t *testing.T, ranges, ifRange, ifNoneMatch string) {
		r := h.request("bob", "GET "+h.content, "")
		for name, value := range map[string]string{"Range": ranges, "If-Range": ifRange, "If-None-Match": ifNoneMatch} {
			if value != "" {
				r.Header.Set(name, value)
			}
		}
		got := h.ask(t, r)
		if got.status == 200 && got.body != "0123456789" {
			t.Errorf("Range %q: %q", ranges, got.body)
		}
	})
}

func FuzzIdempotencyKey(f *testing.F) {
	h := newFuzzed(f)
	for _, key := range []string{"a", "", "\x00", "\xff", strings.Repeat("k", 256), `"quoted"`, "ключ", "' OR 1=1"} {
		f.Add(key, "hi")
		f.Add(key, key)
	}
	f.Fuzz(func(t *testing.T, key, text string) {
		send := func() answer {
			r := httptest.NewRequest(http.MethodPost, "/rooms/"+h.room+"/messages", strings.NewReader(`{"text":`+quote(text)+`}`))
			r.Header = http.Header{"X-User": {"bob"}, "Content-Type": {"application/json"}, "Idempotency-Key": {key}}
			return h.ask(t, r)
		}
		first, again := send(), send()
		if first.status == 201 && again.field("id") != first.field("id") {
			t.Errorf("the key %q: sent as %s and as %s", key, first.body, again.body)
		}
	})
}

func FuzzFileName(f *testing.F) {
	for _, name := range []string{"cat.png", "a\r\nb", "a\"b", "日本.png", "\u202egpj.exe", "%0d%0a", "a\x00", "\xff", "..", "a;b", "'"} {
		f.Add(name)
	}
	f.Fuzz(func(t *testing.T, name string) {
		for _, c := range []byte(disposition(name)) {
			if c < ' ' || c > '~' {
				t.Errorf("%q has %q in it", name, c)
			}
		}
	})
}

// quote is a JSON string of any bytes, as they are.
func quote(text string) string {
	var quoted strings.Builder
	for _, c := range []byte(text) {
		switch {
		case c == '"' || c == '\\':
			quoted.WriteByte('\\')
			quoted.WriteByte(c)
		case c < ' ':
			quoted.WriteByte(' ')
		default:
			quoted.WriteByte(c)
		}
	}
	return `"` + quoted.String() + `"`
}
