package httpadapter_test

import (
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
)

// domainFile says who may do what. The domain's tests hold the service against it,
// these the API.
const domainFile = "../tests/authorization/testdata/authorization.txt"

// domainTable is what the file says, before its stars are resolved.
type domainTable struct {
	noActor []string // methods that act for nobody
	rooms   []string // the kinds of rooms, in the file's order
	lines   map[string][]*domainLine
}

// domainLine is a line of the table.
type domainLine struct {
	number           int
	methods, targets []string
	to               map[string]string // the answer, by the actor's column
	names            string            // the field of an invalid input
}

func readDomainTable(t testing.TB) *domainTable {
	t.Helper()
	table := &domainTable{lines: map[string][]*domainLine{}}
	var heading, columns []string
	for i, text := range strings.Split(string(must(os.ReadFile(domainFile))(t)), "\n") {
		text = strings.TrimSpace(text)
		if text == "" || strings.HasPrefix(text, "#") {
			continue
		}
		if title, found := strings.CutPrefix(text, "== "); found {
			heading, columns = commaList(strings.TrimSuffix(title, "==")), nil
			if heading[0] != "no actor" {
				table.rooms = append(table.rooms, heading...)
			}
			continue
		}
		fields := strings.Split(text, "|")
		if len(fields) < 2 || len(heading) == 0 {
			t.Fatalf("%s:%d: not a line of the table", domainFile, i+1)
		}
		switch {
		case heading[0] == "no actor":
			table.noActor = append(table.noActor, strings.TrimSpace(fields[0]))
		case strings.TrimSpace(fields[0]) == "columns":
			columns = strings.Fields(strings.Join(fields[2:], " "))
			wantDomainColumns(t, i+1, columns)
		default:
			line := readDomainLine(t, i+1, fields, columns)
			for _, room := range heading {
				table.lines[room] = append(table.lines[room], line)
			}
		}
	}
	return table
}

func readDomainLine(t testing.TB, number int, fields, columns []string) *domainLine {
	t.Helper()
	line := &domainLine{
		number: number, methods: commaList(fields[0]), targets: commaList(fields[1]), to: map[string]string{},
	}
	cells := fields[2:]
	last := strings.TrimSpace(cells[len(cells)-1])
	if strings.HasPrefix(last, "needs ") || strings.HasPrefix(last, "names ") {
		cells = cells[:len(cells)-1]
		if _, names, found := strings.Cut(last, "names "); found {
			line.names = names
		}
	}
	answers := strings.Fields(strings.Join(cells, " "))
	if len(answers) != len(columns) {
		t.Fatalf("%s:%d: %d answers for %d columns", domainFile, number, len(answers), len(columns))
	}
	for i, column := range columns {
		line.to[column] = answers[i]
	}
	return line
}

// wantDomainColumns fails when there is an actor of whom the API's test knows nothing.
func wantDomainColumns(t testing.TB, line int, columns []string) {
	t.Helper()
	var want []string
	for _, kind := range domainActors() {
		want = append(want, kind.column)
	}
	want = append(want, slices.Collect(maps.Keys(domainColumnsWithoutHTTP))...)
	slices.Sort(want)
	if got := slices.Sorted(slices.Values(columns)); !slices.Equal(got, want) {
		t.Fatalf("%s:%d: the columns are %v, want %v", domainFile, line, got, want)
	}
}

// line is the one for a use case: a star stands for what other lines leave over.
func (d *domainTable) line(room, method, target string) *domainLine {
	for _, line := range d.lines[room] {
		if slices.Contains(line.methods, method) && slices.Contains(line.targets, target) {
			return line
		}
	}
	for _, line := range d.lines[room] {
		if slices.Contains(line.methods, method) && slices.Contains(line.targets, "*") ||
			slices.Contains(line.methods, "*") && (slices.Contains(line.targets, target) || slices.Contains(line.targets, "*")) {
			return line
		}
	}
	return nil
}

// commaList splits "a, b".
func commaList(text string) []string {
	items := strings.Split(text, ",")
	for i := range items {
		items[i] = strings.TrimSpace(items[i])
	}
	return items
}
