package schema_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"gorm.io/gorm"
	"gorm.io/gorm/schema"

	"github.com/go-df/chat"
	"github.com/go-df/chat/internal/chatsuite"
)

// models are all the models of the package, which a host may query through GORM.
func models() []any {
	return []any{
		&chat.Room{}, &chat.RoomUser{}, &chat.Message{}, &chat.MessageMedia{}, &chat.Media{}, &chat.Reaction{}, &chat.Event{}, &chat.Pin{},
	}
}

// A model that is not in the list above would go untested.
func TestModelsAreAllKnown(t *testing.T) {
	t.Parallel()
	var declared, listed []string
	for _, path := range chatsuite.Must(filepath.Glob("../../*.go"))(t) {
		file := chatsuite.Must(parser.ParseFile(token.NewFileSet(), path, nil, 0))(t)
		for _, declaration := range file.Decls {
			method, is := declaration.(*ast.FuncDecl)
			if is && file.Name.Name == "chat" && method.Recv != nil && method.Name.Name == "TableName" {
				declared = append(declared, method.Recv.List[0].Type.(*ast.Ident).Name)
			}
		}
	}
	for _, model := range models() {
		listed = append(listed, reflect.TypeOf(model).Elem().Name())
	}
	slices.Sort(declared)
	slices.Sort(listed)
	if diff := cmp.Diff(declared, listed); diff != "" {
		t.Error(diff)
	}
}

// hostNaming is a host's own NamingStrategy, to which the models pay no attention.
var hostNaming = schema.NamingStrategy{TablePrefix: "crm_", NameReplacer: strings.NewReplacer("ID", "Key")}

func parseModel(t *testing.T, model any) *schema.Schema {
	t.Helper()
	return chatsuite.Must(schema.Parse(model, &sync.Map{}, hostNaming))(t)
}

type modelColumn struct{ Name, Type, Collation string }

// columnsOf reads a table's columns in their order, with their types as the database
// has them.
func columnsOf(t *testing.T, db *gorm.DB, table string) (columns []modelColumn) {
	t.Helper()
	query := "SELECT name, lower(type) AS type, '' AS collation FROM pragma_table_info(?) ORDER BY cid"
	if db.Name() == "postgres" {
		query = `SELECT a.attname AS name, format_type(a.atttypid, a.atttypmod) AS type,
				CASE WHEN o.collname = 'default' THEN '' ELSE COALESCE(o.collname, '') END AS collation
			FROM pg_attribute a LEFT JOIN pg_collation o ON o.oid = a.attcollation
			WHERE a.attrelid = to_regclass(?) AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum`
	}
	chatsuite.NoError(t, db.Raw(query, table).Scan(&columns).Error)
	return columns
}

// Columns that are for the database alone.
var hiddenColumns = map[string][]string{
	"sqlite":   {"chat_messages.docid", "chat_messages.input_hash", "chat_messages.words", "chat_room_users.marked_own", "chat_rooms.last_deleted_number", "chat_rooms.import_untold"},
	"postgres": {"chat_events.tx", "chat_messages.input_hash", "chat_messages.words", "chat_room_users.marked_own", "chat_rooms.last_deleted_number", "chat_rooms.import_untold"},
}

func TestModelsEqualColumns(t *testing.T) {
	t.Parallel()
	for _, v := range []chatsuite.Variant{chatsuite.SQLite, chatsuite.Postgres} {
		t.Run(v.String(), func(t *testing.T) {
			t.Parallel()
			db := migrated(t, v, false)
			for _, model := range models() {
				parsed := parseModel(t, model)
				var fields, columns []string
				for _, field := range parsed.Fields {
					if field.DBName != "" {
						fields = append(fields, field.DBName)
					}
				}
				for _, c := range columnsOf(t, db, parsed.Table) {
					if !slices.Contains(hiddenColumns[v.Dialect()], parsed.Table+"."+c.Name) {
						columns = append(columns, c.Name)
					}
				}
				if diff := cmp.Diff(columns, fields); diff != "" {
					t.Errorf("%s: columns (-) and fields (+):\n%s", parsed.Table, diff)
				}
			}
		})
	}
}

