package hosttx_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"gorm.io/gorm"

	"github.com/go-df/chat"
	"github.com/go-df/chat/internal/chatsuite"
)

var errCallback = errors.New("the callback of a plugin fails")

// callbacks are how a plugin's callback fails.
var callbacks = map[string]func(*gorm.DB){
	"an error": func(db *gorm.DB) { _ = db.AddError(errCallback) },
	"a panic":  func(*gorm.DB) { panic(errCallback) },
}

// calls are operations of each kind: with and without a transaction, in a snapshot, in pages.
func calls(h *chatsuite.Host, room *chat.Room) map[string]func() error {
	return map[string]func() error{
		"Events":     func() error { return chatsuite.ErrorOf(h.Events(h.Ctx, h.Alice, room.ID, chat.EventsQuery{})) },
		"Messages":   func() error { return chatsuite.ErrorOf(h.Messages(h.Ctx, h.Alice, room.ID, chat.HistoryQuery{})) },
		"CreateRoom": func() error { return chatsuite.ErrorOf(h.CreateRoom(h.Ctx, h.Alice, chat.NewRoom{Name: "x"})) },
		"MarkRead":   func() error { return chatsuite.ErrorOf(h.MarkRead(h.Ctx, h.Bob, room.ID, 1)) },
		"ExportUser": func() error { return h.ExportUser(h.Ctx, h.Alice, &bytes.Buffer{}) },
		"UploadMedia": func() error {
			return chatsuite.ErrorOf(h.UploadMedia(h.Ctx, h.Alice, chat.NewMedia{FileName: "a.txt", Body: strings.NewReader("a")}))
		},
		"SendMessage": func() error {
			return chatsuite.ErrorOf(h.SendMessage(h.Ctx, h.Alice, room.ID, chat.NewMessage{Text: "hi"}))
		},
		"InTx": func() error {
			return h.InTx(h.Ctx, func(_ *gorm.DB, s *chat.Service) error {
				return chatsuite.ErrorOf(s.SendMessage(h.Ctx, h.Alice, room.ID, chat.NewMessage{Text: "hi"}))
			})
		},
	}
}

// Whichever statement it is that a callback of the host's fails at, before it or after it, the
// pool has its connections back, and in no transaction.
func TestAFailingCallbackKeepsNoConnection(t *testing.T) {
	for how, fail := range callbacks {
		for _, when := range []string{"before", "after"} {
			t.Run(how+" "+when, func(t *testing.T) {
				chatsuite.RunPooled(t, func(t *testing.T, h *chatsuite.Host) {
					room := h.NewGroup(h.Bob)
					h.Send(h.Alice, room.ID, "hi")
					at := -1 // how many statements are let through; negative: all
					callback := func(db *gorm.DB) {
						if at--; at == -1 {
							fail(db)
						}
					}
					rows, raw := h.DB.Callback().Row().After("gorm:row"), h.DB.Callback().Raw().After("gorm:raw")
					if when == "before" {
						rows, raw = h.DB.Callback().Row().Before("gorm:row"), h.DB.Callback().Raw().Before("gorm:raw")
					}
					chatsuite.NoError(t, errors.Join(rows.Register("fails", callback), raw.Register("fails", callback)))
					for name, call := range calls(h, room) {
						for n := 0; n == 0 || at < 0 && n < 50; n++ {
							at = n
							err := chatsuite.Recover(call)
							if wasMet := at < 0; !wasMet {
								chatsuite.NoError(t, err)
							}
							checkConnections(t, h, name, n)
						}
						at = -1
					}
				})
			})
		}
	}
}

// checkConnections ends the test where a connection was kept: what follows might wait for it.
func checkConnections(t *testing.T, h *chatsuite.Host, name string, n int) {
	t.Helper()
	if kept := chatsuite.Must(h.DB.DB())(t).Stats().InUse; kept != 0 {
		t.Fatalf("%s, statement %d: %d connections are still in use", name, n, kept)
	}
	tx := h.DB.Begin()
	if err := errors.Join(tx.Error, tx.Rollback().Error); err != nil {
		t.Fatalf("%s, statement %d: the connection cannot be used: %v", name, n, err)
	}
}
