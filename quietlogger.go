package chat

import (
	"context"

	"gorm.io/gorm/logger"
)

// quietLogger keeps the host's GORM logger from printing what messages say: it gets
// the statements without their values.
type quietLogger struct{ logger.Interface }

// LogMode keeps the wrapping.
func (l quietLogger) LogMode(level logger.LogLevel) logger.Interface {
	return quietLogger{l.Interface.LogMode(level)}
}

// ParamsFilter is what GORM asks before it prints a statement.
func (quietLogger) ParamsFilter(_ context.Context, sql string, _ ...any) (string, []any) {
	return sql, nil
}