// Every field says its column, whatever the host's NamingStrategy is, and leaves it
// to the migrations; what is no column is no relation either.
func TestModelsSayTheirColumnsAndLeaveThemAlone(t *testing.T) {
	t.Parallel()
	for _, model := range models() {
		parsed := parseModel(t, model)
		if !strings.HasPrefix(parsed.Table, "chat_") {
			t.Errorf("%s is in the table %s", parsed.Name, parsed.Table)
		}
		if len(parsed.Relationships.Relations) > 0 || len(parsed.ParseIndexes()) > 0 || len(parsed.ParseCheckConstraints()) > 0 {
			t.Errorf("%s has relations, indexes or checks of GORM's", parsed.Name)
		}
		for _, field := range parsed.Fields {
			tag := field.Tag.Get("gorm")
			if tag == "-" {
				continue
			}
			if !strings.HasPrefix(tag, "column:"+field.DBName+";") && tag != "column:"+field.DBName {
				t.Errorf("%s.%s names no column first: %q", parsed.Name, field.Name, tag)
			}
			if !field.IgnoreMigration || !strings.HasSuffix(tag, "-:migration") {
				t.Errorf("%s.%s would be migrated: %q", parsed.Name, field.Name, tag)
			}
		}
	}
}

// What a host writes as JSON has the names that its SQL has. Where the store keeps a file
// is for no client.
func TestModelsHaveTheirColumnsAsJSONKeys(t *testing.T) {
	t.Parallel()
	hidden := map[string]bool{"chat_media.key": true, "chat_media.thumbnail_key": true}
	for _, model := range models() {
		parsed := parseModel(t, model)
		for i := range parsed.ModelType.NumField() {
			field := parsed.ModelType.Field(i)
			key, _, _ := strings.Cut(field.Tag.Get("json"), ",")
			column := parsed.FieldsByName[field.Name].DBName
			switch {
			case hidden[parsed.Table+"."+column]:
				if key != "-" {
					t.Errorf("%s.%s is %q in JSON", parsed.Name, field.Name, key)
				}
			case column != "" && key != column:
				t.Errorf("%s.%s is %q in JSON and %q in SQL", parsed.Name, field.Name, key, column)
			case !jsonKey.MatchString(key):
				t.Errorf("%s.%s is %q in JSON", parsed.Name, field.Name, key)
			}
		}
	}
}

// What is in models or holds them has keys of the same form.
func TestPagesAndPartsOfModelsHaveJSONKeys(t *testing.T) {
	t.Parallel()
	for _, part := range []any{
		chat.ReactionCount{}, chat.MessageHead{}, chat.Ban{}, chat.MessagesPage{}, chat.MessageSearchPage{}, chat.RoomsPage{},
		chat.MessageHit{}, chat.Match{}, chat.MentionsPage{}, chat.RepliesPage{},
		chat.RoomUsersPage{}, chat.ReactionsPage{}, chat.BansPage{},
	} {
		of := reflect.TypeOf(part)
		for i := range of.NumField() {
			if key := of.Field(i).Tag.Get("json"); !jsonKey.MatchString(key) {
				t.Errorf("%s.%s is %q in JSON", of.Name(), of.Field(i).Name, key)
			}
		}
	}
}

var jsonKey = regexp.MustCompile(`^[a-z][a-z0-9_]*$`)

