package httpadapter_test

import (
	"bytes"
	"mime"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/go-df/chat/internal/chatsuite"
)

const hostileFolder = "../tests/inputs/testdata/hostile"

// hostileLines are the lines of a table beside the hostile files.
func hostileLines(t testing.TB, table string) (lines []string) {
	t.Helper()
	text := string(must(os.ReadFile(filepath.Join(hostileFolder, table)))(t))
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line != "" && line[0] != '#' {
			lines = append(lines, line)
		}
	}
	return lines
}

// hostileMagic is how a file of each type that is shown in place begins, whatever the
// service made of it.
var hostileMagic = map[string]func(data string) bool{
	"image/png":  func(data string) bool { return strings.HasPrefix(data, "\x89PNG\r\n\x1a\n") },
	"image/jpeg": func(data string) bool { return strings.HasPrefix(data, "\xff\xd8\xff") },
	"image/gif": func(data string) bool {
		return strings.HasPrefix(data, "GIF87a") || strings.HasPrefix(data, "GIF89a")
	},
	"image/webp": func(data string) bool {
		return len(data) >= 12 && data[:4] == "RIFF" && data[8:12] == "WEBP"
	},
	"video/mp4":  func(data string) bool { return len(data) >= 12 && data[0] == 0 && data[4:8] == "ftyp" },
	"video/webm": func(data string) bool { return strings.HasPrefix(data, "\x1a\x45\xdf\xa3") },
	"audio/mpeg": func(data string) bool {
		return strings.HasPrefix(data, "ID3") || len(data) >= 2 && data[0] == 0xFF && data[1]&0xE0 == 0xE0
	},
	"video/quicktime": func(data string) bool {
		return len(data) >= 12 && data[0] == 0 && (data[4:8] == "ftyp" || data[4:8] == "wide")
	},
	"video/x-m4v": hostileBoxes,
	"audio/mp4":   hostileBoxes,
	"image/avif":  hostileBoxes,
	"image/bmp":   func(data string) bool { return strings.HasPrefix(data, "BM") },
	"audio/webm":  func(data string) bool { return strings.HasPrefix(data, "\x1a\x45\xdf\xa3") },
	"audio/wav":   func(data string) bool { return strings.HasPrefix(data, "RIFF") && data[8:12] == "WAVE" },
	"audio/flac":  func(data string) bool { return strings.HasPrefix(data, "fLaC") },
	"audio/aac": func(data string) bool {
		return strings.HasPrefix(data, "ID3") || len(data) >= 2 && data[0] == 0xFF && data[1]&0xF6 == 0xF0
	},
	"audio/ogg":       hostileOgg,
	"video/ogg":       hostileOgg,
	"application/ogg": hostileOgg,
}

func hostileBoxes(data string) bool {
	return len(data) >= 12 && data[0] == 0 && data[4:8] == "ftyp"
}

func hostileOgg(data string) bool { return strings.HasPrefix(data, "OggS") }

// Whatever is uploaded, a browser shows nothing in place but what it cannot run.
func TestHostileDownloads(t *testing.T) {
	over(t, func(t *testing.T, h *host) {
		shown := map[string]int{}
		for _, line := range hostileLines(t, "expected.txt") {
			words := strings.Fields(line)
			t.Run(words[0], func(t *testing.T) {
				data := must(os.ReadFile(filepath.Join(hostileFolder, "files", words[0])))(t)
				uploaded := h.hostileUpload(t, string(data), "a.bin")
				if words[1] == "refused" {
					if uploaded.status != http.StatusUnprocessableEntity || !strings.Contains(uploaded.body, "body") {
						t.Errorf("%d %s", uploaded.status, uploaded.body)
					}
					return
				}
				if uploaded.status != http.StatusCreated {
					t.Fatalf("%d %s", uploaded.status, uploaded.body)
				}
				got := h.do("alice", "GET /media/"+uploaded.field("id")+"/content", "")
				hostileCheck(t, got, words[1])
				if strings.HasPrefix(words[0], "phone-") {
					hostileCheckPhone(t, uploaded, got, append(words, ""))
				}
				shown[got.header.Get("Content-Type")]++
				if !strings.HasPrefix(words[0], "bomb-") { // whose thumbnails take time
					hostileCheckThumbnail(t, h.hostileThumbnail(uploaded.field("id")))
				}
			})
		}
		for kind := range hostileMagic {
			if shown[kind] == 0 {
				t.Errorf("no %s was shown in place", kind)
			}
		}
	})
}

