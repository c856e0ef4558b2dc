package chat_test

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"regexp"
	"runtime/debug"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/go-df/chat"
	"github.com/go-df/chat/internal/chatsuite"
)

// snippet is a block of code in a document.
type snippet struct {
	file, language, code string
	line                 int // of its first line
}

func documents(t *testing.T) []string {
	t.Helper()
	docs, err := filepath.Glob("docs/*.md")
	chatsuite.NoError(t, err)
	return append(docs, "README.md")
}

// snippets are the blocks of a language in the documents.
func snippets(t *testing.T, language string, files ...string) (found []snippet) {
	t.Helper()
	for _, file := range files {
		text, err := os.ReadFile(file)
		chatsuite.NoError(t, err)
		var open *snippet
		for i, line := range strings.Split(string(text), "\n") {
			switch {
			case open != nil && line == "```":
				if open.language == language {
					found = append(found, *open)
				}
				open = nil
			case open != nil:
				open.code += line + "\n"
			case strings.HasPrefix(line, "```"):
				open = &snippet{file: file, language: line[3:], line: i + 2}
			}
		}
		if open != nil {
			t.Errorf("%s:%d: a block of code does not end", file, open.line)
		}
	}
	return found
}

// The program without HTTP is a whole one: in a module of its own it builds
// against this one, with nothing from the network, and prints what is promised.
func TestReadmeProgramRuns(t *testing.T) {
	t.Parallel()
	var program string
	for _, s := range snippets(t, "go", "README.md") {
		if strings.HasPrefix(s.code, "package main\n") {
			program = s.code // the last
			if body := strings.Split(program, "func main() {")[1]; strings.Count(strings.Split(body, "\n}\n")[0], "\n") > 25 {
				t.Errorf("%s:%d: the program is longer than 25 lines", s.file, s.line)
			}
		}
	}
	module := newModule(t, "main.go", program)
	module.add("quiet.go", quietProgram)
	output, err := module.run("run", ".")
	if err != nil {
		t.Fatalf("%v\n%s", err, output)
	}
	if diff := cmp.Diff("1 1 Hi Bob\n", output); diff != "" {
		t.Error(diff)
	}
	text, err := os.ReadFile("README.md")
	chatsuite.NoError(t, err)
	if !strings.Contains(string(text), "It prints `"+strings.TrimSpace(output)+"`.") {
		t.Error("the README does not say what the program prints")
	}
}

// quietProgram keeps GORM from printing that a statement was slow: how slow the machine is
// is none of what the program prints. Errors are printed.
const quietProgram = `package main

import (
	"log"
	"os"

	"gorm.io/gorm/logger"
)

func init() {
	logger.Default = logger.New(log.New(os.Stdout, "", 0), logger.Config{LogLevel: logger.Warn})
}
`

// The program of the first screen serves a page with the chat, and the API that it needs.
func TestReadmeServerRuns(t *testing.T) {
	t.Parallel()
	var program string
	for _, s := range snippets(t, "go", "README.md") {
		if program == "" && strings.HasPrefix(s.code, "package main\n") {
			program = s.code
		}
	}
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	chatsuite.NoError(t, err)
	addr := listener.Addr().String()
	chatsuite.NoError(t, listener.Close())
	module := newModule(t, "main.go", strings.Replace(program, "127.0.0.1:8080", addr, 1))
	if output, err := module.run("build", "-o", "server", "."); err != nil {
		t.Fatalf("%v\n%s", err, output)
	}
	server := exec.CommandContext(t.Context(), filepath.Join(module.folder, "server"))
	server.Dir, server.Stderr = module.folder, os.Stderr
	chatsuite.NoError(t, server.Start())
	t.Cleanup(func() { _ = server.Process.Kill(); _ = server.Wait() })
	ask := func(method, path, body, want string) {
		t.Helper()
		request, err := http.NewRequestWithContext(t.Context(), method, "http://"+addr+path, strings.NewReader(body))
		chatsuite.NoError(t, err)
		request.Header.Set("Content-Type", "application/json")
		response, err := http.DefaultClient.Do(request)
		for end := time.Now().Add(time.Minute); err != nil && time.Now().Before(end); response, err = http.DefaultClient.Do(request) {
			time.Sleep(20 * time.Millisecond) // it is starting
		}
		chatsuite.NoError(t, err)
		defer func() { _ = response.Body.Close() }()
		got, err := io.ReadAll(response.Body)
		chatsuite.NoError(t, err)
		if response.StatusCode > 299 || !strings.Contains(string(got), want) {
			t.Errorf("%s %s: %d %.300s", method, path, response.StatusCode, got)
		}
	}
	ask("GET", "/chat/ui/", "", `<df-chat base="/chat"`)
	ask("GET", "/chat/ui/df-chat.js", "", "df-chat")
	ask("POST", "/chat/rooms", `{"name":"Boats"}`, `"Boats"`)
	ask("GET", "/chat/rooms", "", `"Boats"`)
}

