package host

import (
	"bytes"
	"image/png"
	"io"
	"log"
	"mime/multipart"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/go-df/chat"
)

type named struct{ ID, Name string }

type message struct {
	ID    string
	Text  string
	User  *named
	Media []struct {
		FileName string `json:"file_name"`
		URL      string
	}
}

// hit is a message that was found.
type hit struct{ Message message }

type room struct {
	ID, Name, Type string
	Other          *named
	Unread         int
}

type list[T any] struct{ Items []T }

// inbox is what a user's rooms are called, the one with the newest message first.
func inbox(w *webchat, who string) (names []string, ids map[string]string) {
	w.t.Helper()
	ids = map[string]string{}
	for _, r := range fetch[list[room]](w, 200, who, "GET /chat/rooms", "").Items {
		name := r.Name
		if r.Other != nil {
			name = "with " + r.Other.Name
		}
		names, ids[name] = append(names, name), r.ID
	}
	return names, ids
}

func texts(w *webchat, who, room string) (said []string) {
	w.t.Helper()
	for _, m := range fetch[list[message]](w, 200, who, "GET /chat/rooms/"+room+"/messages", "").Items {
		author := "*"
		if m.User != nil {
			author = m.User.Name
		}
		said = append(said, author+": "+m.Text)
	}
	return said
}

// A newcomer's first run, in an empty folder, and the runs after it.
func TestDataAreKeptBetweenRuns(t *testing.T) {
	databases(t, func(t *testing.T, folder string, args ...string) {
		w := begin(t, folder, args...)
		names, rooms := inbox(w, "alice")
		if diff := cmp.Diff([]string{"with Bob", "Harbour news", "Boat trip"}, names); diff != "" {
			t.Errorf("alice's inbox: %s", diff)
		}
		trip := []string{
			"*: Alice created a chat", "Alice: Sunday, ten o'clock, at the pier?", "Bob: I am in.",
			"Carol: So am I. I bring sandwiches 🥪", "Dave: Can we make it eleven?",
		}
		if diff := cmp.Diff(trip, texts(w, "carol", rooms["Boat trip"])); diff != "" {
			t.Errorf("the group: %s", diff)
		}
		fetch[any](w, 401, "", "GET /chat/rooms", "")
		fetch[any](w, 401, "nobody", "GET /chat/rooms", "")
		fetch[any](w, 403, "dave", "POST /chat/rooms/"+rooms["Harbour news"]+"/messages", `{"text":"First!"}`)
		fetch[any](w, 404, "carol", "GET /chat/rooms/"+rooms["with Bob"], "")

		sent := fetch[message](w, 201, "dave", "POST /chat/rooms/"+rooms["Boat trip"]+"/messages", `{"text":"A lobster, perhaps."}`)
		sendPicture(w, rooms["with Bob"])
		printed := w.stop(syscall.SIGTERM)
		if !strings.Contains(printed, "demo") || !strings.Contains(printed, "stopped") {
			t.Errorf("it printed %q", printed)
		}

		w = begin(t, folder, args...) // and it is all there, once
		trip = append(trip, "Dave: A lobster, perhaps.")
		if diff := cmp.Diff(trip, texts(w, "alice", rooms["Boat trip"])); diff != "" {
			t.Errorf("the group after a restart: %s", diff)
		}
		again, _ := inbox(w, "alice")
		if diff := cmp.Diff([]string{"with Bob", "Boat trip", "Harbour news"}, again); diff != "" {
			t.Errorf("alice's inbox after a restart: %s", diff)
		}
		found := fetch[list[hit]](w, 200, "bob", "GET /chat/messages?q=lobster", "").Items
		if len(found) != 1 || found[0].Message.ID != sent.ID {
			t.Errorf("a search for lobster found %v", found)
		}
		fetch[any](w, 204, "alice", "DELETE /chat/rooms/"+rooms["Boat trip"], "")
		last := fetch[message](w, 201, "alice", "POST /chat/rooms/"+rooms["Harbour news"]+"/messages", `{"text":"Acknowledged."}`)
		w.stop(syscall.SIGKILL)

		w = begin(t, folder, args...)
		if again, _ = inbox(w, "alice"); !cmp.Equal([]string{"Harbour news", "with Bob"}, again) {
			t.Errorf("after a kill, and without the deleted group, alice's inbox is %q", again)
		}
		fetch[message](w, 200, "carol", "GET /chat/messages/"+last.ID, "")
		w.stop(syscall.SIGINT)
	})
}