// hostileCheckPhone checks what became of a file as phones write it.
func hostileCheckPhone(t *testing.T, uploaded, content answer, words []string) {
	t.Helper()
	if words[3] != "same" && strings.Contains(content.body, "SECRET") {
		t.Error("the secret is stored")
	}
	size, duration := uploaded.field("width")+"x"+uploaded.field("height"), words[5]
	if words[2] == "-" {
		words[2] = "<nil>x<nil>"
	}
	if duration == "" {
		duration = "<nil>"
	}
	if got := uploaded.field("duration_ms"); size != words[2] || got != duration {
		t.Errorf("it has %s and lasts %s, want %s and %s", size, got, words[2], duration)
	}
}

// hostileUpload uploads a form, whose file claims to be a harmless picture.
func (h *host) hostileUpload(t *testing.T, data, name string) answer {
	t.Helper()
	const boundary = "a-boundary-that-is-in-none-of-the-files"
	form := "--" + boundary + "\r\nContent-Disposition: form-data; name=\"file\"; filename=\"" + name + "\"\r\n" +
		"Content-Type: image/png\r\n\r\n" + data + "\r\n--" + boundary + "--\r\n"
	return h.serve(h.request("alice", "POST /media", form, "Content-Type: ", "Content-Type: multipart/form-data; boundary="+boundary))
}

// hostileCheck holds a download against the rules, and its type against the one that is
// expected: where that is shown in place it must be, and everything else must not.
func hostileCheck(t *testing.T, got answer, contentType string) {
	t.Helper()
	if got.status != http.StatusOK {
		t.Fatalf("%d %s", got.status, got.body)
	}
	kind := hostileHeader(t, got, "Content-Type")
	disposition, _, err := mime.ParseMediaType(hostileHeader(t, got, "Content-Disposition"))
	ok(t, err)
	magic, known := hostileMagic[kind]
	switch {
	case disposition == "inline" && !known:
		t.Errorf("%s is shown in place", kind)
	case disposition == "inline" && !magic(got.body):
		t.Errorf("what begins with %.40q is shown in place as %s", got.body, kind)
	case disposition == "inline" && kind != contentType:
		t.Errorf("what is %s is shown in place as %s", contentType, kind)
	case disposition == "attachment" && kind != "application/octet-stream":
		t.Errorf("a download is %s", kind)
	case disposition == "attachment" && hostileMagic[contentType] != nil:
		t.Errorf("%s is not shown in place", contentType)
	case disposition != "inline" && disposition != "attachment":
		t.Errorf("the disposition is %q", disposition)
	}
	if got := hostileHeader(t, got, "X-Content-Type-Options"); got != "nosniff" {
		t.Errorf("X-Content-Type-Options is %q", got)
	}
	if got := hostileHeader(t, got, "Content-Security-Policy"); got != "default-src 'none'; sandbox" {
		t.Errorf("Content-Security-Policy is %q", got)
	}
}

// hostileThumbnail asks for a thumbnail until it is made, on a machine that is busy.
func (h *host) hostileThumbnail(id string) (got answer) {
	for end := time.Now().Add(chatsuite.Timeout); ; {
		got = h.do("alice", "GET /media/"+id+"/content?variant=thumbnail", "")
		if got.status != http.StatusServiceUnavailable || time.Now().After(end) {
			return got
		}
	}
}

// hostileCheckThumbnail holds a thumbnail, if there is one, against the same rules.
func hostileCheckThumbnail(t *testing.T, got answer) {
	t.Helper()
	if got.status == http.StatusNotFound {
		return
	}
	kind := got.header.Get("Content-Type")
	if !strings.HasPrefix(kind, "image/") {
		t.Errorf("a thumbnail is %s", kind)
	}
	hostileCheck(t, got, kind)
}

