// Package routers_test holds the programs of this module to one behaviour.
package routers_test

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"fmt"
	"io"
	"math/rand/v2"
	"mime/multipart"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"
)

const uploadLimit = 25 << 20

func TestMountedUnderAPath(t *testing.T) {
	over(t, func(h *host) {
		h.want(401, "unauthenticated", "", "GET", "/chat/rooms", nil)
		h.want(200, "", "", "GET", "/chat/openapi.json", nil)
		made := h.want(201, "", "alice", "POST", "/chat/rooms", []byte(`{"name":"Boats","members":[{"user_id":"bob"}]}`))
		room := made.header.Get("Location")
		if room != "/chat/rooms/"+made.id() {
			t.Errorf("the room is at %q", room)
		}
		sent := h.want(201, "", "alice", "POST", room+"/messages", []byte(`{"text":"Ahoy"}`))
		page := h.want(200, "", "bob", "GET", room+"/messages?limit=1", nil)
		if !bytes.Contains(page.body, []byte(`"text":"Ahoy"`)) {
			t.Errorf("bob reads %s", page.body)
		}
		message := "/chat/messages/" + sent.id()
		h.want(403, "forbidden", "bob", "PATCH", message, []byte(`{"text":"Mine"}`))
		h.want(412, "precondition_failed", "alice", "PATCH", message, []byte(`{"text":"Ahoi"}`), "If-Match", `"1.x"`)
		h.want(200, "", "alice", "PATCH", message, []byte(`{"text":"Ahoi"}`), "If-Match", sent.header.Get("ETag"))
		again := h.want(200, "", "bob", "GET", message, nil)
		h.want(304, "", "bob", "GET", message, nil, "If-None-Match", again.header.Get("ETag"))
		gone := h.want(204, "", "alice", "DELETE", message, nil)
		if len(gone.body) > 0 || gone.header.Get("Content-Type") != "" {
			t.Errorf("204 came with %q %v", gone.body, gone.header)
		}
		h.want(404, "not_found", "carol", "GET", room, nil)
	})
}

func TestWhatIsNotThere(t *testing.T) {
	over(t, func(h *host) {
		for _, path := range []string{
			"/chat/", "/chat/nowhere", "/chat/rooms/", "/chat//rooms", "/chat/./rooms", "/chat/x/../rooms", "/chat/%2Frooms",
			"/chat/rooms/1", "/chat/rooms/%00", "/chat/rooms/a%2Fb/users",
		} {
			for _, method := range []string{"GET", "POST", "DELETE"} {
				got := h.do("alice", method, path, nil)
				problem := strings.HasPrefix(got.header.Get("Content-Type"), "application/problem+json")
				if h.cleans && strings.Contains(path, "/.") || h.cleans && strings.Contains(path, "//") {
					if got.status != 307 {
						h.t.Errorf("%s %s: %d", method, path, got.status)
					}
					continue
				}
				if (got.code() != "not_found" || got.status != 404) && (got.code() != "method_not_allowed" || got.status != 405) ||
					!problem || got.header.Get("Location") != "" {
					h.t.Errorf("%s %s: %d %v %s", method, path, got.status, got.header, got.body)
				}
			}
		}
		for _, path := range []string{"//chat/rooms", "//rooms", "/rooms", "/chats/rooms"} { // the router's own to answer
			if got := h.do("alice", "GET", path, nil); got.status < 300 || bytes.Contains(got.body, []byte("items")) {
				h.t.Errorf("GET %s: %d %s", path, got.status, got.body)
			}
		}
	})
}