// snippetScope is what snippets take for granted.
const snippetScope = `package snippets

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	"gorm.io/driver/postgres"
	"gorm.io/driver/sqlite"
	"gorm.io/gorm"
	"gorm.io/gorm/logger"

	"github.com/go-df/chat"
	"github.com/go-df/chat/chattest"
	"github.com/go-df/chat/httpadapter"
	"github.com/go-df/chat/pgbus"
	"github.com/go-df/chat/storage"
	"github.com/go-df/chat/storage/storagetest"
	"github.com/go-df/chat/webui"
)

type User struct{ ID int64 }

type Order struct{ ID int64 }

var (
	ctx                                     = context.Background()
	db, tx                                  *gorm.DB
	svc                                     *chat.Service
	mux                                     *http.ServeMux
	api                                     http.Handler
	config                                  chat.Config
	alice, bob, carol, dave, buyer, seller  chat.UserID
	room, news                              *chat.Room
	message                                 *chat.Message
	media                                   *chat.Media
	order                                   Order
	user                                    User
	file                                    *os.File
	dsn                                     string
	sessions                                sessionStore
	errNoSession                            error
)

type sessionStore struct{}

func (sessionStore) Of(*http.Request) (struct{ UserID int64 }, error) { panic("not run") }

func signedIn(*http.Request) (chat.UserID, error) { panic("not run") }

func remind(context.Context, *chat.Service, *chat.Room, time.Time) {}
`

// Every other Go snippet of the documents compiles, as declarations or as the
// statements of a function.
func TestSnippetsCompile(t *testing.T) {
	t.Parallel()
	var source strings.Builder
	source.WriteString(snippetScope)
	count := 0
	for _, s := range snippets(t, "go", documents(t)...) {
		if strings.HasPrefix(s.code, "package ") || s.file == embedding {
			continue
		}
		count++
		opening, closing := fmt.Sprintf("func _() error {\n//line %s:%d\n", s.file, s.line), "return nil\n}\n"
		if strings.HasPrefix(s.code, "func ") || strings.HasPrefix(s.code, "type ") {
			opening, closing = fmt.Sprintf("//line %s:%d\n", s.file, s.line), ""
		}
		source.WriteString("\n" + opening + s.code + closing)
	}
	if count < 3 {
		t.Fatalf("only %d snippets were found", count)
	}
	module := newModule(t, "snippets.go", source.String())
	output, _ := module.run("build", "-gcflags=-e", ".") // unused names make it fail
	for line := range strings.Lines(output) {
		if !strings.HasPrefix(line, "#") && !strings.Contains(line, "not used") {
			t.Error(strings.TrimSpace(line))
		}
	}
}

const embedding = "docs/embedding.md"

// The code of the page about embedding is that of examples/orders, word for word, which its own
// tests run.
func TestEmbeddingIsTheExamples(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("examples/orders/*.go")
	chatsuite.NoError(t, err)
	var sources strings.Builder
	for _, file := range files {
		source, err := os.ReadFile(file)
		chatsuite.NoError(t, err)
		sources.Write(source)
	}
	found := snippets(t, "go", embedding)
	for _, s := range found {
		if !strings.Contains(sources.String(), "\n"+s.code) {
			t.Errorf("%s:%d: not in examples/orders:\n%s", s.file, s.line, s.code)
		}
	}
	if len(found) < 15 {
		t.Errorf("only %d snippets were found", len(found))
	}
}

// The documents' links into the repository lead somewhere.
func TestLinksOfDocuments(t *testing.T) {
	t.Parallel()
	link := regexp.MustCompile(`\]\(([^)#:]+)(#[^)]*)?\)`)
	for _, file := range append(documents(t), "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md", "llms.txt") {
		text, err := os.ReadFile(file)
		chatsuite.NoError(t, err)
		for _, found := range link.FindAllStringSubmatch(string(text), -1) {
			if _, err := os.Stat(filepath.Join(filepath.Dir(file), found[1])); err != nil {
				t.Errorf("%s: %v", file, err)
			}
		}
	}
}