// sendPicture uploads a form's file as alice, and looks at it as bob.
func sendPicture(w *webchat, room string) {
	w.t.Helper()
	picture, err := harbour()
	ok(w.t, err)
	original, err := io.ReadAll(picture)
	ok(w.t, err)
	var form bytes.Buffer
	writer := multipart.NewWriter(&form)
	part, err := writer.CreateFormFile("file", "again.png")
	ok(w.t, err)
	_, err = part.Write(original)
	ok(w.t, err)
	ok(w.t, writer.Close())
	status, answer := w.do("alice", "POST /chat/media", writer.FormDataContentType(), &form)
	if status != 201 {
		w.t.Fatalf("the upload: %d %s", status, answer)
	}
	id := strings.Split(string(answer), `"`)[3]
	fetch[message](w, 201, "alice", "POST /chat/rooms/"+room+"/messages", `{"media_ids":["`+id+`"]}`)

	messages := fetch[list[message]](w, 200, "bob", "GET /chat/rooms/"+room+"/messages", "").Items
	var seen []string
	for _, m := range messages {
		for _, file := range m.Media {
			seen = append(seen, file.FileName)
			status, shown := w.do("bob", "GET "+file.URL, "", nil)
			if config, err := png.DecodeConfig(bytes.NewReader(shown)); status != 200 || err != nil || config.Width != pictureWidth {
				w.t.Errorf("%s: %d, %d bytes, %v", file.URL, status, len(shown), err)
			}
			if status, _ := w.do("carol", "GET "+file.URL, "", nil); status != 404 {
				w.t.Errorf("carol, who is not in the room, gets %d for its picture", status)
			}
		}
	}
	if diff := cmp.Diff([]string{"harbour.png", "again.png"}, seen); diff != "" {
		w.t.Errorf("bob sees the pictures: %s", diff)
	}
}

// Whoever was being served when the program is told to stop is served to the end.
func TestStopWaitsForARunningUpload(t *testing.T) {
	databases(t, func(t *testing.T, folder string, args ...string) {
		w := begin(t, folder, args...)
		before := len(files(t, folder))
		reader, writer := io.Pipe()
		status := make(chan int, 1)
		go func() {
			status <- func() int {
				request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, w.url+"/chat/media", reader)
				if err != nil {
					return 0
				}
				request.Header.Set("Authorization", "Bearer demo-alice")
				response, err := http.DefaultClient.Do(request)
				if err != nil {
					return 0
				}
				_ = response.Body.Close()
				return response.StatusCode
			}()
		}()
		half := bytes.Repeat([]byte("x"), 300_000)
		_, err := writer.Write(half)
		ok(t, err)
		eventually(t, "the upload is being stored", func() bool {
			begun, err := filepath.Glob(filepath.Join(folder, "webchat-media", "tmp", "*"))
			return err == nil && len(begun) > 0
		})
		ok(t, w.command.Process.Signal(syscall.SIGTERM))
		eventually(t, "no connections are taken any more", func() bool {
			connection, err := new(net.Dialer).DialContext(t.Context(), "tcp", strings.TrimPrefix(w.url, "http://"))
			if err == nil {
				_ = connection.Close()
			}
			return err != nil
		})
		_, err = writer.Write(half)
		ok(t, err)
		ok(t, writer.Close())
		if got := <-status; got != 201 {
			t.Errorf("the upload was answered with %d", got)
		}
		w.wait(false)
		if after := len(files(t, folder)); after != before+1 {
			t.Errorf("%d files were kept, want 1", after-before)
		}
	})
}

func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for end := time.Now().Add(10 * time.Second); !holds(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("after 10 s it does not hold that %s", what)
		}
	}
}

