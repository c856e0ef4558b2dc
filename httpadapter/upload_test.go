package httpadapter_test

import (
	"io"
	"net/http/httptest"
	"strings"
	"testing"
)

// part is a part of a form with the boundary b.
func part(disposition, content string) string {
	return "--b\r\nContent-Disposition: " + disposition + "\r\n\r\n" + content + "\r\n"
}

func TestFormsThatAreNoUpload(t *testing.T) {
	over(t, func(t *testing.T, h *host) {
		file := part(`form-data; name="file"; filename="a.txt"`, "hello")
		for name, c := range map[string]struct {
			form   string
			status int
		}{
			"a file":                         {file + "--b--\r\n", 201},
			"a file without a name":          {part(`form-data; name="file"`, "hello") + "--b--", 201},
			"an empty file":                  {part(`form-data; name="file"; filename="a"`, "") + "--b--", 201},
			"a preamble":                     {"hello\r\n" + file + "--b--", 201},
			"nothing":                        {"", 400},
			"no part":                        {"--b--", 400},
			"another name":                   {part(`form-data; name="picture"; filename="a"`, "x") + "--b--", 400},
			"no name":                        {part(`attachment; filename="a"`, "x") + "--b--", 400},
			"two files":                      {file + file + "--b--", 400},
			"a field behind":                 {file + part(`form-data; name="user_id"`, "1") + "--b--", 400},
			"a field before":                 {part(`form-data; name="user_id"`, "1") + file + "--b--", 400},
			"cut off in the file":            {file[:len(file)-5], 400},
			"cut off before the end":         {file, 400},
			"another boundary":               {strings.ReplaceAll(file, "--b", "--c") + "--c--", 400},
			"headers without end":            {"--b\r\nX: " + strings.Repeat("x", 1<<20), 400},
			"many headers":                   {"--b\r\n" + strings.Repeat("X: y\r\n", 50_000) + "\r\n", 400},
			"a preamble without end":         {strings.Repeat("x", 1<<20), 400},
			"more headers behind the file":   {file + "--b\r\n" + strings.Repeat("X: y\r\n", 50_000) + "\r\n", 400},
			"a NUL in the name":              {part("form-data; name=\"file\"; filename=\"a\x00b\"", "x") + "--b--", 400},
			"a name that is cut":             {part(`form-data; name="file"; filename="`+strings.Repeat("n", 300)+`"`, "x") + "--b--", 201},
			"a disposition that is not read": {part(`form-data; name="file"; filename="a`, "x") + "--b--", 400},
		} {
			r := h.request("alice", "POST /media", c.form, "Content-Type: ", "Content-Type: multipart/form-data; boundary=b")
			if got := h.serve(r); got.status != c.status {
				t.Errorf("%s: %d %s, want %d", name, got.status, got.body, c.status)
			}
		}
	})
}

func TestNameOfAnUpload(t *testing.T) {
	over(t, func(t *testing.T, h *host) {
		for disposition, want := range map[string]string{
			`attachment; filename="cat.png"`:                "cat.png",
			`attachment; filename=cat.png`:                  "cat.png",
			`attachment; filename*=UTF-8''%E2%82%AC.png`:    "€.png",
			`attachment; filename="../../etc/passwd"`:       "passwd",
			`attachment; filename="C:\\Users\\me\\cat.png"`: "cat.png",
			`attachment`:                      "",
			`attachment; filename="a\"b.png"`: `a"b.png`,
			`attachment; filename="` + strings.Repeat("n", 300) + `.png"`:                  strings.Repeat("n", 251) + ".png",
			`attachment; filename*=UTF-8''photo%E2%80%AEgnp.exe`:                           "photognp.exe",
			`attachment; filename*=UTF-8''%E3%85%A4`:                                       "",
			`attachment; filename*=UTF-8''` + strings.Repeat("%E6%97%A5", 100) + `.tar.gz`: strings.Repeat("日", 82) + ".tar.gz",
		} {
			got := h.want(201, "", "alice", "POST /media", "x", "Content-Type: ", "Content-Disposition: "+disposition)
			if got.field("file_name") != want {
				t.Errorf("%s is %q, want %q", disposition, got.field("file_name"), want)
			}
			form := part(strings.Replace(disposition, "attachment", `form-data; name="file"`, 1), "x") + "--b--"
			got = h.want(201, "", "alice", "POST /media", form, "Content-Type: ", "Content-Type: multipart/form-data; boundary=b")
			if got.field("file_name") != want {
				t.Errorf("%s in a form is %q, want %q", disposition, got.field("file_name"), want)
			}
		}
		for _, disposition := range []string{`attachment; filename="a`, `;`, `attachment; filename="a"; filename="b"`} {
			h.want(400, "malformed_header", "alice", "POST /media", "x", "Content-Type: ", "Content-Disposition: "+disposition)
		}
		h.want(415, "unsupported_media_type", "alice", "POST /media", "x", "Content-Encoding: gzip")
	})
}

// What a client does not send to its end is its own fault, and is not kept.
func TestUploadThatBreaksOffIsNotKept(t *testing.T) {
	over(t, func(t *testing.T, h *host) {
		r := h.request("alice", "POST /media", "x", "Content-Type: ")
		r.Body = io.NopCloser(io.MultiReader(strings.NewReader(strings.Repeat("x", 10_000)), broken{}))
		recorder := httptest.NewRecorder()
		h.ServeHTTP(recorder, r)
		if recorder.Code != 400 || strings.Contains(recorder.Body.String(), "fire") {
			t.Errorf("%d %s", recorder.Code, recorder.Body)
		}
		var ready int64
		ok(t, h.db.Table("chat_media").Where("state = 'ready'").Count(&ready).Error)
		if ready != 0 {
			t.Errorf("%d files are there", ready)
		}
	})
}

type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, errBroken }
