package hosttx_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"gorm.io/driver/sqlite"
	"gorm.io/gorm"
	"gorm.io/gorm/logger"
	"gorm.io/gorm/schema"

	"github.com/go-df/chat"
	"github.com/go-df/chat/internal/chatsuite"
	"github.com/go-df/chat/internal/dbtest"
)

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
	for _, v := range []chatsuite.Variant{chatsuite.SQLite, chatsuite.Postgres} {
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
func (with handle) play(t *testing.T, v chatsuite.Variant) []string {
	t.Helper()
	h := chatsuite.New(t, v)
	pool := chatsuite.Must(h.DB.DB())(t)
	config := with.config
	config.Logger = logger.Discard
	db := chatsuite.Must(gorm.Open(v.PoolDialector(pool), &config))(t)
	chatsuite.NoError(t, db.AutoMigrate(&hostOrder{}))
	left := db
	if with.leave != nil {
		left = with.leave(db)
	}
	before := fmt.Sprintf("%+v %v %v", left.Statement.Clauses, left.Error, left.Config.TranslateError)
	svc := chatsuite.Must(chat.New(left, h.Config))(t)
	s := &story{Host: h, db: db, with: with}
	s.tell("alone", svc)
	chatsuite.NoError(t, svc.InTx(h.Ctx, func(tx *gorm.DB, bound *chat.Service) error {
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
	chatsuite.NoError(t, tx.Commit().Error)
	done()
	if err := svc.InTx(h.Ctx, func(_ *gorm.DB, bound *chat.Service) error {
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
	*chatsuite.Host
	db   *gorm.DB
	with handle
	seen []string
}

func (s *story) see(what string, values ...any) {
	s.seen = append(s.seen, what+": "+strings.TrimSpace(fmt.Sprintln(values...)))
}

// tell is a chapter: rooms, members, messages, media, reactions, refusals.
func (s *story) tell(chapter string, svc *chat.Service) {
	s.T.Helper()
	t, ctx := s.T, s.Ctx
	readers := chat.NoPermissions
	room := chatsuite.Must(svc.CreateRoom(ctx, s.Alice, chat.NewRoom{
		Name: chapter, Public: true, Members: []chat.NewRoomUser{{UserID: s.Bob}, {UserID: s.Carol, Permissions: &readers}},
	}))(t)
	chatsuite.Must(svc.OpenPrivate(ctx, s.Bob, s.Alice))(t)
	chatsuite.Must(svc.JoinRoom(ctx, s.Dave, room.ID))(t)
	media := chatsuite.Must(svc.UploadMedia(ctx, s.Bob, chat.NewMedia{FileName: "a.txt", Body: strings.NewReader("text")}))(t)
	first := chatsuite.Must(svc.SendMessage(ctx, s.Bob, room.ID, chat.NewMessage{
		Text: "first?", MediaIDs: []uuid.UUID{media.ID}, ClientID: "1", Metadata: chat.Metadata(`{"at":"@name ?"}`),
	}))(t)
	answer := chatsuite.Must(svc.SendMessage(ctx, s.Alice, room.ID, chat.NewMessage{Text: "second", ReplyToID: &first.ID}))(t)
	chatsuite.Must(svc.React(ctx, s.Carol, first.ID, "👍"))(t)
	edited := "edited"
	chatsuite.Must(svc.EditMessage(ctx, s.Alice, answer.ID, chat.MessagePatch{Text: &edited}))(t)
	chatsuite.Must(svc.UpdateRoom(ctx, s.Alice, room.ID, chat.RoomPatch{Description: &edited}))(t)
	_, err := svc.SendMessage(ctx, s.Carol, room.ID, chat.NewMessage{Text: "no"})
	chatsuite.WantError(t, err, chat.ErrForbidden)
	chatsuite.Must(svc.MarkRead(ctx, s.Dave, room.ID, 1))(t)
	chatsuite.Must(svc.TransferOwnership(ctx, s.Alice, room.ID, s.Bob))(t)
	chatsuite.NoError(t, svc.LeaveRoom(ctx, s.Alice, room.ID))
	chatsuite.NoError(t, svc.DeleteMessage(ctx, s.Bob, first.ID))
	s.see(chapter+" history", s.history(svc, room.ID))
	inbox := chatsuite.Must(svc.Rooms(ctx, s.Dave, chat.RoomsQuery{}))(t)
	for _, r := range inbox.Items {
		s.see(chapter+" inbox", r.Name, r.Unread, r.LastNumber, r.LastSeq)
	}
}

func (s *story) history(svc *chat.Service, room uuid.UUID) (lines []string) {
	s.T.Helper()
	page := chatsuite.Must(svc.Messages(s.Ctx, s.Dave, room, chat.HistoryQuery{}))(s.T)
	for _, m := range page.Items {
		lines = append(lines, fmt.Sprintf("%d %q %s media=%d reactions=%d reply=%t deleted=%t edited=%t",
			m.Number, m.Text, m.Metadata, len(m.Media), len(m.Reactions), m.ReplyTo != nil, m.Deleted(), m.EditedAt != nil))
	}
	return lines
}

// hostWrites does what the host does in its own transactions, and must find its own
// settings there: names, hooks, translated errors.
func (s *story) hostWrites(tx *gorm.DB, id int64) error {
	s.T.Helper()
	if err := tx.Create(&hostOrder{ID: id, Note: "paid"}).Error; err != nil {
		return fmt.Errorf("the host's row: %w", err)
	}
	var found hostOrder
	if err := tx.First(&found, id).Error; err != nil {
		return fmt.Errorf("the host's query: %w", err)
	}
	if diff := cmp.Diff(hostOrder{ID: id, Note: "paid", Hooked: true}, found); diff != "" {
		s.T.Errorf("the host's row (-want +got):\n%s", diff)
	}
	if s.with.config.DisableNestedTransaction {
		return nil // there is no savepoint to return to
	}
	err := tx.Transaction(func(savepoint *gorm.DB) error { return savepoint.Create(&hostOrder{ID: id}).Error })
	if translated := errors.Is(err, gorm.ErrDuplicatedKey); err == nil || translated == s.with.coded {
		s.T.Errorf("the host's second row of one key: %v", err)
	}
	return nil
}

// end is what is in the database.
func (s *story) end(svc *chat.Service) []string {
	s.T.Helper()
	table := s.with.orders
	if table == "" {
		table = "host_orders"
	}
	s.see("host rows", s.QueryInt(`SELECT count(*) FROM "`+table+`"`))
	for _, table := range []string{"rooms", "room_users", "messages", "message_media", "media", "reactions", "events"} {
		s.see(table, s.QueryInt("SELECT count(*) FROM chat_"+table))
	}
	var rooms []chat.Room
	chatsuite.NoError(s.T, s.Host.DB.Order("created_at, id").Find(&rooms).Error)
	for _, room := range rooms {
		s.see("events of "+room.Name, s.EventKinds(room.ID))
	}
	total := chatsuite.Must(svc.Unread(s.Ctx, s.Dave))(s.T)
	s.see("unread", *total)
	s.CheckRoomLogs()
	return s.seen
}

func TestATransactionIsRefusedAsAHandle(t *testing.T) {
	chatsuite.Run(t, func(t *testing.T, h *chatsuite.Host) {
		for name, begin := range map[string]func() *gorm.DB{
			"a transaction":          func() *gorm.DB { return h.DB.Begin() },
			"a prepared transaction": func() *gorm.DB { return h.DB.Session(&gorm.Session{PrepareStmt: true}).Begin() },
		} {
			tx := begin()
			_, err := chat.New(tx, h.Config)
			if chatsuite.WantError(t, err, chat.ErrInvalid); err == nil || !strings.Contains(err.Error(), "WithTx") {
				t.Errorf("%s: %v does not say what to use", name, err)
			}
			chatsuite.NoError(t, tx.Rollback().Error)
		}
	})
}

// The variants of dbtest all have foreign keys on; a host's may not.
func TestSQLiteWithoutForeignKeysIsRefused(t *testing.T) {
	t.Parallel()
	path := dbtest.SQLitePath(t, chatsuite.SQLite.Template(chat.Config{}))
	db := dbtest.Open(t, sqlite.Open(path), gorm.Config{})
	svc := chatsuite.Must(chat.New(db, chat.Config{}))(t)
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
	refused("OpenPrivate", chatsuite.ErrorOf(svc.OpenPrivate(ctx, alice, bob)))
	refused("CreateRoom", chatsuite.ErrorOf(svc.CreateRoom(ctx, alice, chat.NewRoom{Name: "x"})))
	refused("MarkRead", chatsuite.ErrorOf(svc.MarkRead(ctx, alice, uuid.New(), 1)))
	refused("EraseUser", svc.EraseUser(ctx, chat.System, alice, chat.EraseOptions{}))
	refused("InTx", svc.InTx(ctx, func(_ *gorm.DB, s *chat.Service) error { return chatsuite.ErrorOf(s.OpenPrivate(ctx, alice, bob)) }))
	refused("WithTx", db.Transaction(func(tx *gorm.DB) error {
		bound, _ := svc.WithTx(tx)
		return chatsuite.ErrorOf(bound.OpenPrivate(ctx, alice, bob))
	}))
	var rooms int64
	chatsuite.NoError(t, db.Model(&chat.Room{}).Count(&rooms).Error)
	if rooms != 0 {
		t.Errorf("%d rooms were written", rooms)
	}
}

// A host that overlooks the error of Begin gets an answer, and no panic.
func TestATransactionThatDidNotBeginIsNone(t *testing.T) {
	chatsuite.Run(t, func(t *testing.T, h *chatsuite.Host) {
		ctx, cancel := context.WithCancel(h.Ctx)
		cancel()
		prepared := h.DB.Session(&gorm.Session{PrepareStmt: true})
		for _, handle := range []*gorm.DB{h.DB, prepared, prepared.Session(&gorm.Session{PrepareStmt: true})} {
			tx := handle.WithContext(ctx).Begin()
			if tx.Error == nil {
				t.Fatal("it began")
			}
			bound, done := h.WithTx(tx)
			_, err := bound.CreateRoom(h.Ctx, h.Alice, chat.NewRoom{Name: "x"})
			chatsuite.WantError(t, err, chat.ErrInvalid)
			done()
		}
		_, err := boundTo(h.WithTx(h.DB)).CreateRoom(h.Ctx, h.Alice, chat.NewRoom{Name: "x"}) // no transaction at all
		chatsuite.WantError(t, err, chat.ErrInvalid)
		if n := h.CountRows("chat_rooms"); n != 0 {
			t.Errorf("%d rooms were made", n)
		}
	})
}

func boundTo(bound *chat.Service, _ func()) *chat.Service { return bound }