func TestMethods(t *testing.T) {
	over(t, func(h *host) {
		for _, method := range []string{"PUT", "PATCH", "DELETE"} {
			got := h.want(405, "method_not_allowed", "alice", method, "/chat/rooms", nil)
			if allow := got.header.Get("Allow"); allow != "GET, HEAD, OPTIONS, POST" {
				h.t.Errorf("%s: Allow is %q", method, allow)
			}
		}
		options := h.want(204, "", "", "OPTIONS", "/chat/rooms", nil)
		if allow := options.header.Get("Allow"); allow != "GET, HEAD, OPTIONS, POST" {
			h.t.Errorf("OPTIONS: Allow is %q", allow)
		}
		get, head := h.want(200, "", "alice", "GET", "/chat/rooms", nil), h.want(200, "", "alice", "HEAD", "/chat/rooms", nil)
		for _, name := range []string{"Content-Type", "Content-Length", "ETag", "Cache-Control", "X-Content-Type-Options"} {
			if get.header.Get(name) != head.header.Get(name) || get.header.Get(name) == "" {
				h.t.Errorf("%s: GET has %q, HEAD %q", name, get.header.Get(name), head.header.Get(name))
			}
		}
		if len(head.body) > 0 {
			h.t.Errorf("HEAD has a body: %s", head.body)
		}
		h.want(404, "", "alice", "HEAD", "/chat/nowhere", nil)
	})
}

// An id of a user may hold anything.
func TestEscapedIDs(t *testing.T) {
	over(t, func(h *host) {
		made := h.want(201, "", "alice", "POST", "/chat/rooms",
			[]byte(`{"name":"x","members":[{"user_id":"a/b c?d#e%f"},{"user_id":".."},{"user_id":"日本"},{"user_id":"a+b"}]}`))
		for escaped, user := range map[string]string{
			"a%2Fb%20c%3Fd%23e%25f": "a/b c?d#e%f", "%2E%2E": "..", "%E6%97%A5%E6%9C%AC": "日本", "a+b": "a+b", "a%2Bb": "a+b", "me": "alice",
		} {
			got := h.want(200, "", "alice", "GET", "/chat/rooms/"+made.id()+"/users/"+escaped, nil)
			if !bytes.Contains(got.body, []byte(`"user":{"id":"`+user+`"}`)) {
				h.t.Errorf("%s is %s", escaped, got.body)
			}
		}
	})
}

// noise is n bytes that nobody compresses.
func noise(n int) []byte {
	data := make([]byte, n)
	_, _ = rand.NewChaCha8([32]byte{}).Read(data)
	return data
}

func TestLargeUploads(t *testing.T) {
	over(t, func(h *host) {
		file := noise(uploadLimit)
		raw := h.want(201, "", "alice", "POST", "/chat/media", file,
			"Content-Type", "application/octet-stream", "Content-Disposition", `attachment; filename="noise.bin"`)
		var form bytes.Buffer
		writer := multipart.NewWriter(&form)
		part, err := writer.CreateFormFile("file", "noise.bin")
		ok(h.t, err)
		_, err = part.Write(file)
		ok(h.t, err)
		ok(h.t, writer.Close())
		formed := h.want(201, "", "alice", "POST", "/chat/media", form.Bytes(), "Content-Type", writer.FormDataContentType())
		for _, media := range []answer{raw, formed} {
			content := "/chat/media/" + media.id() + "/content"
			got := h.want(200, "", "alice", "GET", content, nil)
			if sha256.Sum256(got.body) != sha256.Sum256(file) || got.length != uploadLimit {
				h.t.Errorf("%d bytes came back, announced as %d", len(got.body), got.length)
			}
			piece := h.want(206, "", "alice", "GET", content, nil, "Range", "bytes=100-199")
			if !bytes.Equal(piece.body, file[100:200]) {
				h.t.Errorf("the range has %d bytes", len(piece.body))
			}
			if head := h.want(200, "", "alice", "HEAD", content, nil); head.length != uploadLimit || len(head.body) > 0 {
				h.t.Errorf("HEAD announces %d bytes", head.length)
			}
		}
		h.want(413, "too_large", "alice", "POST", "/chat/media", append(file, 'x'), "Content-Type", "application/octet-stream")
		h.want(413, "too_large", "alice", "POST", "/chat/rooms/01990f5e-0000-7000-8000-000000000000/transfer",
			[]byte(`{"user_id":"`+strings.Repeat("x", 70_000)+`"}`))
		h.want(200, "", "alice", "GET", "/chat/rooms", nil)
		h.kept(2)
	})
}

// kept holds the number of stored uploads against what was wanted.
func (h *host) kept(want int64) {
	h.t.Helper()
	var ready int64
	ok(h.t, h.db.Table("chat_media").Where("state = 'ready'").Count(&ready).Error)
	if ready != want {
		h.t.Errorf("%d uploads are kept, want %d", ready, want)
	}
}