// In a browser one picks a user on the page.
func TestPage(t *testing.T) {
	t.Parallel()
	w := begin(t, t.TempDir(), "-db", ":memory:", "-users", "30")
	jar, err := cookiejar.New(nil)
	ok(t, err)
	browser := &http.Client{Jar: jar}
	page := func(method, path string, form url.Values) string {
		t.Helper()
		request, err := http.NewRequestWithContext(t.Context(), method, w.url+path, strings.NewReader(form.Encode()))
		ok(t, err)
		if form != nil {
			request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		}
		response, err := browser.Do(request)
		ok(t, err)
		text, err := io.ReadAll(response.Body)
		ok(t, err)
		ok(t, response.Body.Close())
		if response.StatusCode != http.StatusOK {
			t.Fatalf("%d %s", response.StatusCode, text)
		}
		return string(text)
	}
	first := page("GET", "/", nil)
	for _, want := range []string{`value="dave"`, "And 10 more.", "Nobody is signed in", `href="/about"`} {
		if !strings.Contains(first, want) {
			t.Errorf("the sign-in has no %q", want)
		}
	}
	about := page("GET", "/about", nil)
	for _, want := range []string{"/chat/openapi.json", "Bearer demo-dave", "And 10 more.", "curl -H", "demo-alice"} {
		if !strings.Contains(about, want) {
			t.Errorf("/about has no %q", want)
		}
	}
	second := page("POST", "/sign-in", url.Values{"login": {"user7"}})
	script := regexp.MustCompile(`/chat/ui/df-chat\.[0-9a-f]+\.js`).FindString(second)
	if !strings.Contains(second, "You are User 7") || !strings.Contains(second, `<df-chat base="/chat" user="11"`) || script == "" {
		t.Errorf("signed in as user7, the page is %s", second)
	}
	if component := page("GET", script, nil); !strings.Contains(component, "attachShadow") {
		t.Errorf("%s is no component", script)
	}
	if about := page("GET", "/about", nil); !strings.Contains(about, "demo-user7") {
		t.Errorf("signed in as user7, /about is %s", about)
	}
	found := page("GET", "/chat/rooms?q=harbour", nil) // the cookie signs in to the API, too
	if !strings.Contains(found, `"Harbour news"`) {
		t.Errorf("user7 finds %s", found)
	}
	third := page("POST", "/sign-out", url.Values{})
	if !strings.Contains(third, "Nobody is signed in") {
		t.Errorf("signed out, the page is %s", third)
	}
	if status, _ := w.do("user30", "GET /chat/rooms", "", nil); status != 200 {
		t.Errorf("user30 gets %d", status)
	}
	if status, _ := w.do("user31", "GET /chat/rooms", "", nil); status != 401 {
		t.Errorf("user31, who was not made, gets %d", status)
	}
	w.stop(syscall.SIGTERM)
}

// Another site's page cannot sign its visitors in as somebody, or write for them.
func TestOtherSitesCannotWrite(t *testing.T) {
	t.Parallel()
	w := begin(t, t.TempDir(), "-db", ":memory:")
	for _, path := range []string{"/sign-in", "/sign-out", "/chat/rooms"} {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, w.url+path, strings.NewReader("login=bob"))
		ok(t, err)
		request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		request.Header.Set("Origin", "https://elsewhere.example")
		request.AddCookie(&http.Cookie{Name: cookieName, Value: "alice"})
		response, err := http.DefaultClient.Do(request)
		ok(t, err)
		ok(t, response.Body.Close())
		if response.StatusCode != http.StatusForbidden || response.Header.Get("Set-Cookie") != "" {
			t.Errorf("%s: %d %v", path, response.StatusCode, response.Header)
		}
	}
	w.stop(syscall.SIGTERM)
}

// More users come with a later run; those who are there keep their ids.
func TestUsersAreAdded(t *testing.T) {
	databases(t, func(t *testing.T, folder string, args ...string) {
		a := begin(t, folder, append(args, "-users", "2")...)
		_, rooms := inbox(a, "alice")
		a.stop(syscall.SIGTERM)
		b := begin(t, folder, append(args, "-users", "1200")...)
		path := "/chat/rooms/" + rooms["Boat trip"] + "/users"
		fetch[any](b, 200, "alice", "POST "+path, `{"members":[{"user_id":"6"},{"user_id":"1204"}]}`)
		names, _ := inbox(b, "user2")
		last, _ := inbox(b, "user1200")
		if want := []string{"Boat trip"}; !cmp.Equal(want, names) || !cmp.Equal(want, last) {
			t.Errorf("user2 is in %q, user1200 in %q, want %q", names, last, want)
		}
		b.stop(syscall.SIGTERM)
	})
}

