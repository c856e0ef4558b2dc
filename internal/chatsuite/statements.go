package chatsuite

import (
	"context"
	"strings"
	"sync"
	"time"

	"gorm.io/gorm/logger"
)

// StatementLog is a GORM logger that keeps the statements that were run, without
// BEGIN and COMMIT, which GORM does not log, and the setting of SQLite that comes with
// each 64th write, whatever it is.
type StatementLog struct {
	logger.Interface
	mu         sync.Mutex
	Statements []string
}

// LogMode implements [logger.Interface].
func (l *StatementLog) LogMode(logger.LogLevel) logger.Interface { return l }

// Trace implements [logger.Interface].
func (l *StatementLog) Trace(_ context.Context, _ time.Time, statement func() (string, int64), _ error) {
	query, _ := statement()
	if strings.HasPrefix(query, "PRAGMA journal_size_limit") {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.Statements = append(l.Statements, strings.Join(strings.Fields(query), " "))
}

// Matching returns the statements that contain a text.
func (l *StatementLog) Matching(text string) (found []string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, statement := range l.Statements {
		if strings.Contains(statement, text) {
			found = append(found, statement)
		}
	}
	return found
}
