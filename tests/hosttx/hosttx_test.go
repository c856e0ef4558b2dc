// Package hosttx_test shows that the service works in a host's transactions and on a
// host's handles: host and chat commit together or not at all, refusals leave the host's
// transaction usable, and failures of the database are tried again or reported as such.
package hosttx_test

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"gorm.io/gorm"

	"github.com/go-df/chat"
	"github.com/go-df/chat/internal/chatsuite"
	"github.com/go-df/chat/internal/dbtest"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

// order is a row of the host's own.
type order struct {
	ID   int64 `gorm:"primaryKey"`
	Note string
}

var errHost = errors.New("the host changed its mind")

// orders is a host that makes a room and says something for each of its orders.
type orders struct {
	*chatsuite.Host
	log *chat.Room // hears of every order
}

func newOrders(h *chatsuite.Host) *orders {
	h.T.Helper()
	chatsuite.NoError(h.T, h.DB.AutoMigrate(&order{}))
	return &orders{Host: h, log: h.NewGroup(h.Bob)}
}

// place writes both sides in the transaction, in either order, with a refusal in
// between that must not matter.
func (o *orders) place(tx *gorm.DB, s *chat.Service, n int, hostFirst bool) error {
	note := fmt.Sprintf("order %d", n)
	hostSide := func() error { return tx.Create(&order{ID: int64(n + 1), Note: note}).Error }
	if hostFirst {
		if err := hostSide(); err != nil {
			return err
		}
	}
	room, err := s.CreateRoom(o.Ctx, o.Alice, chat.NewRoom{Name: note, Members: []chat.NewRoomUser{{UserID: o.Bob}}})
	if err != nil {
		return err
	}
	if _, err := s.SendMessage(o.Ctx, o.Carol, room.ID, chat.NewMessage{Text: note}); !errors.Is(err, chat.ErrNotFound) {
		return fmt.Errorf("a stranger's message: %w", err)
	}
	for _, in := range []uuid.UUID{room.ID, o.log.ID} {
		if _, err := s.SendMessage(o.Ctx, o.Bob, in, chat.NewMessage{Text: note}); err != nil {
			return err
		}
	}
	if !hostFirst {
		return hostSide()
	}
	return nil
}

// begin begins a transaction as a host does that knows its pool: beside cancelled
// transactions an exhausted one may give out connections that were closed.
func (o *orders) begin() *gorm.DB {
	for {
		if tx := o.DB.Begin(); !errors.Is(tx.Error, driver.ErrBadConn) {
			return tx
		}
	}
}

// transaction is the same for GORM's Transaction.
func (o *orders) transaction(fn func(tx *gorm.DB) error) error {
	for {
		begun := false
		err := o.DB.Transaction(func(tx *gorm.DB) error {
			begun = true
			return fn(tx)
		})
		if begun || !errors.Is(err, driver.ErrBadConn) {
			return err
		}
	}
}

// ending is a way in which a host runs a transaction, and whether it commits.
type ending struct {
	name    string
	commits bool
	run     func(o *orders, work func(*gorm.DB, *chat.Service) error) error
}

// endings are all the ways. Those that do not commit do their work first.
var endings = []ending{
	{"InTx", true, func(o *orders, work func(*gorm.DB, *chat.Service) error) error {
		return o.InTx(o.Ctx, work)
	}},
	{"InTx with an error", false, func(o *orders, work func(*gorm.DB, *chat.Service) error) error {
		return o.InTx(o.Ctx, func(tx *gorm.DB, s *chat.Service) error { return errors.Join(work(tx, s), errHost) })
	}},
	{"InTx with a panic", false, func(o *orders, work func(*gorm.DB, *chat.Service) error) error {
		return o.InTx(o.Ctx, func(tx *gorm.DB, s *chat.Service) error {
			if err := work(tx, s); err != nil {
				return err
			}
			panic(errHost)
		})
	}},
	{"InTx that is cancelled", false, func(o *orders, work func(*gorm.DB, *chat.Service) error) error {
		ctx, cancel := context.WithCancel(o.Ctx)
		return o.InTx(ctx, func(tx *gorm.DB, s *chat.Service) error {
			err := work(tx, s)
			cancel()
			return errors.Join(err, tx.Exec("SELECT 1").Error) // its context has ended
		})
	}},
	{"Transaction", true, func(o *orders, work func(*gorm.DB, *chat.Service) error) error {
		done := func() {}
		err := o.transaction(func(tx *gorm.DB) error {
			var bound *chat.Service
			bound, done = o.WithTx(tx)
			return work(tx, bound)
		})
		done()
		return err
	}},
	{"Transaction with an error", false, func(o *orders, work func(*gorm.DB, *chat.Service) error) error {
		return o.transaction(func(tx *gorm.DB) error {
			bound, _ := o.WithTx(tx)
			return errors.Join(work(tx, bound), errHost)
		})
	}},
	{"Transaction with a panic", false, func(o *orders, work func(*gorm.DB, *chat.Service) error) error {
		return o.transaction(func(tx *gorm.DB) error {
			bound, _ := o.WithTx(tx)
			if err := work(tx, bound); err != nil {
				return err
			}
			panic(errHost)
		})
	}},
	{"Begin and Commit", true, func(o *orders, work func(*gorm.DB, *chat.Service) error) error {
		tx := o.begin()
		bound, _ := o.WithTx(tx) // without done
		return errors.Join(work(tx, bound), tx.Commit().Error)
	}},
	{"Begin and Rollback", false, func(o *orders, work func(*gorm.DB, *chat.Service) error) error {
		tx := o.begin()
		bound, _ := o.WithTx(tx)
		return errors.Join(work(tx, bound), tx.Rollback().Error, errHost)
	}},
	{"a savepoint that is kept", true, func(o *orders, work func(*gorm.DB, *chat.Service) error) error {
		return o.InTx(o.Ctx, func(tx *gorm.DB, s *chat.Service) error {
			return tx.Transaction(func(inner *gorm.DB) error {
				bound, _ := o.WithTx(inner)
				return work(inner, bound)
			})
		})
	}},
	{"a savepoint that is rolled back", false, func(o *orders, work func(*gorm.DB, *chat.Service) error) error {
		var inside error
		err := o.InTx(o.Ctx, func(tx *gorm.DB, s *chat.Service) error {
			inside = tx.Transaction(func(inner *gorm.DB) error {
				bound, _ := o.WithTx(inner)
				return errors.Join(work(inner, bound), errHost)
			})
			return nil // and the outer transaction commits
		})
		return errors.Join(err, inside)
	}},
}

