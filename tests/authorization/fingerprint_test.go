package authorization_test

import (
	"crypto/sha256"
	"database/sql"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"testing"

	"gorm.io/gorm"

	"github.com/go-df/chat/internal/chatsuite"
)

// fingerprintOf is a hash over all rows of all the chat's tables.
func fingerprintOf(t testing.TB, db *gorm.DB) string {
	t.Helper()
	list := "SELECT name FROM sqlite_master WHERE type = 'table' AND name LIKE 'chat\\_%' ESCAPE '\\' ORDER BY name"
	if db.Name() == "postgres" {
		list = "SELECT tablename FROM pg_tables WHERE tablename LIKE 'chat\\_%' ORDER BY tablename"
	}
	var tables []string
	chatsuite.NoError(t, db.Raw(list).Scan(&tables).Error)
	if len(tables) < 9 {
		t.Fatalf("the chat has only the tables %v", tables)
	}
	hash := sha256.New()
	for _, table := range tables {
		lines, err := linesOf(db, table)
		chatsuite.NoError(t, err)
		slices.Sort(lines)
		_, _ = fmt.Fprintf(hash, "%s %d\n%s", table, len(lines), strings.Join(lines, "\n"))
	}
	return hex.EncodeToString(hash.Sum(nil))
}

// linesOf reads a table, a line for each row.
func linesOf(db *gorm.DB, table string) (lines []string, err error) {
	rows, err := db.Raw("SELECT * FROM " + table).Rows()
	if err != nil {
		return nil, err
	}
	defer func() {
		if closeErr := rows.Close(); err == nil {
			err = closeErr
		}
	}()
	columns, err := rows.Columns()
	if err != nil {
		return nil, err
	}
	raw := make([]sql.RawBytes, len(columns))
	into := make([]any, len(columns))
	for i := range raw {
		into[i] = &raw[i]
	}
	for rows.Next() {
		if err := rows.Scan(into...); err != nil {
			return nil, err
		}
		var line []byte
		for _, value := range raw {
			line = append(binary.AppendUvarint(line, uint64(len(value))), value...)
			if value == nil {
				line = append(line, "NULL"...)
			}
		}
		lines = append(lines, string(line))
	}
	return lines, rows.Err()
}