// The commands of the first screen are there.
func TestReadmeCommands(t *testing.T) {
	t.Parallel()
	var commands []string
	for _, s := range snippets(t, "sh", "README.md")[:1] {
		for line := range strings.Lines(s.code) {
			command, _, _ := strings.Cut(line, "#")
			commands = append(commands, strings.TrimSpace(command))
		}
	}
	if diff := cmp.Diff([]string{"git clone https://github.com/go-df/chat && cd chat", "go run ./examples/webchat"}, commands); diff != "" {
		t.Error(diff)
	}
	text, err := os.ReadFile("README.md")
	chatsuite.NoError(t, err)
	for _, found := range regexp.MustCompile(`go run (\./\S+)`).FindAllStringSubmatch(string(text), -1) {
		if programs, err := filepath.Glob(strings.TrimRight(found[1], "`") + "/*.go"); err != nil || len(programs) == 0 {
			t.Errorf("there is no program %s", found[1])
		}
	}
	makefile, err := os.ReadFile("Makefile")
	chatsuite.NoError(t, err)
	for _, found := range regexp.MustCompile("`make ([a-z-]+)`").FindAllStringSubmatch(string(text), -1) {
		if !strings.Contains(string(makefile), "\n"+found[1]+":") {
			t.Errorf("make has no target %s", found[1])
		}
	}
	if !strings.Contains(string(text), "`make test`") {
		t.Error("it does not say how to run the tests")
	}
	for _, found := range regexp.MustCompile(`(?:src|srcset)="(docs/[^"]+)"`).FindAllStringSubmatch(string(text), -1) {
		if _, err := os.Stat(found[1]); err != nil {
			t.Error(err)
		}
	}
}

// How the README mounts the chat in each router is how the examples do, which are tested.
func TestReadmeRouters(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("README.md")
	chatsuite.NoError(t, err)
	rows := regexp.MustCompile("(?m)^\\| (net/http|chi|gin|echo|fiber) \\| `(.+)` \\|$").FindAllStringSubmatch(string(text), -1)
	if len(rows) != 5 {
		t.Fatalf("the README mounts the chat in %d routers", len(rows))
	}
	for _, row := range rows {
		folder := row[1] + "router"
		if row[1] == "net/http" {
			folder = "nethttp"
		}
		source, err := os.ReadFile(filepath.Join("examples/routers", folder, folder+".go"))
		chatsuite.NoError(t, err)
		if !strings.Contains(string(source), row[2]) {
			t.Errorf("examples/routers/%s does not say %s", folder, row[2])
		}
	}
}

// The README's tables name every permission, error and limit, and no others.
func TestReadmeTables(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("README.md")
	chatsuite.NoError(t, err)
	first := func(heading string) (names []string) { // the code in the first cells under a heading
		_, rest, _ := strings.Cut(string(text), "\n## "+heading+"\n")
		section, _, _ := strings.Cut(rest, "\n## ")
		for _, row := range regexp.MustCompile("(?m)^\\| (`[^|]*) \\|").FindAllStringSubmatch(section, -1) {
			for _, name := range strings.Split(row[1], ", ") {
				names = append(names, strings.Trim(name, "`"))
			}
		}
		return names
	}

	if diff := cmp.Diff(chat.AllPermissions.Names(), first("Concepts")); diff != "" {
		t.Errorf("permissions: %s", diff)
	}
	want := map[string]bool{}
	for _, field := range reflect.VisibleFields(reflect.TypeFor[chat.Limits]()) {
		want[field.Name] = true
	}
	got := map[string]bool{}
	for _, name := range first("Limits") {
		got[name] = true
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("limits: %s", diff)
	}
	source, err := os.ReadFile("errors.go")
	chatsuite.NoError(t, err)
	var sentinels []string
	for _, found := range regexp.MustCompile(`(?m)^\t(Err\w+) +=`).FindAllStringSubmatch(string(source), -1) {
		sentinels = append(sentinels, found[1])
	}
	if diff := cmp.Diff(sentinels, first("Errors")); diff != "" {
		t.Errorf("errors: %s", diff)
	}
}

