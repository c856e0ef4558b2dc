package httpadapter_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

// The rules of RFC 9110, section 14, of a file of ten bytes and of an empty one.
func TestRanges(t *testing.T) {
	over(t, func(t *testing.T, h *host) {
		digits := h.sent("a.txt", "0123456789")
		h.check = false // an upload without a body is none by the description
		empty := h.sent("b.txt", "")
		h.check = true
		tag := h.do("bob", "GET "+digits, "").header.Get("ETag")
		for _, c := range []struct {
			file    string
			headers []string
			status  int
			want    string // the bytes, or Content-Range of a 416
		}{
			{digits, []string{"Range: lines=1-2"}, 200, "0123456789"}, // a unit that is not known
			{digits, []string{"Range: items=0-1,3-4"}, 200, "0123456789"},
			{digits, []string{"Range: bytes"}, 200, "0123456789"},
			{digits, []string{"Range: Bytes=1-2"}, 206, "12"},
			{digits, []string{"Range: BYTES=-2"}, 206, "89"},
			{digits, []string{"Range: bytes=-10"}, 206, "0123456789"},
			{digits, []string{"Range: bytes=-11"}, 206, "0123456789"},
			{digits, []string{"Range: bytes=-99999999999999999999"}, 206, "0123456789"},
			{digits, []string{"Range: bytes=8-99999999999999999999"}, 206, "89"},
			{digits, []string{"Range: bytes=0-0"}, 206, "0"},
			{digits, []string{"Range: bytes=9-9"}, 206, "9"},
			{digits, []string{"Range: bytes= 3-4 , "}, 206, "34"},
			{digits, []string{"Range: bytes=-0"}, 416, "bytes */10"},
			{digits, []string{"Range: bytes=-0,10-"}, 416, "bytes */10"},
			{digits, []string{"Range: bytes=-0,1-1"}, 206, "1"}, // the one that is there
			{digits, []string{"Range: bytes=10-10"}, 416, "bytes */10"},
			{digits, []string{"Range: bytes=99999999999999999999-"}, 416, "bytes */10"},
			{digits, []string{"Range: bytes=5-4"}, 416, "bytes */10"},
			{digits, []string{"Range: bytes=+1-2"}, 416, "bytes */10"},
			{digits, []string{"Range: bytes=0x1-2"}, 416, "bytes */10"},
			{digits, []string{"Range: bytes=-"}, 416, "bytes */10"},
			{digits, []string{"Range: bytes="}, 416, "bytes */10"},
			{digits, []string{"Range: bytes=0-1", "Range: bytes=2-3"}, 200, "0123456789"},
			{digits, []string{"Range: bytes=0-9,0-9,0-9,0-9"}, 200, "0123456789"},
			{digits, []string{"Range: bytes=0-1,0-0,1-1"}, 200, "0123456789"}, // overlapping, though less than the file
			{digits, []string{"Range: bytes=" + strings.Repeat("0-0,", 11)}, 200, "0123456789"},
			{digits, []string{"Range: bytes=" + strings.Repeat("10-,", 11)}, 200, "0123456789"},
			{digits, []string{"Range: bytes=0-,1-,2-,3-,4-,5-,6-,7-,8-,9-,10-"}, 200, "0123456789"},
			{digits, []string{"Range: bytes=-0", "If-None-Match: " + tag}, 304, ""},
			{digits, []string{"Range: bytes=-0", `If-Match: "x"`}, 412, ""},
			{digits, []string{"Range: bytes=-0", `If-Range: "x"`}, 200, "0123456789"},
			{digits, []string{"Range: bytes=-0", "If-Range: " + tag}, 416, "bytes */10"},
			{digits, []string{"Range: bytes=1-2", "If-Range: W/" + tag}, 200, "0123456789"},
			{digits, []string{"Range: bytes=1-2", "If-Range: Sun, 01 Mar 2026 09:00:00 GMT"}, 200, "0123456789"},
			{empty, nil, 200, ""},
			{empty, []string{"Range: bytes=0-"}, 416, "bytes */0"},
			{empty, []string{"Range: bytes=0-0"}, 416, "bytes */0"},
			{empty, []string{"Range: bytes=-0"}, 416, "bytes */0"},
			{empty, []string{"Range: bytes=-5"}, 200, ""}, // all that there is, of which there is no range
			{empty, []string{"Range: bytes=0-0,-5"}, 200, ""},
			{empty, []string{"Range: lines=0-"}, 200, ""},
		} {
			got := h.do("bob", "GET "+c.file, "", c.headers...)
			body := got.body
			switch got.status {
			case 416:
				body = got.header.Get("Content-Range")
				if got.code() != "range_not_satisfiable" || got.header.Get("Content-Disposition") != "" || got.header.Get("ETag") != "" {
					t.Errorf("%v: %v %s", c.headers, got.header, got.body)
				}
			case 412:
				body = ""
			}
			if got.status != c.status || body != c.want {
				t.Errorf("%d bytes, %v: %d %q, want %d %q", 10*strings.Count(c.file, digits), c.headers, got.status, body, c.status, c.want)
			}
		}
		if got := h.do("bob", "HEAD "+digits, "", "Range: bytes=0-1"); got.status != 200 || got.header.Get("Content-Length") != "10" {
			t.Errorf("HEAD has no ranges: %d %v", got.status, got.header)
		}
	})
}

