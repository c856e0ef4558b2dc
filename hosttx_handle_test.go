package chat_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"gorm.io/driver/postgres"
	"gorm.io/driver/sqlite"
	"gorm.io/gorm"
	"gorm.io/gorm/logger"
	"gorm.io/gorm/schema"

	"github.com/go-df/chat"
	"github.com/go-df/chat/internal/dbtest"
)

// onPool is a dialector on connections that are open already.
func (v variant) onPool(pool gorm.ConnPool) gorm.Dialector {
	if v.postgres {
		return postgres.New(postgres.Config{Conn: pool})
	}
	return sqlite.New(sqlite.Config{Conn: pool})
}

// handle is a way in which a host may hold its database.
type handle struct {
	name   string
	config gorm.Config
	leave  func(*gorm.DB) *gorm.DB // what the host's code left in it
	orders string                  // the host's table, when the handle gives it a name of its own
	coded  bool                    // the host sees the driver's own errors
}

var errLeft = errors.New("an error of long ago")

var handles = []handle{
	{name: "plain", coded: true},
	{name: "TranslateError", config: gorm.Config{TranslateError: true}},
	{name: "SkipDefaultTransaction", config: gorm.Config{SkipDefaultTransaction: true}, coded: true},
	{name: "PrepareStmt", config: gorm.Config{PrepareStmt: true}, coded: true},
	{name: "PrepareStmt in a session", coded: true, leave: func(db *gorm.DB) *gorm.DB {
		return db.Session(&gorm.Session{PrepareStmt: true})
	}},
	{name: "NamingStrategy", coded: true, orders: "app_hostOrder", config: gorm.Config{
		NamingStrategy: schema.NamingStrategy{TablePrefix: "app_", SingularTable: true, NoLowerCase: true},
	}},
	{name: "odd settings", coded: true, config: gorm.Config{
		QueryFields: true, CreateBatchSize: 1, AllowGlobalUpdate: true, DisableNestedTransaction: true,
		DisableAutomaticPing: true, NowFunc: func() time.Time { return time.Unix(0, 0) },
	}},
	{name: "a leftover Where", coded: true, leave: func(db *gorm.DB) *gorm.DB { return db.Where("1 = 0") }},
	{name: "leftover clauses", coded: true, leave: func(db *gorm.DB) *gorm.DB {
		return db.Table("users").Select("name").Joins("JOIN nowhere").Order("name").Limit(1).Offset(3).Unscoped()
	}},
	{name: "a leftover Model", coded: true, leave: func(db *gorm.DB) *gorm.DB {
		return db.Model(&hostOrder{}).Where(&hostOrder{ID: 7}).Omit("id", "text")
	}},
	{name: "a context that has ended", coded: true, leave: func(db *gorm.DB) *gorm.DB {
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		return db.WithContext(ctx)
	}},
	{name: "an error", coded: true, leave: func(db *gorm.DB) *gorm.DB {
		left := db.Where("1 = 1")
		_ = left.AddError(errLeft)
		return left
	}},
}

// hostOrder is a row of the host's own, with a hook.
type hostOrder struct {
	ID     int64 `gorm:"primaryKey"`
	Note   string
	Hooked bool
}

func (o *hostOrder) BeforeCreate(*gorm.DB) error {
	o.Hooked = true
	return nil
}

func TestAHostsHandleChangesNothing(t *testing.T) {
	t.Parallel()
	for _, v := range []variant{onSQLite, onPostgres} {
		t.Run(v.String(), func(t *testing.T) {
			t.Parallel()
			want := handles[0].play(t, v)
			for _, with := range handles[1:] {
				t.Run(with.name, func(t *testing.T) {
					t.Parallel()
					if diff := cmp.Diff(want, with.play(t, v)); diff != "" {
						t.Errorf("(-plain handle +this one):\n%s", diff)
					}
				})
			}
		})
	}
}

// play opens the host's database through the handle, goes through a story in all
// kinds of transactions, and returns what can be seen of it.
func (with handle) play(t *testing.T, v variant) []string {
	t.Helper()
	h := newHost(t, v)
	pool := must(h.db.DB())(t)
	config := with.config
	config.Logger = logger.Discard
	db := must(gorm.Open(v.onPool(pool), &config))(t)
	ok(t, db.AutoMigrate(&hostOrder{}))
	left := db
	if with.leave != nil {
		left = with.leave(db)
	}
	before := fmt.Sprintf("%+v %v %v", left.Statement.Clauses, left.Error, left.Config.TranslateError)
	svc := must(chat.New(left, h.config))(t)
	s := &story{host: h, db: db, with: with}
	s.tell("alone", svc)
	ok(t, svc.InTx(h.ctx, func(tx *gorm.DB, bound *chat.Service) error {
		s.tell("InTx", bound)
		return s.hostWrites(tx, 1)
	}))
	tx := db.Begin()
	inner := tx
	if with.leave != nil && with.name != "a context that has ended" {
		inner = with.leave(tx)
	}
	bound, done := svc.WithTx(inner)
	s.tell("WithTx", bound)
	ok(t, tx.Commit().Error)
	done()
	if err := svc.InTx(h.ctx, func(_ *gorm.DB, bound *chat.Service) error {
		s.tell("rolled back", bound)
		return errHost
	}); !errors.Is(err, errHost) {
		t.Errorf("error is %v, want the host's", err)
	}
	if after := fmt.Sprintf("%+v %v %v", left.Statement.Clauses, left.Error, left.Config.TranslateError); after != before {
		t.Errorf("the host's handle changed:\n%s\n%s", before, after)
	}
	return s.end(svc)
}