// hostileHeader is a header that is there once, and in one line of printable ASCII.
func hostileHeader(t *testing.T, got answer, name string) string {
	t.Helper()
	values := got.header.Values(name)
	if len(values) != 1 {
		t.Errorf("%s is there %d times", name, len(values))
		return ""
	}
	for _, c := range []byte(values[0]) {
		if c < ' ' || c > '~' {
			t.Errorf("%s is %q", name, values[0])
			break
		}
	}
	return values[0]
}

func TestHostileNamesOfDownloads(t *testing.T) {
	over(t, func(t *testing.T, h *host) {
		for _, line := range hostileLines(t, "names.txt") {
			columns := strings.Split(line, "\t")
			uploaded := h.do("alice", "POST /media", "x", "Content-Type: ",
				"Content-Disposition: attachment; filename*=UTF-8''"+hostileEscape(hostileUnquote(t, columns[0])))
			if strings.HasPrefix(columns[1], "Err") {
				if uploaded.status != http.StatusUnprocessableEntity || !strings.Contains(uploaded.body, "file_name") {
					t.Errorf("%s: %d %s", columns[0], uploaded.status, uploaded.body)
				}
				continue
			}
			if uploaded.status != http.StatusCreated {
				t.Errorf("%s: %d %s", columns[0], uploaded.status, uploaded.body)
				continue
			}
			got := h.do("alice", "GET /media/"+uploaded.field("id")+"/content", "")
			disposition := hostileHeader(t, got, "Content-Disposition")
			if columns[2] != "*" && disposition != columns[2] {
				t.Errorf("%s is %s, want %s", columns[0], disposition, columns[2])
			}
			hostileCheckName(t, columns[0], disposition)
		}
	})
}

// hostileCheckName reads a disposition as a client does, with either of its names.
func hostileCheckName(t *testing.T, quoted, disposition string) {
	t.Helper()
	plain, _, _ := strings.Cut(disposition, "; filename*=")
	for _, header := range []string{disposition, plain} {
		kind, params, err := mime.ParseMediaType(header)
		if err != nil || kind != "attachment" {
			t.Errorf("%s: %s is not read: %q, %v", quoted, header, kind, err)
		}
		name, named := params["filename"]
		if len(params) > 1 || len(params) == 1 && !named {
			t.Errorf("%s: %s has other parameters: %q", quoted, header, params)
		}
		if name == "." || name == ".." || strings.ContainsAny(name, "/\\") {
			t.Errorf("%s: %s names a path", quoted, header)
		}
		if strings.ContainsFunc(name, func(c rune) bool { return unicode.IsControl(c) || unicode.Is(unicode.Bidi_Control, c) }) {
			t.Errorf("%s: %s has control characters", quoted, header)
		}
	}
}

// hostileUnquote reads a name of names.txt.
func hostileUnquote(t *testing.T, column string) string {
	t.Helper()
	quoted := must(strconv.QuotedPrefix(column))(t)
	name := must(strconv.Unquote(quoted))(t)
	if times, repeated := strings.CutPrefix(column[len(quoted):], "*"); repeated {
		return strings.Repeat(name, must(strconv.Atoi(times))(t))
	}
	return name
}

// hostileEscape spells every byte, so that nothing is lost on the way to the service.
func hostileEscape(name string) string {
	var escaped bytes.Buffer
	for _, c := range []byte(name) {
		escaped.WriteString("%" + strings.ToUpper(strconv.FormatUint(uint64(c)+0x100, 16)[1:]))
	}
	return escaped.String()
}

// The same in a form, as browsers name their files: as they are, but for quotes and line
// ends.
func TestHostileNamesInForms(t *testing.T) {
	over(t, func(t *testing.T, h *host) {
		for _, line := range hostileLines(t, "names.txt") {
			name := hostileUnquote(t, strings.Split(line, "\t")[0])
			name = strings.NewReplacer(`"`, "%22", "\r", "%0D", "\n", "%0A").Replace(name)
			uploaded := h.hostileUpload(t, "x", name)
			switch uploaded.status {
			case http.StatusCreated:
				got := h.do("alice", "GET /media/"+uploaded.field("id")+"/content", "")
				hostileCheckName(t, strconv.Quote(name), hostileHeader(t, got, "Content-Disposition"))
			case http.StatusBadRequest, http.StatusUnprocessableEntity:
			default:
				t.Errorf("%q: %d %s", name, uploaded.status, uploaded.body)
			}
		}
	})
}
