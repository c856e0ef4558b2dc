// Package chatsuite is what the tests of package chat share: a host with a chat of
// its own on a fresh database, the kinds of hosts to run over, and assertions. The
// unit tests in the module's root and the suites in tests/ use it:
//
//	func TestMain(m *testing.M) { dbtest.Main(m) }
//
//	func TestSend(t *testing.T) {
//		chatsuite.Run(t, func(t *testing.T, h *chatsuite.Host) {
//			room := h.NewGroup(h.Bob)
//			m := chatsuite.Must(h.SendMessage(h.Ctx, h.Bob, room.ID, chat.NewMessage{Text: "hi"}))(t)
//			…
//		})
//	}
//
// Only tests may import it.
package chatsuite

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm"

	"github.com/go-df/chat"
	"github.com/go-df/chat/internal/dbtest"
	"github.com/go-df/chat/storage"
)

// Host is a host application with a chat, for one test.
type Host struct {
	*chat.Service
	Variant
	T      testing.TB
	Ctx    context.Context
	DB     *gorm.DB
	Config chat.Config // what Service was made with
	Store  *storage.MemoryStore
	Clock  *Clock

	Alice, Bob, Carol, Dave, Erin chat.UserID // the first five users
}

// signingStore is a store whose objects have URLs.
type signingStore struct{ *storage.MemoryStore }

func (signingStore) SignURL(_ context.Context, key string, in chat.SignURLOptions) (string, error) {
	return fmt.Sprintf("https://media.example/%s?valid=%v&type=%s&as=%s", key, in.Valid, in.ContentType, in.ContentDisposition), nil
}

// New opens a fresh migrated database, and a service on it. The options change the
// config.
func New(t testing.TB, v Variant, options ...func(*chat.Config)) *Host {
	t.Helper()
	return NewOn(t, v, func(template dbtest.Template) *gorm.DB {
		switch {
		case v.Postgres:
			return dbtest.Postgres(t, template)
		case v.File:
			return dbtest.SQLiteFile(t, template)
		}
		return dbtest.SQLiteMemory(t, template)
	}, options...)
}

// NewOn is New on a database that open makes of the template and opens in its own way.
func NewOn(t testing.TB, v Variant, open func(dbtest.Template) *gorm.DB, options ...func(*chat.Config)) *Host {
	t.Helper()
	h := &Host{Variant: v, T: t, Ctx: context.Background(), Store: storage.Memory(), Clock: NewClock()}
	h.Config = chat.Config{UserIDs: v.UserIDs, Media: signingStore{h.Store}, Clock: h.Clock.Now}
	h.Config.Limits.SearchTime = time.Minute // what is found is not the machine's to decide
	if v.UsersTable {
		h.Config.UsersTable = "users"
	}
	for _, option := range options {
		option(&h.Config)
	}
	h.DB = open(v.Template(h.Config))
	svc, err := chat.New(h.DB, h.Config)
	if err != nil {
		t.Fatal(err)
	}
	h.Service = svc
	h.Alice, h.Bob, h.Carol, h.Dave, h.Erin = v.UserID(1), v.UserID(2), v.UserID(3), v.UserID(4), v.UserID(5)
	return h
}

// NewGroup creates a group of Alice's with these members.
func (h *Host) NewGroup(members ...chat.UserID) *chat.Room { return h.NewRoom(chat.Group, members...) }

// NewRoom creates a group or channel of Alice's with these members.
func (h *Host) NewRoom(kind chat.RoomType, members ...chat.UserID) *chat.Room {
	h.T.Helper()
	in := chat.NewRoom{Type: kind, Name: "A " + string(kind)}
	for _, id := range members {
		in.Members = append(in.Members, chat.NewRoomUser{UserID: id})
	}
	return Must(h.CreateRoom(h.Ctx, h.Alice, in))(h.T)
}

// Send sends a message of text alone.
func (h *Host) Send(actor chat.Actor, room uuid.UUID, text string) *chat.Message {
	h.T.Helper()
	return Must(h.SendMessage(h.Ctx, actor, room, chat.NewMessage{Text: text}))(h.T)
}

// Upload uploads a file named a.txt.
func (h *Host) Upload(actor chat.Actor, body string) *chat.Media {
	h.T.Helper()
	return Must(h.UploadMedia(h.Ctx, actor, chat.NewMedia{FileName: "a.txt", Body: strings.NewReader(body)}))(h.T)
}

// GIF is an image of one pixel.
const GIF = "GIF89a\x01\x00\x01\x00\x80\x00\x00\x00\x00\x00\xff\xff\xff!\xf9\x04\x01\x00\x00\x00\x00,\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02D\x01\x00;"