// story collects what can be seen.
type story struct {
	*host
	db   *gorm.DB
	with handle
	seen []string
}

func (s *story) see(what string, values ...any) {
	s.seen = append(s.seen, what+": "+strings.TrimSpace(fmt.Sprintln(values...)))
}

// tell is a chapter: rooms, members, messages, media, reactions, refusals.
func (s *story) tell(chapter string, svc *chat.Service) {
	s.t.Helper()
	t, ctx := s.t, s.ctx
	readers := chat.NoPermissions
	room := must(svc.CreateRoom(ctx, s.alice, chat.NewRoom{
		Name: chapter, Public: true, Members: []chat.NewRoomUser{{UserID: s.bob}, {UserID: s.carol, Permissions: &readers}},
	}))(t)
	must(svc.OpenPrivate(ctx, s.bob, s.alice))(t)
	must(svc.JoinRoom(ctx, s.dave, room.ID))(t)
	media := must(svc.UploadMedia(ctx, s.bob, chat.NewMedia{FileName: "a.txt", Body: strings.NewReader("text")}))(t)
	first := must(svc.SendMessage(ctx, s.bob, room.ID, chat.NewMessage{
		Text: "first?", MediaIDs: []uuid.UUID{media.ID}, ClientID: "1", Metadata: chat.Metadata(`{"at":"@name ?"}`),
	}))(t)
	answer := must(svc.SendMessage(ctx, s.alice, room.ID, chat.NewMessage{Text: "second", ReplyToID: &first.ID}))(t)
	must(svc.React(ctx, s.carol, first.ID, "👍"))(t)
	edited := "edited"
	must(svc.EditMessage(ctx, s.alice, answer.ID, chat.MessagePatch{Text: &edited}))(t)
	must(svc.UpdateRoom(ctx, s.alice, room.ID, chat.RoomPatch{Description: &edited}))(t)
	_, err := svc.SendMessage(ctx, s.carol, room.ID, chat.NewMessage{Text: "no"})
	wantError(t, err, chat.ErrForbidden)
	must(svc.MarkRead(ctx, s.dave, room.ID, 1))(t)
	must(svc.TransferOwnership(ctx, s.alice, room.ID, s.bob))(t)
	ok(t, svc.LeaveRoom(ctx, s.alice, room.ID))
	ok(t, svc.DeleteMessage(ctx, s.bob, first.ID))
	s.see(chapter+" history", s.history(svc, room.ID))
	inbox := must(svc.Rooms(ctx, s.dave, chat.RoomsQuery{}))(t)
	for _, r := range inbox.Items {
		s.see(chapter+" inbox", r.Name, r.Unread, r.LastNumber, r.LastSeq)
	}
}

func (s *story) history(svc *chat.Service, room uuid.UUID) (lines []string) {
	s.t.Helper()
	page := must(svc.Messages(s.ctx, s.dave, room, chat.HistoryQuery{}))(s.t)
	for _, m := range page.Items {
		lines = append(lines, fmt.Sprintf("%d %q %s media=%d reactions=%d reply=%t deleted=%t edited=%t",
			m.Number, m.Text, m.Metadata, len(m.Media), len(m.Reactions), m.ReplyTo != nil, m.Deleted(), m.EditedAt != nil))
	}
	return lines
}

// hostWrites does what the host does in its own transactions, and must find its own
// settings there: names, hooks, translated errors.
func (s *story) hostWrites(tx *gorm.DB, id int64) error {
	s.t.Helper()
	if err := tx.Create(&hostOrder{ID: id, Note: "paid"}).Error; err != nil {
		return fmt.Errorf("the host's row: %w", err)
	}
	var found hostOrder
	if err := tx.First(&found, id).Error; err != nil {
		return fmt.Errorf("the host's query: %w", err)
	}
	if diff := cmp.Diff(hostOrder{ID: id, Note: "paid", Hooked: true}, found); diff != "" {
		s.t.Errorf("the host's row (-want +got):\n%s", diff)
	}
	if s.with.config.DisableNestedTransaction {
		return nil // there is no savepoint to return to
	}
	err := tx.Transaction(func(savepoint *gorm.DB) error { return savepoint.Create(&hostOrder{ID: id}).Error })
	if translated := errors.Is(err, gorm.ErrDuplicatedKey); err == nil || translated == s.with.coded {
		s.t.Errorf("the host's second row of one key: %v", err)
	}
	return nil
}

