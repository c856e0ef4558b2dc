package main

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm"

	"github.com/go-df/chat"
	"github.com/go-df/chat/chattest"
	"github.com/go-df/chat/internal/dbtest"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

// testShop is a shop in memory, whose clock stands still, with a buyer and a seller.
func testShop(t *testing.T) (shop *Shop, c *chattest.Chat, buyer, seller User) {
	t.Helper()
	shop = &Shop{}
	c = chattest.NewWith(t, chattest.Options{
		Config:  shop.chatConfig(),
		Migrate: func(db *gorm.DB) error { return Migrate(t.Context(), db) },
	})
	shop.db, shop.chat = c.DB, c.Service
	buyer, seller = User{ID: uuid.New(), Name: "Ann"}, User{ID: uuid.New(), Name: "Ben"}
	if err := c.DB.Create([]*User{&buyer, &seller}).Error; err != nil {
		t.Fatal(err)
	}
	return shop, c, buyer, seller
}

func TestOrderHasChat(t *testing.T) {
	shop, c, buyer, seller := testShop(t)
	order, err := shop.PlaceOrder(t.Context(), buyer.ID, seller.ID, "A red bicycle")
	if err != nil {
		t.Fatal(err)
	}
	room, err := c.RoomByKey(t.Context(), chat.ID(seller.ID), roomKey(order.ID))
	if err != nil || room.LastMessage.Text != "The order was placed" {
		t.Errorf("the seller sees %+v, %v", room, err)
	}
	c.WaitFor(room.ID, chat.MessageCreated)
}

// inShops runs a test on both databases.
func inShops(t *testing.T, test func(t *testing.T, x *host)) {
	t.Parallel()
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		shop, _, _, _ := testShop(t)
		test(t, newHost(t, shop.db))
	})
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		test(t, newHost(t, dbtest.Postgres(t, dbtest.Template{Key: "orders", Prepare: Migrate})))
	})
}

// host is a shop over HTTP with two users and what it has mailed.
type host struct {
	*Shop
	t        *testing.T
	mailed   []string
	url      string
	ann, ben User
}

func newHost(t *testing.T, db *gorm.DB) *host {
	t.Helper()
	x := &host{t: t}
	var err error
	x.Shop, err = newShop(db, func(to, text string) error { x.mailed = append(x.mailed, to+": "+text); return nil })
	x.ok(err)
	t.Cleanup(func() { _ = x.chat.Close() })
	x.ann, x.ben = User{ID: uuid.New(), Name: "Ann", Email: "ann@example.org"}, User{ID: uuid.New(), Name: "Ben", Email: "ben@example.org"}
	x.ok(db.Create([]*User{&x.ann, &x.ben}).Error)
	handler, err := x.Handler()
	x.ok(err)
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	x.url = server.URL
	return x
}

func (x *host) ok(err error) {
	x.t.Helper()
	if err != nil {
		x.t.Fatal(err)
	}
}

// ask asks as a user, and returns the status and the body.
func (x *host) ask(user uuid.UUID, method, path, body string) (int, string) {
	x.t.Helper()
	request, err := http.NewRequestWithContext(x.t.Context(), method, x.url+path, strings.NewReader(body))
	x.ok(err)
	request.AddCookie(&http.Cookie{Name: "user", Value: user.String()})
	if body != "" {
		request.Header.Set("Content-Type", "application/json")
	}
	response, err := http.DefaultClient.Do(request)
	x.ok(err)
	defer func() { _ = response.Body.Close() }()
	content, err := io.ReadAll(response.Body)
	x.ok(err)
	return response.StatusCode, string(content)
}

func (x *host) wantStatus(want int, user uuid.UUID, method, path, body, part string) {
	x.t.Helper()
	if status, got := x.ask(user, method, path, body); status != want || !strings.Contains(got, part) {
		x.t.Errorf("%s %s is %d: %s", method, path, status, got)
	}
}

func TestShop(t *testing.T) {
	inShops(t, func(t *testing.T, x *host) {
		ctx := t.Context()
		order, err := x.PlaceOrder(ctx, x.ann.ID, x.ben.ID, "A red bicycle")
		x.ok(err)
		room, err := x.chat.RoomByKey(ctx, chat.ID(x.ann.ID), roomKey(order.ID))
		x.ok(err)

		stranger := User{ID: uuid.New(), Name: "Eve"}
		x.ok(x.db.Create(&stranger).Error)
		messages := "/chat/rooms/" + room.ID.String() + "/messages"
		x.wantStatus(200, x.ann.ID, "GET", "/orders/"+order.ID.String()+"/chat", "", room.ID.String())
		x.wantStatus(404, stranger.ID, "GET", "/orders/"+order.ID.String()+"/chat", "", "not_found")
		x.wantStatus(401, uuid.New(), "GET", "/orders/"+order.ID.String()+"/chat", "", "unauthenticated")
		x.wantStatus(404, x.ann.ID, "GET", "/orders/17/chat", "", "not_found")
		x.wantStatus(201, x.ann.ID, "POST", messages, `{"text": "When can I have it?"}`, "When can I")
		x.wantStatus(404, x.ann.ID, "POST", "/chat/rooms", `{"name": "Chats of my own"}`, "not_found")
		x.wantStatus(200, x.ben.ID, "GET", "/chat/users?ids="+x.ann.ID.String(), "", "Ann")
		x.wantStatus(200, x.ben.ID, "GET", "/chat/ui/", "", "df-chat")
		x.wantStatus(200, x.ben.ID, "GET", "/health", "", "")

		x.digests(order)
		for range 2 {
			x.ok(x.CloseOrder(ctx, order.ID))
		}
		x.wantStatus(403, x.ann.ID, "POST", messages, `{"text": "But …"}`, "this order is closed")
		x.wantStatus(200, x.ann.ID, "GET", messages, "", "The order is closed")
		x.ok(x.Nightly(ctx))
		x.exported()
		x.accounts(stranger)
	})
}

