package model_test

import (
	"fmt"
	"reflect"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/go-df/chat"
)

// command is one operation as data: the name of a method that Service, or client
// for it, and the oracle both have, and its arguments in the oracle's ids.
type command struct {
	method string
	args   []any
	within transaction
}

// transaction says how a command is run against the service.
type transaction int

const (
	ownTransaction  transaction = iota
	hostTransaction             // in one of the host's, which commits even what was refused
	rolledBack                  // in one of the host's that it takes back: as if nothing had been
)

// on runs the command on a receiver, with what the receiver wants before the
// command's own arguments.
func (c command) on(receiver any, before ...any) (result any, err error) {
	method := reflect.ValueOf(receiver).MethodByName(c.method)
	var in []reflect.Value
	for i, arg := range append(before, c.args...) {
		if arg == nil { // a missing actor
			in = append(in, reflect.Zero(method.Type().In(i)))
		} else {
			in = append(in, reflect.ValueOf(arg))
		}
	}
	out := method.Call(in)
	err, _ = out[len(out)-1].Interface().(error)
	if len(out) == 2 && err == nil {
		result = out[0].Interface()
	}
	return result, err
}

// translated is the command with other ids.
func (c command) translated(ids *translation) command {
	args := make([]any, len(c.args))
	for i, arg := range c.args {
		args[i] = ids.of(arg)
	}
	return command{c.method, args, c.within}
}

// GoString is what rapid prints of a failing sequence.
func (c command) GoString() string {
	args := make([]string, len(c.args))
	for i, arg := range c.args {
		args[i] = show(reflect.ValueOf(arg))
	}
	suffix := map[transaction]string{hostTransaction: " in a host's transaction", rolledBack: " rolled back"}
	return c.method + "(" + strings.Join(args, ", ") + ")" + suffix[c.within]
}

var (
	uuidType     = reflect.TypeFor[uuid.UUID]()
	userIDType   = reflect.TypeFor[chat.UserID]()
	systemType   = reflect.TypeOf(chat.System)
	timeType     = reflect.TypeFor[time.Time]()
	metadataType = reflect.TypeFor[chat.Metadata]()
)

// show prints a value short: no zero fields, what pointers point at, ids by their
// count.
func show(v reflect.Value) string {
	switch {
	case !v.IsValid():
		return "nobody"
	case v.Type() == systemType:
		return "System"
	case v.Type() == uuidType:
		id := v.Interface().(uuid.UUID)
		return fmt.Sprintf("#%d", uint64(id[15])|uint64(id[14])<<8|uint64(id[13])<<16)
	case v.Kind() == reflect.Pointer && v.IsNil():
		return "none"
	case v.Kind() == reflect.Pointer:
		return "&" + show(v.Elem())
	case v.Kind() == reflect.String, v.Type() == metadataType:
		return fmt.Sprintf("%.60q", v.Interface())
	case v.Kind() == reflect.Slice:
		return showAll(v.Len(), func(i int) string { return show(v.Index(i)) })
	case v.Type() == timeType:
		return fmt.Sprint(v.Interface())
	case v.Kind() == reflect.Struct:
		return showAll(v.NumField(), func(i int) string {
			if v.Field(i).IsZero() {
				return ""
			}
			return v.Type().Field(i).Name + ": " + show(v.Field(i))
		})
	case v.Kind() == reflect.Map:
		keys := v.MapKeys()
		return showAll(len(keys), func(i int) string { return show(keys[i]) + ": " + show(v.MapIndex(keys[i])) })
	}
	return fmt.Sprint(v.Interface())
}

func showAll(n int, item func(int) string) string {
	var items []string
	for i := range n {
		if s := item(i); s != "" {
			items = append(items, s)
		}
	}
	return "{" + strings.Join(items, ", ") + "}"
}