func TestSeveralRangesComeAsParts(t *testing.T) {
	over(t, func(t *testing.T, h *host) {
		target := h.sent("a.txt", "0123456789")
		got := h.do("bob", "GET "+target, "", "Range: bytes=0-1,4-5,-1")
		if got.status != 206 || !strings.HasPrefix(got.header.Get("Content-Type"), "multipart/byteranges; boundary=") {
			t.Fatalf("%d %v", got.status, got.header)
		}
		for _, part := range []string{"Content-Range: bytes 0-1/10", "\r\n\r\n01\r\n", "Content-Range: bytes 4-5/10", "\r\n\r\n45\r\n", "Content-Range: bytes 9-9/10"} {
			if !strings.Contains(got.body, part) {
				t.Errorf("%q lacks %q", got.body, part)
			}
		}
	})
}

func TestVeryManyRangesTakeNoTime(t *testing.T) {
	t.Parallel()
	h := newHost(t, "sqlite")
	content := strings.Repeat("x", 1<<20)
	target := h.sent("a.txt", content)
	for name, header := range map[string]func(share int) string{
		"many": func(share int) string {
			var set strings.Builder
			for n := range 100_000 / share {
				fmt.Fprintf(&set, "%d-%d,", 4*n, 4*n)
			}
			return set.String()
		},
		"the same": func(share int) string { return strings.Repeat("0-0,", 250_000/share) },
		"nothing":  func(share int) string { return strings.Repeat(",", 900_000/share) + "0-0" },
	} {
		ask := func(share int) time.Duration {
			ranges := "Range: bytes=" + header(share)
			begin := time.Now()
			got := h.do("bob", "GET "+target, "", ranges)
			took := time.Since(begin)
			if name != "nothing" && (got.status != 200 || got.body != content) {
				t.Errorf("%s: %d with %d bytes", name, got.status, len(got.body))
			}
			return took
		}
		// Sixteen times as many take sixteen times as long at most, or 256 where each is
		// compared with each; the machine may have something else to do now and then.
		var few, many []time.Duration
		for len(many) == 0 || len(many) < 20 && slices.Min(many) > 64*slices.Min(few) {
			few, many = append(few, ask(16)), append(many, ask(1))
		}
		if slices.Min(many) > 64*slices.Min(few) {
			t.Errorf("%s: sixteen times as many took %v instead of %v", name, slices.Min(many), slices.Min(few))
		}
	}
}