// digests: Ben is mailed once what he has not read, when he has not looked for a day.
func (x *host) digests(order *Order) {
	x.t.Helper()
	ctx := x.t.Context()
	x.ok(x.SendDigests(ctx, time.Now()))
	if len(x.mailed) > 0 {
		x.t.Errorf("mailed at once: %q", x.mailed)
	}
	x.ok(x.db.Exec("UPDATE chat_room_users SET created_at = ?, last_seen_at = NULL", time.Now().Add(-25*time.Hour)).Error)
	x.ok(x.db.Where("job = ?", "digest").Delete(&Progress{}).Error)
	for range 2 {
		x.ok(x.SendDigests(ctx, time.Now()))
	}
	want := []string{ // Ann has written, and so has read
		"ben@example.org: You have 2 unread messages.\n\nA red bicycle\n> The order was placed\n> When can I have it?\n",
	}
	if !slices.Equal(x.mailed, want) {
		x.t.Errorf("mailed about %s: %q, want %q", order.ID, x.mailed, want)
	}
}

func (x *host) exported() {
	x.t.Helper()
	status, content := x.ask(x.ann.ID, "GET", "/account/export", "")
	archive, err := zip.NewReader(bytes.NewReader([]byte(content)), int64(len(content)))
	x.ok(err)
	file, err := archive.Open("messages.jsonl")
	x.ok(err)
	lines, err := io.ReadAll(file)
	x.ok(err)
	if status != 200 || strings.Count(string(lines), "\n") != 1 || !strings.Contains(string(lines), "When can I have it?") {
		x.t.Errorf("%d: the export has %s", status, lines)
	}
}

// accounts: nobody is in a new chat who was deleted, and who deletes their account leaves no name.
func (x *host) accounts(stranger User) {
	x.t.Helper()
	ctx := x.t.Context()
	x.ok(x.db.Delete(&stranger).Error) // softly
	if _, err := x.PlaceOrder(ctx, x.ann.ID, stranger.ID, "A bell"); !errors.Is(err, chat.ErrInvalid) {
		x.t.Errorf("an order of somebody who was deleted: %v", err)
	}
	x.ok(x.DeleteAccount(ctx, x.ann.ID))
	x.wantStatus(401, x.ann.ID, "GET", "/account/export", "", "unauthenticated")
	status, messages := x.ask(x.ben.ID, "GET", "/chat/rooms", "")
	if status != 200 || strings.Contains(messages, x.ann.ID.String()) || !strings.Contains(messages, "A red bicycle") {
		x.t.Errorf("after Ann was erased: %d %s", status, messages)
	}
	var orders, erased int64
	x.ok(x.db.Model(&Order{}).Count(&orders).Error)
	x.ok(x.db.Model(&chat.Message{}).Where("author_kind = ?", chat.AuthorKindErased).Count(&erased).Error)
	if orders != 1 || erased != 1 {
		x.t.Errorf("%d orders, %d messages of erased authors", orders, erased)
	}
}

// TestNotify: each message is queued once for each recipient, however often the job is stopped.
func TestNotify(t *testing.T) {
	inShops(t, func(t *testing.T, x *host) {
		order, err := x.PlaceOrder(t.Context(), x.ann.ID, x.ben.ID, "A red bicycle")
		x.ok(err)
		room, err := x.chat.RoomByKey(t.Context(), chat.ID(x.ann.ID), roomKey(order.ID))
		x.ok(err)
		_, err = x.progress(t.Context(), "notify")
		x.ok(err)
		for i, texts := range [][]string{nil, {"one"}, {"two", "three"}} {
			ctx, stop := context.WithCancel(t.Context())
			done := make(chan error, 1)
			go func() { done <- x.Notify(ctx) }()
			x.waitFor(func() bool { // it listens, and knows from where on
				at, err := x.progress(t.Context(), "notify")
				return err == nil && at.Cursor != ""
			})
			for _, text := range texts {
				_, err := x.chat.SendMessage(t.Context(), chat.ID(x.ann.ID), room.ID, chat.NewMessage{Text: text})
				x.ok(err)
			}
			x.waitFor(func() bool { return x.pushed("") == int64(i+i*(i-1)/2) })
			stop()
			if err := <-done; !errors.Is(err, context.Canceled) {
				t.Errorf("the job ended with %v", err)
			}
		}
		if n := x.pushed("user_id = '" + x.ben.ID.String() + "'"); n != 3 {
			t.Errorf("%d pushes to Ben", n)
		}
	})
}

func (x *host) pushed(condition string) (n int64) {
	x.t.Helper()
	query := x.db.Model(&Push{})
	if condition != "" {
		query = query.Where(condition)
	}
	x.ok(query.Count(&n).Error)
	return n
}

func (x *host) waitFor(is func() bool) {
	x.t.Helper()
	for end := time.Now().Add(30 * time.Second); !is(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			x.t.Fatal("it does not come about")
		}
	}
}

// TestRun starts the program itself, and stops it.
func TestRun(t *testing.T) {
	t.Parallel()
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := listener.Addr().String()
	x := &host{t: t, url: "http://" + addr}
	x.ok(listener.Close())
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	done := make(chan error, 1)
	go func() { done <- run(ctx, "file:"+t.TempDir()+"/"+sqliteDSN, addr) }()
	x.waitFor(func() bool {
		connection, err := new(net.Dialer).DialContext(t.Context(), "tcp", addr)
		return err == nil && connection.Close() == nil
	})
	x.wantStatus(200, uuid.Nil, "GET", "/health", "", "")
	stop()
	x.ok(<-done)
}
