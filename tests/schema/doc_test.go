package schema_test

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/go-df/chat"
	"github.com/go-df/chat/internal/chatsuite"
)

var update = flag.Bool("update", false, "write docs/schema.md anew from the migrations and testdata/columns.txt")

const (
	docFile     = "../../docs/schema.md"
	columnsFile = "testdata/columns.txt"
)

var (
	tableStart = regexp.MustCompile(`^CREATE TABLE (\w+) \($`)
	columnLine = regexp.MustCompile(`^\t([a-z_0-9]+) +([a-z0-9]+)(.*)$`)
)

// tableColumn is a column as the migration of a dialect has it.
type tableColumn struct {
	table, name, kind string
	notNull           bool
}

// migratedColumns reads the columns out of the migrations, in their order.
func migratedColumns(t *testing.T, dialect string) (columns []tableColumn) {
	t.Helper()
	script := chatsuite.Must(chat.MigrationSQL(dialect, chat.Config{UserIDs: markedIDs{chat.StringIDs}}))(t)
	table := ""
	for _, line := range strings.Split(script, "\n") {
		if start := tableStart.FindStringSubmatch(line); start != nil {
			table = start[1]
		}
		if strings.HasPrefix(line, ")") {
			table = ""
		}
		if column := columnLine.FindStringSubmatch(line); table != "" && column != nil {
			required := strings.Contains(column[3], "NOT NULL") || strings.Contains(column[3], "PRIMARY KEY")
			columns = append(columns, tableColumn{table, column[1], column[2], required})
		}
	}
	return columns
}

// markedIDs have a column type by which the columns of user ids are known.
type markedIDs struct{ chat.UserIDType }

func (markedIDs) ColumnType(string) string { return "userid" }

// described reads what each column means, "" for one that is not for hosts.
func described(t *testing.T) map[string]string {
	t.Helper()
	all := map[string]string{}
	for _, line := range strings.Split(string(chatsuite.Must(os.ReadFile(columnsFile))(t)), "\n") {
		if name, meaning, found := strings.Cut(line, ":"); found && !strings.HasPrefix(line, "#") {
			all[strings.TrimSpace(name)] = strings.TrimSpace(meaning)
		}
	}
	return all
}

const docHead = `# Tables

What a host may read in SQL, beside its own tables: these tables and columns, of these types,
with these meanings, are a contract. They change in a new major version alone, and the
[changelog](../CHANGELOG.md) says so; columns may be added. What is not listed here is not
for hosts and changes without notice: other tables (` + "`chat_meta`, `chat_migrations`" + ` and those of the
index of messages), other columns, indexes and the names of constraints. Write none of them:
the operations keep counters, numbers and events in step.

SQL knows no permissions. Whoever reads by it decides who sees what: leave out rooms whose
` + "`deleted_at`" + ` is set, messages up to a member's ` + "`joined_number`" + `, and media that are not ` + "`ready`" + `.

"user id" is the type of the host's user ids (` + "`Config.UserIDs`" + `). A type of SQLite is given where it is
another. Times are UTC with microseconds. Made from the migrations by
` + "`go test ./tests/schema -run TestDocumentedTables -update`" + `.
`

// documentation is docs/schema.md as it should be.
func documentation(t *testing.T) string {
	t.Helper()
	kinds := map[string]string{}
	for _, column := range migratedColumns(t, "sqlite") {
		kinds[column.table+"."+column.name] = column.kind
	}
	means, known := described(t), map[string]bool{}
	var doc strings.Builder
	doc.WriteString(docHead)
	table := ""
	for _, column := range migratedColumns(t, "postgres") {
		name := column.table + "." + column.name
		known[name] = true
		meaning, found := means[name]
		if !found {
			t.Errorf("%s does not say what %s is", columnsFile, name)
		}
		if meaning == "" {
			continue
		}
		if table != column.table {
			table = column.table
			fmt.Fprintf(&doc, "\n## %s\n\n%s\n\n| column | type | |\n|---|---|---|\n", table, means[table])
			known[table] = true
		}
		fmt.Fprintf(&doc, "| `%s` | %s | %s |\n", column.name, kindOf(column, kinds[name]), meaning)
	}
	for name := range means {
		if !known[name] && kinds[name] == "" {
			t.Errorf("%s describes %s, which is not in the migrations", columnsFile, name)
		}
	}
	return doc.String()
}

func kindOf(column tableColumn, sqlite string) string {
	kind := column.kind
	if sqlite != kind {
		kind += " (SQLite: " + sqlite + ")"
	}
	kind = strings.ReplaceAll(kind, "userid", "user id")
	if !column.notNull {
		kind += ", may be NULL"
	}
	return kind
}

// TestDocumentedTables: docs/schema.md says what the migrations make, all of it.
func TestDocumentedTables(t *testing.T) {
	t.Parallel()
	want := documentation(t)
	if *update {
		chatsuite.NoError(t, os.WriteFile(docFile, []byte(want), 0o600))
	}
	got := string(chatsuite.Must(os.ReadFile(docFile))(t))
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("docs/schema.md is not what the migrations make; run this with -update:\n%s", diff)
	}
}

// TestDocumentedColumnsAreThere: a query of every documented table with its columns runs on
// both databases.
func TestDocumentedColumnsAreThere(t *testing.T) {
	means := described(t)
	chatsuite.Run(t, func(t *testing.T, h *chatsuite.Host) {
		byTable := map[string][]string{}
		for name, meaning := range means {
			if table, column, is := strings.Cut(name, "."); is && meaning != "" {
				byTable[table] = append(byTable[table], column)
			}
		}
		for table, columns := range byTable {
			rows, err := h.DB.Raw("SELECT " + strings.Join(columns, ", ") + " FROM " + table).Rows()
			chatsuite.NoError(t, err)
			chatsuite.NoError(t, errors.Join(rows.Err(), rows.Close())) //nolint:sqlclosecheck // in a loop
		}
	})
}
