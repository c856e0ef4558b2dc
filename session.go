package chat

import (
	"context"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"
	"gorm.io/gorm/logger"
)

// ownSession is a session of db that carries none of the host's conditions, and
// whose settings do not change what this package's statements do.
func ownSession(db *gorm.DB) *gorm.DB {
	own := db.Session(&gorm.Session{NewDB: true, Context: context.Background(), SkipHooks: true})
	own.Error = nil
	own.TranslateError = false // the driver's own codes are needed to know what can be tried again
	own.DryRun = false
	own.PrepareStmt = false
	own.Logger = quietLogger{own.Logger}
	own.Statement.ConnPool = unprepared(own.Statement.ConnPool)
	own.Config.ConnPool = own.Statement.ConnPool
	wantPrimary(own)
	return own
}

// unprepared is a pool or transaction without GORM's statement caches, of which a handle may have
// several: they halve PostgreSQL inside transactions, and the drivers have their own.
func unprepared(pool gorm.ConnPool) gorm.ConnPool {
	for {
		switch prepared := pool.(type) {
		case *gorm.PreparedStmtDB:
			pool = prepared.ConnPool
		case *gorm.PreparedStmtTX:
			pool = prepared.Tx
		default:
			return pool
		}
	}
}

// newSession is a session of db, which is one of ownSession's or in one, with a context: one
// for a single statement or transaction. GORM's WithContext copies the settings of db, and
// copies them again for each statement.
func newSession(ctx context.Context, db *gorm.DB) *gorm.DB {
	session := &gorm.DB{Config: db.Config}
	session.Statement = &gorm.Statement{DB: session, ConnPool: db.Statement.ConnPool, Context: ctx, Clauses: map[string]clause.Clause{}, SkipHooks: true}
	if session.Callback().Query().Get(resolver) != nil {
		wantPrimary(session)
	}
	return session
}

// resolver is the name of the callbacks of gorm.io/plugin/dbresolver, which sends what
// looks like a query to a replica. What is read here is compared with what was just
// written, so that a replica that lags behind will not do: all statements are marked as
// dbresolver.Write marks them. Without the plugin the mark has no meaning.
const resolver = "gorm:db_resolver"

// wantPrimary marks the statements of a session. They all name one table, so that they
// go to one server where the host gives tables servers of their own.
func wantPrimary(session *gorm.DB) {
	session.Statement.Settings.Store(resolver+":write", struct{}{})
	if session.Callback().Query().Get(resolver) != nil {
		session.Statement.Table = "chat_rooms"
	}
}

// onPrimary makes a session, which must be of the caller's own, begin its transactions
// where the plugin writes, which need not be the handle's own pool.
func onPrimary(session *gorm.DB) *gorm.DB {
	if resolve := session.Callback().Query().Get(resolver); resolve != nil {
		marked := session.Session(&gorm.Session{NewDB: true, Context: session.Statement.Context})
		wantPrimary(marked)
		resolve(marked)
		session.Statement.ConnPool = marked.Statement.ConnPool
	}
	return session
}

// quietLogger keeps the host's GORM logger from printing what messages say: it gets
// the statements without their values.
type quietLogger struct{ logger.Interface }

// LogMode keeps the wrapping.
func (l quietLogger) LogMode(level logger.LogLevel) logger.Interface {
	return quietLogger{l.Interface.LogMode(level)}
}

// ParamsFilter is called by GORM before it prints a statement.
func (quietLogger) ParamsFilter(_ context.Context, sql string, _ ...any) (string, []any) {
	return sql, nil
}