// dial writes to the server by hand.
func (h *host) dial(head string, body []byte) net.Conn {
	h.t.Helper()
	connection, err := new(net.Dialer).DialContext(h.t.Context(), "tcp", h.addr)
	ok(h.t, err)
	ok(h.t, connection.SetDeadline(time.Now().Add(20*time.Second)))
	_, err = io.WriteString(connection, head+"Host: chat\r\nAuthorization: Bearer demo-alice\r\n\r\n")
	ok(h.t, err)
	_, err = connection.Write(body)
	ok(h.t, err)
	return connection
}

// What a client does not send to its end is not kept, however it was sent, and
// nobody else notices.
func TestClientThatGoesAway(t *testing.T) {
	over(t, func(h *host) {
		half := noise(300_000)
		chunk := append(fmt.Appendf(nil, "%x\r\n", len(half)), append(half, "\r\n"...)...)
		form := append([]byte("--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"x\"\r\n\r\n"), half...)
		for name, c := range map[string]struct {
			head string
			body []byte
		}{
			"of a known length": {"Content-Length: 600000\r\n", half},
			"in chunks":         {"Transfer-Encoding: chunked\r\n", chunk},
			"in half a chunk":   {"Transfer-Encoding: chunked\r\n", chunk[:200_000]},
			"a form":            {"Content-Length: 600000\r\nContent-Type: multipart/form-data; boundary=b\r\n", form},
		} {
			connection := h.dial("POST /chat/media HTTP/1.1\r\n"+c.head, c.body)
			_ = connection.(*net.TCPConn).CloseWrite() // unless the server has refused and closed already
			response, err := http.ReadResponse(bufio.NewReader(connection), nil)
			if err == nil {
				if response.StatusCode < 400 {
					h.t.Errorf("%s: what broke off is answered with %d", name, response.StatusCode)
				}
				_ = response.Body.Close()
			}
			ok(h.t, connection.Close())

			rude := h.dial("POST /chat/media HTTP/1.1\r\n"+c.head, c.body)
			ok(h.t, rude.(*net.TCPConn).SetLinger(0)) // a reset
			ok(h.t, rude.Close())
		}
		file := h.want(201, "", "alice", "POST", "/chat/media", noise(5_000_000), "Content-Type", "application/octet-stream")
		leaving := h.dial("GET /chat/media/"+file.id()+"/content HTTP/1.1\r\n", nil)
		_, err := io.ReadFull(leaving, make([]byte, 1000))
		ok(h.t, err)
		ok(h.t, leaving.Close())
		h.want(200, "", "alice", "GET", "/chat/media/"+file.id(), nil)
		h.kept(1)
	})
}

// A body that was not read to its end is not taken for the next request.
func TestRestOfABodyIsNoRequest(t *testing.T) {
	over(t, func(h *host) {
		body := strings.Repeat("x", 100_000) + "DELETE /chat/rooms HTTP/1.1\r\nHost: chat\r\n\r\n"
		for name, c := range map[string]struct{ head, body string }{
			"of a known length":       {fmt.Sprintf("POST /chat/nowhere HTTP/1.1\r\nContent-Length: %d\r\n", len(body)), body},
			"in chunks":               {"POST /chat/nowhere HTTP/1.1\r\nTransfer-Encoding: chunked\r\n", fmt.Sprintf("%x\r\n%s\r\n0\r\n\r\n", len(body), body)},
			"elsewhere in the router": {fmt.Sprintf("POST /nowhere HTTP/1.1\r\nContent-Length: %d\r\n", len(body)), body},
		} {
			connection := h.dial(c.head, []byte(c.body))
			ok(h.t, connection.SetReadDeadline(time.Now().Add(time.Second))) // a second answer would be here by then
			answers, err := io.ReadAll(connection)
			if !strings.HasPrefix(string(answers), "HTTP/1.1 4") || strings.Count(string(answers), "HTTP/1.1 ") != 1 {
				h.t.Errorf("%s: %v\n%s", name, err, answers)
			}
			ok(h.t, connection.Close())
		}
	})
}