// A user id is in a column of the host's own type, compared byte by byte where it is
// text, so that both databases order alike.
func TestUserIDColumnsHaveTheHostsType(t *testing.T) {
	t.Parallel()
	variants := append(chatsuite.AllVariants(), chatsuite.Variant{UserIDs: chatsuite.PrefixedIDs{}}, chatsuite.Variant{UserIDs: chatsuite.PrefixedIDs{}, Postgres: true, UsersTable: true})
	for _, v := range variants {
		t.Run(v.String(), func(t *testing.T) {
			t.Parallel()
			db := migrated(t, v, false)
			want := map[string]modelColumn{
				"sqlite/text": {Type: "text"}, "sqlite/bigint": {Type: "bigint"}, "sqlite/uuid": {Type: "text"},
				"sqlite/": {Type: "varchar(40)"}, "postgres/": {Type: "character varying(40)", Collation: "C"},
				"postgres/text": {Type: "text", Collation: "C"}, "postgres/bigint": {Type: "bigint"}, "postgres/uuid": {Type: "uuid"},
			}[strings.TrimSuffix(v.String(), "/users")]
			seen := 0
			for _, model := range models() {
				parsed := parseModel(t, model)
				for _, c := range columnsOf(t, db, parsed.Table) {
					field := parsed.FieldsByDBName[c.Name]
					if field == nil || field.IndirectFieldType != reflect.TypeFor[chat.UserID]() {
						continue
					}
					seen++
					if c.Name = ""; c != want {
						t.Errorf("%s.%s is %+v, want %+v", parsed.Table, field.DBName, c, want)
					}
				}
			}
			if seen < 10 {
				t.Errorf("only %d columns of user ids", seen)
			}
		})
	}
}

// A host that runs AutoMigrate over everything it can name, ours included, changes
// nothing of ours: neither the tables nor what is in them.
func TestAutoMigrateOfAllModelsChangesNothing(t *testing.T) {
	chatsuite.RunOn(t, chatsuite.AllVariants(), func(t *testing.T, h *chatsuite.Host) {
		room := h.NewGroup(h.Bob)
		sent := chatsuite.Must(h.SendMessage(h.Ctx, h.Alice, room.ID, chat.NewMessage{Text: "hello", MediaIDs: nil, ClientID: "c1"}))(t)
		chatsuite.Must(h.React(h.Ctx, h.Bob, sent.ID, "👍"))(t)
		before := schemaDump(t, h.DB)
		chatsuite.NoError(t, h.DB.AutoMigrate(models()...))
		for _, model := range models() {
			chatsuite.NoError(t, h.DB.AutoMigrate(model))
		}
		if diff := cmp.Diff(before, schemaDump(t, h.DB)); diff != "" {
			t.Error(diff)
		}
		want := chatsuite.Must(h.Message(h.Ctx, h.Alice, sent.ID))(t)
		h.Send(h.Bob, room.ID, "still here")
		if diff := cmp.Diff(want, chatsuite.Must(h.Message(h.Ctx, h.Alice, sent.ID))(t)); diff != "" {
			t.Error(diff)
		}
	})
}

// A host may read our tables through GORM, under its own NamingStrategy.
func TestModelsReadThroughGORM(t *testing.T) {
	chatsuite.RunOn(t, chatsuite.AllVariants(), func(t *testing.T, h *chatsuite.Host) {
		room := h.NewGroup(h.Bob)
		message := h.Send(h.Alice, room.ID, "hello")
		reaction := chatsuite.Must(h.React(h.Ctx, h.Bob, message.ID, "👍"))(t)

		db := h.DB.Session(&gorm.Session{NewDB: true})
		db.Config.NamingStrategy = hostNaming
		var found chat.Message
		chatsuite.NoError(t, db.Where("user_id = ?", h.Alice).Take(&found).Error)
		if diff := cmp.Diff(chatsuite.Must(h.Message(h.Ctx, h.Alice, message.ID))(t).Text, found.Text); diff != "" {
			t.Error(diff)
		}
		if found.ID != message.ID || *found.UserID != h.Alice {
			t.Errorf("message is %+v", found)
		}
		var given chat.Reaction
		chatsuite.NoError(t, db.Where(&chat.Reaction{UserID: h.Bob}).Take(&given).Error)
		reaction.Counts = nil
		if diff := cmp.Diff(*reaction, utcReaction(given)); diff != "" {
			t.Error(diff)
		}
		var members []chat.RoomUser
		chatsuite.NoError(t, db.Where("room_id = ?", room.ID).Order("user_id").Find(&members).Error)
		if len(members) != 2 || members[0].UserID != h.Alice || members[1].UserID != h.Bob {
			t.Errorf("members are %+v", members)
		}
	})
}

func utcReaction(r chat.Reaction) chat.Reaction {
	r.CreatedAt = r.CreatedAt.UTC()
	return r
}