// llms.txt has the README's program, names every error, and names nothing that is not
// there.
func TestLLMsText(t *testing.T) {
	t.Parallel()
	readme, err := os.ReadFile("README.md")
	chatsuite.NoError(t, err)
	text, err := os.ReadFile("llms.txt")
	chatsuite.NoError(t, err)
	for _, rest := range strings.Split(string(readme), "```go\npackage main\n")[1:] {
		program, _, _ := strings.Cut(rest, "```")
		if !strings.Contains(string(text), "```go\npackage main\n"+program+"```") {
			t.Error("a program is not the README's")
		}
	}

	declared := map[string]bool{} // every exported name of the package
	files, err := filepath.Glob("*.go")
	chatsuite.NoError(t, err)
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		source, err := os.ReadFile(file)
		chatsuite.NoError(t, err)
		for _, found := range regexp.MustCompile(`(?m)^(?:\t|type |func |var |func \(s \*Service\) )([A-Z]\w*)`).FindAllStringSubmatch(string(source), -1) {
			declared[found[1]] = true
		}
	}
	_, rest, _ := strings.Cut(string(text), "## Main types\n")
	rest, _, _ = strings.Cut(rest, "## Packages\n")
	named := map[string]bool{}
	for _, found := range regexp.MustCompile("`\\*?([A-Z]\\w*)`").FindAllStringSubmatch(rest, -1) {
		named[found[1]] = true
		if !declared[found[1]] {
			t.Errorf("%s is not in the package", found[1])
		}
	}
	for name := range declared {
		if strings.HasPrefix(name, "Err") && !named[name] {
			t.Errorf("%s is not named", name)
		}
	}
}

// docs/dependencies.md has the version of every direct requirement.
func TestDependenciesAreExplained(t *testing.T) {
	t.Parallel()
	requirements, err := os.ReadFile("go.mod")
	chatsuite.NoError(t, err)
	explained, err := os.ReadFile("docs/dependencies.md")
	chatsuite.NoError(t, err)
	found := regexp.MustCompile(`(?m)^\t(\S+) (v\S+)$`).FindAllStringSubmatch(string(requirements), -1)
	if len(found) < 5 {
		t.Fatalf("only %d direct requirements were found", len(found))
	}
	for _, r := range found {
		if row := "| " + r[1] + " | " + r[2] + " |"; !strings.Contains(string(explained), row) {
			t.Errorf("docs/dependencies.md has no row %q", row)
		}
	}
}

// module is a module of an importer's, in a folder of its own.
type module struct {
	t      *testing.T
	folder string
}

func newModule(t *testing.T, name, source string) module {
	t.Helper()
	root, err := os.Getwd()
	chatsuite.NoError(t, err)
	sums, err := os.ReadFile("go.sum")
	chatsuite.NoError(t, err)
	// With the requirements of this module written out, the go command reads no go.mod
	// that building this module did not read: others may not be in the module cache.
	requirements, err := os.ReadFile("go.mod")
	chatsuite.NoError(t, err)
	_, rest, _ := strings.Cut(string(requirements), "\n")
	m := module{t, t.TempDir()}
	for name, content := range map[string]string{
		name:     source,
		"go.sum": string(sums),
		"go.mod": "module importer\n" + rest + "\nrequire github.com/go-df/chat v0.0.0\n\nreplace github.com/go-df/chat => " + root + "\n",
	} {
		chatsuite.NoError(t, os.WriteFile(filepath.Join(m.folder, name), []byte(content), 0o600))
	}
	return m
}

// add adds a file.
func (m module) add(name, source string) {
	m.t.Helper()
	chatsuite.NoError(m.t, os.WriteFile(filepath.Join(m.folder, name), []byte(source), 0o600))
}

// run runs the go command without a network: this module's own dependencies are all
// that an importer needs.
func (m module) run(verb string, args ...string) (string, error) {
	arguments := []string{verb}
	if raceDetector() { // what the tests were built with is in the build cache
		arguments = append(arguments, "-race")
	}
	command := exec.CommandContext(m.t.Context(), "go", append(arguments, args...)...)
	command.Dir = m.folder
	command.Env = append(os.Environ(), "GOFLAGS=-mod=mod", "GOPROXY=off", "GOSUMDB=off", "GOWORK=off", "GOTOOLCHAIN=local")
	output, err := command.CombinedOutput()
	return string(output), err
}

func raceDetector() bool {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return false
	}
	for _, setting := range info.Settings {
		if setting.Key == "-race" {
			return setting.Value == "true"
		}
	}
	return false
}
