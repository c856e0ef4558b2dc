package schema_test

import (
	"testing"

	"github.com/go-df/chat"
	"github.com/go-df/chat/internal/chatsuite"
)

// Whatever refers to another row has an index that begins with the reference: to delete a
// user, a room or a message would read the whole table otherwise.
func TestForeignKeysHaveIndexes(t *testing.T) {
	t.Parallel()
	for _, v := range []chatsuite.Variant{chatsuite.SQLite, chatsuite.Postgres} {
		t.Run(v.String(), func(t *testing.T) {
			t.Parallel()
			h := chatsuite.New(t, v, func(c *chat.Config) { c.UsersTable = "users" })
			query := `SELECT t.name || '.' || f."from" FROM sqlite_master t JOIN pragma_foreign_key_list(t.name) f
				WHERE t.type = 'table' AND t.name LIKE 'chat_%' AND f.seq = 0 AND NOT EXISTS (SELECT 1 FROM pragma_index_list(t.name) l
					JOIN pragma_index_info(l.name) i WHERE i.seqno = 0 AND i.name = f."from")
				AND NOT EXISTS (SELECT 1 FROM pragma_table_info(t.name) c WHERE c.pk = 1 AND c.name = f."from")`
			keys := "SELECT count(*) FROM sqlite_master t JOIN pragma_foreign_key_list(t.name) f WHERE t.name LIKE 'chat_%' AND f.seq = 0"
			if v.Postgres {
				query = `SELECT c.conname FROM pg_constraint c WHERE c.contype = 'f' AND c.conrelid::regclass::text LIKE 'chat_%'
					AND NOT EXISTS (SELECT 1 FROM pg_index i WHERE i.indrelid = c.conrelid AND i.indkey[0] = ANY (c.conkey))`
				keys = "SELECT count(*) FROM pg_constraint c WHERE c.contype = 'f' AND c.conrelid::regclass::text LIKE 'chat_%'"
			}
			var without []string
			chatsuite.NoError(t, h.DB.Raw(query).Scan(&without).Error)
			if len(without) > 0 {
				t.Errorf("without an index are %v", without)
			}
			if n := h.QueryInt(keys); n < 18 {
				t.Errorf("only %d foreign keys are looked at", n)
			}
		})
	}
}