// end is what is in the database.
func (s *story) end(svc *chat.Service) []string {
	s.t.Helper()
	table := s.with.orders
	if table == "" {
		table = "host_orders"
	}
	s.see("host rows", s.number(`SELECT count(*) FROM "`+table+`"`))
	for _, table := range []string{"rooms", "room_users", "messages", "message_media", "media", "reactions", "events"} {
		s.see(table, s.number("SELECT count(*) FROM chat_"+table))
	}
	var rooms []chat.Room
	ok(s.t, s.host.db.Order("created_at, id").Find(&rooms).Error)
	for _, room := range rooms {
		s.see("events of "+room.Name, s.kinds(room.ID))
	}
	total := must(svc.Unread(s.ctx, s.dave))(s.t)
	s.see("unread", total)
	s.checkLogs()
	return s.seen
}

func TestATransactionIsRefusedAsAHandle(t *testing.T) {
	overBoth(t, func(t *testing.T, h *host) {
		for name, begin := range map[string]func() *gorm.DB{
			"a transaction":          func() *gorm.DB { return h.db.Begin() },
			"a prepared transaction": func() *gorm.DB { return h.db.Session(&gorm.Session{PrepareStmt: true}).Begin() },
		} {
			tx := begin()
			_, err := chat.New(tx, h.config)
			if wantError(t, err, chat.ErrInvalid); err == nil || !strings.Contains(err.Error(), "WithTx") {
				t.Errorf("%s: %v does not say what to use", name, err)
			}
			ok(t, tx.Rollback().Error)
		}
	})
}

// The variants of dbtest all have foreign keys on; a host's may not.
func TestSQLiteWithoutForeignKeysIsRefused(t *testing.T) {
	t.Parallel()
	path := dbtest.SQLitePath(t, onSQLite.template(chat.Config{}))
	db := dbtest.Open(t, sqlite.Open(path), gorm.Config{})
	svc := must(chat.New(db, chat.Config{}))(t)
	alice, bob := chat.ID("user-01"), chat.ID("user-02")
	ctx := t.Context()
	refused := func(name string, err error) {
		t.Helper()
		if err == nil || !strings.Contains(err.Error(), "_foreign_keys=1") || !strings.Contains(err.Error(), "_pragma=foreign_keys(1)") {
			t.Errorf("%s: %v does not say how to turn foreign keys on", name, err)
		}
		if chat.IsRetryable(err) {
			t.Errorf("%s: trying again does not help", name)
		}
	}
	refused("OpenPrivate", of(svc.OpenPrivate(ctx, alice, bob)))
	refused("CreateRoom", of(svc.CreateRoom(ctx, alice, chat.NewRoom{Name: "x"})))
	refused("MarkRead", of(svc.MarkRead(ctx, alice, uuid.New(), 1)))
	refused("EraseUser", svc.EraseUser(ctx, chat.System, alice, chat.EraseOptions{}))
	refused("InTx", svc.InTx(ctx, func(_ *gorm.DB, s *chat.Service) error { return of(s.OpenPrivate(ctx, alice, bob)) }))
	refused("WithTx", db.Transaction(func(tx *gorm.DB) error {
		bound, _ := svc.WithTx(tx)
		return of(bound.OpenPrivate(ctx, alice, bob))
	}))
	var rooms int64
	ok(t, db.Model(&chat.Room{}).Count(&rooms).Error)
	if rooms != 0 {
		t.Errorf("%d rooms were written", rooms)
	}
}

// A host that overlooks the error of Begin gets an answer, and no panic.
func TestATransactionThatDidNotBeginIsNone(t *testing.T) {
	overBoth(t, func(t *testing.T, h *host) {
		ctx, cancel := context.WithCancel(h.ctx)
		cancel()
		tx := h.db.WithContext(ctx).Begin()
		if tx.Error == nil {
			t.Fatal("it began")
		}
		bound, done := h.WithTx(tx)
		_, err := bound.CreateRoom(h.ctx, h.alice, chat.NewRoom{Name: "x"})
		wantError(t, err, chat.ErrInvalid)
		done()
		_, err = boundTo(h.WithTx(h.db)).CreateRoom(h.ctx, h.alice, chat.NewRoom{Name: "x"}) // no transaction at all
		wantError(t, err, chat.ErrInvalid)
		if n := h.count("chat_rooms"); n != 0 {
			t.Errorf("%d rooms were made", n)
		}
	})
}

func boundTo(bound *chat.Service, _ func()) *chat.Service { return bound }
