package httpadapter_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
)

var update = flag.Bool("update", false, "write what the API answers into testdata/*.txt, to be read before it is committed")

// A transcript is a file of requests and of all that the API answered to them:
//
//	# why
//	alice POST /rooms -> hiking
//	If-Match: …
//	{"name":"Hiking"}
//	= 201
//	Location: /rooms/<hiking>
//	{ … }
//
// "-> hiking" names the id in the answer, which is then written <hiking> in requests
// and answers; "-> etag:first" names an entity tag. "-" is nobody. Times are <time>.
func TestTranscripts(t *testing.T) {
	over(t, func(t *testing.T, _ *host) {
		files := must(filepath.Glob("testdata/*.txt"))(t)
		if len(files) < 5 {
			t.Fatalf("there are %d transcripts", len(files))
		}
		for _, file := range files {
			t.Run(filepath.Base(file), func(t *testing.T) {
				t.Parallel()
				database := "sqlite"
				if strings.Contains(t.Name(), "postgres") {
					database = "postgres"
				}
				written := string(must(os.ReadFile(file))(t))
				played := (&player{host: newHost(t, database), t: t}).play(written)
				if *update {
					ok(t, os.WriteFile(file, []byte(played), 0o600))
				} else if diff := cmp.Diff(written, played); diff != "" {
					t.Errorf("%s (-) and what the API answers (+):\n%s", file, diff)
				}
			})
		}
	})
}

type player struct {
	*host
	t     testing.TB
	names []string // name, value, name, value…
}

// play makes the requests of a transcript and writes it anew.
func (p *player) play(transcript string) string {
	var played strings.Builder
	for i, block := range strings.Split(strings.TrimSpace(transcript), "\n\n") {
		if i > 0 {
			played.WriteString("\n\n")
		}
		asked, _, _ := strings.Cut(block, "\n= ")
		played.WriteString(asked)
		if answer := p.ask(asked); answer != "" {
			played.WriteString("\n= " + answer)
		}
	}
	return played.String() + "\n"
}

func (p *player) ask(asked string) string {
	lines := slices.DeleteFunc(strings.Split(asked, "\n"), func(line string) bool { return strings.HasPrefix(line, "#") })
	if len(lines) == 0 {
		return ""
	}
	line, name, _ := strings.Cut(lines[0], " -> ")
	who, target, _ := strings.Cut(p.fill(line), " ")
	if who == "-" {
		who = ""
	}
	headers, body := []string{}, ""
	for i, line := range lines[1:] {
		if !headerLine.MatchString(line) {
			body = strings.Join(lines[i+1:], "\n")
			break
		}
		headers = append(headers, p.fill(line))
	}
	got := p.do(who, target, p.fill(body), headers...)
	if tag, isTag := strings.CutPrefix(name, "etag:"); isTag {
		p.names = append(p.names, tag, got.header.Get("ETag"))
	} else if name != "" {
		p.names = append(p.names, name, got.field("id"))
		must(uuid.Parse(got.field("id")))(p.t)
	}
	return p.render(got)
}

var headerLine = regexp.MustCompile(`^[A-Z][A-Za-z-]*: `)

func (p *player) fill(text string) string {
	for i := 0; i < len(p.names); i += 2 {
		text = strings.ReplaceAll(text, "<"+p.names[i]+">", p.names[i+1])
	}
	return text
}

var (
	shownHeaders = []string{
		"Accept-Patch", "Accept-Ranges", "Allow", "Content-Disposition", "Content-Range", "Location", "Retry-After",
	}
	aTime    = regexp.MustCompile(`"\d{4}-\d\d-\d\dT[0-9:.]+Z"`)
	aVersion = regexp.MustCompile(`"version": ?"\\"[0-9a-z]+\\""`)
	anID     = regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}`)
)

func (p *player) render(got answer) string {
	var text strings.Builder
	fmt.Fprintln(&text, got.status)
	for _, name := range shownHeaders {
		if value := got.header.Get(name); value != "" {
			fmt.Fprintf(&text, "%s: %s\n", name, value)
		}
	}
	kind := got.header.Get("Content-Type")
	if strings.HasSuffix(kind, "json") {
		var value any
		decoder := json.NewDecoder(strings.NewReader(got.body))
		decoder.UseNumber()
		if err := decoder.Decode(&value); err == nil {
			text.WriteString(pretty(json.RawMessage(got.body), 0))
		}
	} else if kind != "" {
		fmt.Fprintf(&text, "Content-Type: %s\n%q", kind, got.body)
	}
	shown := aTime.ReplaceAllString(strings.TrimRight(text.String(), "\n"), `"<time>"`)
	shown = aVersion.ReplaceAllString(shown, `"version": "<version>"`)
	for i := 0; i < len(p.names); i += 2 {
		shown = strings.ReplaceAll(shown, p.names[i+1], "<"+p.names[i]+">")
	}
	if unnamed := anID.FindString(shown); unnamed != "" {
		shown = strings.ReplaceAll(shown, unnamed, "<unnamed>")
	}
	return shown
}

// pretty puts an object's members on lines of their own where they are too long for
// one.
func pretty(value json.RawMessage, indent int) string {
	const width = 110
	if len(value)+indent <= width || value[0] != '{' && value[0] != '[' {
		return string(value)
	}
	pad := strings.Repeat(" ", indent+2)
	var members []string
	decoder := json.NewDecoder(strings.NewReader(string(value)))
	_, _ = decoder.Token()
	for decoder.More() {
		member := ""
		if value[0] == '{' {
			name, _ := decoder.Token()
			member = fmt.Sprintf("%q: ", name)
		}
		var next json.RawMessage
		if err := decoder.Decode(&next); err != nil {
			return string(value)
		}
		members = append(members, pad+member+pretty(next, indent+2))
	}
	end := "\n" + strings.Repeat(" ", indent) + string(value[len(value)-1])
	return string(value[0]) + "\n" + strings.Join(members, ",\n") + end
}