func TestWrongStart(t *testing.T) {
	t.Parallel()
	w := begin(t, t.TempDir(), "-db", ":memory:")
	busy := strings.TrimPrefix(w.url, "http://")
	folder := t.TempDir()
	other := filepath.Join(folder, "other.db")
	migrateOther(t, other)
	for name, c := range map[string]struct {
		args []string
		want string
	}{
		"another program's":  {[]string{"-addr", "127.0.0.1:0", "-db", other}, "which cannot change"},
		"a word":             {[]string{"serve"}, `not "serve"`},
		"negative users":     {[]string{"-users", "-1"}, "-users is negative"},
		"a busy address":     {[]string{"-addr", busy, "-db", filepath.Join(folder, "busy.db")}, "address already in use"},
		"no such folder":     {[]string{"-addr", "127.0.0.1:0", "-db", filepath.Join(folder, "none", "x.db")}, "no such file or directory"},
		"no such PostgreSQL": {[]string{"-addr", "127.0.0.1:0", "-db", "postgres://127.0.0.1:1/none"}, "refused"},
	} {
		o, err := parse(c.args)
		var out strings.Builder
		if err == nil {
			err = run(t.Context(), log.New(&out, "", 0), o)
		}
		if err == nil || !strings.Contains(err.Error(), c.want) || out.Len() > 0 {
			t.Errorf("%s: %v, printed %q, want %q", name, err, out.String(), c.want)
		}
	}
	if _, err := os.Stat(filepath.Join(folder, "busy.db")); err == nil {
		t.Error("a database was made although the address is in use")
	}
	w.stop(syscall.SIGTERM)
}

// migrateOther makes a database whose chat has ids of users of another type.
func migrateOther(t *testing.T, file string) {
	t.Helper()
	db, err := openDatabase(file)
	if err == nil {
		err = chat.Migrate(t.Context(), db, chat.Config{})
	}
	if err != nil {
		t.Fatal(err)
	}
	if pool, err := db.DB(); err == nil {
		_ = pool.Close()
	}
}

// What a user of the same machine, and a page of another site, find closed.
func TestDemoKeepsToItself(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	w := begin(t, folder)
	fetch[any](w, 200, "alice", "GET /chat/rooms", "")
	found, err := filepath.Glob(filepath.Join(folder, "webchat.db*"))
	ok(t, err)
	if len(found) < 2 { // the log beside it
		t.Errorf("there are %q", found)
	}
	for _, name := range found {
		info, err := os.Stat(name)
		ok(t, err)
		if info.Mode().Perm() != 0o600 {
			t.Errorf("%s is %v", name, info.Mode())
		}
	}
	for _, path := range []string{"/", "/chat/rooms", "/chat/openapi.json"} {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, w.url+path, nil)
		ok(t, err)
		request.Host = "rebound.example:8080"
		response, err := http.DefaultClient.Do(request)
		ok(t, err)
		ok(t, response.Body.Close())
		if response.StatusCode != http.StatusMisdirectedRequest {
			t.Errorf("%s for another host: %d", path, response.StatusCode)
		}
	}
	refused := false
	for range 200 {
		if status, _ := w.do("bob", "GET /chat/messages?q=pier", "", nil); status == http.StatusTooManyRequests {
			refused = true
			break
		}
	}
	if !refused {
		t.Error("200 searches in a row are served")
	}
	fetch[any](w, 200, "alice", "GET /chat/messages?q=pier", "")
	w.stop(syscall.SIGTERM)
}

// This program has no client of S3, and says where one is.
func TestAStoreThatIsNotThere(t *testing.T) {
	t.Parallel()
	command := exec.CommandContext(t.Context(), os.Args[0], "-addr", "127.0.0.1:0", "-media", "s3://bucket")
	command.Dir, command.Env = t.TempDir(), append(os.Environ(), beWebchat+"=1")
	output, err := command.CombinedOutput()
	if err == nil || !strings.Contains(string(output), "examples/webchat/s3") {
		t.Errorf("%v, %q", err, output)
	}
}
