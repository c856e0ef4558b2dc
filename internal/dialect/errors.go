package dialect

import (
	"encoding/json"
	"errors"
	"slices"
)

// Errors of drivers are told apart by SQLSTATE or SQLite's result code, read through
// interfaces, so that no driver is imported and the host's TranslateError does not
// matter.

// GaveUp reports whether err says that the database gave up on the transaction rather
// than on the statement, so that running the transaction again may succeed. waited says
// that it has waited for a lock for as long as lock_timeout allows.
func (d Dialect) GaveUp(err error) (retryable, waited bool) {
	if d == SQLite {
		return sqliteBusy(err), false
	}
	switch sqlState(err) {
	case "40001", "40P01": // serialization failure, deadlock
		return true, false
	case "55P03": // lock_timeout
		return true, true
	}
	return false, false
}

// RefusedCommit reports whether the database refused a COMMIT for a constraint or a
// conflict, after which nothing of the transaction is stored.
func RefusedCommit(err error) bool {
	if state := sqlState(err); state != "" {
		class := state[:min(2, len(state))]
		return class == "23" || class == "40"
	}
	const constraint = 19
	return sqliteCode(err)&0xff == constraint
}

func sqlState(err error) string {
	var coded interface{ SQLState() string }
	if errors.As(err, &coded) {
		return coded.SQLState()
	}
	return ""
}

// sqliteBusy looks through everything that err wraps, as errors.As does.
func sqliteBusy(err error) bool {
	if err == nil {
		return false
	}
	if code := sqliteCode(err) & 0xff; code == 5 || code == 6 { // BUSY, LOCKED
		return true
	}
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		return slices.ContainsFunc(joined.Unwrap(), sqliteBusy)
	}
	return sqliteBusy(errors.Unwrap(err))
}

// sqliteCode reads SQLite's result code: as a method of the pure-Go drivers, or as the
// field that GORM's own Translate reads.
func sqliteCode(err error) int {
	if coded, ok := err.(interface{ Code() int }); ok {
		return coded.Code()
	}
	encoded, marshalErr := json.Marshal(err)
	if marshalErr != nil {
		return 0
	}
	var fields struct{ Code, ExtendedCode *int }
	if json.Unmarshal(encoded, &fields) != nil || fields.Code == nil || fields.ExtendedCode == nil {
		return 0
	}
	return *fields.Code
}