func TestHostAndChatCommitTogetherOrNotAtAll(t *testing.T) {
	chatsuite.RunPooled(t, func(t *testing.T, h *chatsuite.Host) {
		seed := rand.Uint64()
		t.Logf("seed %d", seed)
		o := newOrders(h)
		random := rand.New(rand.NewPCG(seed, 0))
		const n = 1000
		ends, hostFirst := make([]ending, n), make([]bool, n)
		var want []string
		for i := range n {
			ends[i], hostFirst[i] = endings[random.IntN(len(endings))], random.IntN(2) == 0
			if ends[i].commits {
				want = append(want, fmt.Sprintf("order %d", i))
			}
		}
		chatsuite.ParallelN(t, n, func(i int) error {
			err := chatsuite.Recover(func() error {
				return ends[i].run(o, func(tx *gorm.DB, s *chat.Service) error { return o.place(tx, s, i, hostFirst[i]) })
			})
			if (err == nil) != ends[i].commits {
				return fmt.Errorf("%s: error %w", ends[i].name, err)
			}
			if err != nil && !chatsuite.ErrorIsAny(err, errHost, context.Canceled) && !strings.Contains(err.Error(), errHost.Error()) {
				return fmt.Errorf("%s: %w", ends[i].name, err)
			}
			return nil
		})
		o.check(want)
	})
}

// check compares all that orders leave behind with the orders that were committed.
func (o *orders) check(want []string) {
	o.T.Helper()
	for side, query := range map[string]string{
		"host rows":          "SELECT note FROM orders ORDER BY id",
		"rooms":              "SELECT name FROM chat_rooms WHERE name LIKE 'order %' ORDER BY CAST(substr(name, 7) AS bigint)",
		"messages in rooms":  "SELECT m.text FROM chat_messages m JOIN chat_rooms r ON r.id = m.room_id AND r.name = m.text ORDER BY CAST(substr(m.text, 7) AS bigint)",
		"messages in common": "SELECT m.text FROM chat_messages m JOIN chat_rooms r ON r.id = m.room_id AND r.name <> m.text ORDER BY CAST(substr(m.text, 7) AS bigint)",
	} {
		var got []string
		chatsuite.NoError(o.T, o.DB.Raw(query).Scan(&got).Error)
		if diff := cmp.Diff(want, got); diff != "" {
			o.T.Errorf("%s (-committed +there):\n%s", side, diff)
		}
	}
	// A room of an order: created, bob added, one message.
	if n, all := o.QueryInt("SELECT count(*) FROM chat_events"), int64(2+4*len(want)); n != all {
		o.T.Errorf("%d events of %d orders, want %d", n, len(want), all)
	}
	o.CheckRoomLogs()
}

func TestMediaOfARolledBackTransactionLeaveTheStore(t *testing.T) {
	chatsuite.RunPooled(t, func(t *testing.T, h *chatsuite.Host) {
		upload := func(s *chat.Service) *chat.Media {
			media := chatsuite.Must(s.UploadMedia(h.Ctx, h.Alice, chat.NewMedia{FileName: "a.txt", Body: strings.NewReader("bytes")}))(t)
			if h.Store.Len() == 0 {
				t.Error("nothing was stored")
			}
			return media
		}
		room := h.NewGroup(h.Bob)
		for name, end := range map[string]func() error{
			"an error": func() error { return errHost },
			"a panic":  func() error { panic(errHost) },
		} {
			err := chatsuite.Recover(func() error {
				return h.InTx(h.Ctx, func(_ *gorm.DB, s *chat.Service) error {
					media := upload(s)
					chatsuite.Must(s.SendMessage(h.Ctx, h.Alice, room.ID, chat.NewMessage{MediaIDs: []uuid.UUID{media.ID, upload(s).ID}}))(t)
					return end()
				})
			})
			if err == nil || h.Store.Len() != 0 || h.QueryInt("SELECT count(*) FROM chat_media") != 0 {
				t.Errorf("%s: %v, and %d objects stay in the store", name, err, h.Store.Len())
			}
		}
		var media *chat.Media
		chatsuite.NoError(t, h.InTx(h.Ctx, func(_ *gorm.DB, s *chat.Service) error {
			media = upload(s)
			return nil
		}))
		_, content, err := h.OpenMedia(h.Ctx, h.Alice, media.ID)
		chatsuite.NoError(t, err)
		chatsuite.NoError(t, content.Close())
		if h.Store.Len() != 1 {
			t.Errorf("%d objects of one committed upload", h.Store.Len())
		}
	})
}
