package chat_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"gorm.io/gorm"

	"github.com/go-df/chat"
	"github.com/go-df/chat/internal/chatsuite"
)

// shopUser is a host's user, soft-deleted as GORM does it. On PostgreSQL the chat has foreign
// keys to its table.
type shopUser struct {
	ID        string
	DeletedAt gorm.DeletedAt
}

func (shopUser) TableName() string { return "users" }

// userCheck is a host's CheckUsers that looks for its own users, and notes what it was asked.
type userCheck struct {
	asked [][]chat.UserID
	err   error
}

func (k *userCheck) check(_ context.Context, tx *gorm.DB, users []chat.UserID) ([]chat.UserID, error) {
	k.asked = append(k.asked, slices.Clone(users))
	var found []string
	if err := tx.Model(&shopUser{}).Where("CAST(id AS text) IN ?", users).Pluck("CAST(id AS text)", &found).Error; err != nil || k.err != nil {
		return nil, errors.Join(err, k.err)
	}
	return slices.DeleteFunc(users, func(id chat.UserID) bool { return slices.Contains(found, string(id)) }), nil
}

func (k *userCheck) was(t *testing.T, what string, want ...[]chat.UserID) {
	t.Helper()
	if diff := cmp.Diff(want, k.asked); diff != "" {
		t.Errorf("%s asks: %s", what, diff)
	}
	k.asked = nil
}

func runUserCheck(t *testing.T, test func(t *testing.T, h *chatsuite.Host, k *userCheck)) {
	t.Helper()
	t.Parallel()
	for _, v := range []chatsuite.Variant{chatsuite.SQLite, chatsuite.Postgres} {
		t.Run(v.String(), func(t *testing.T) {
			t.Parallel()
			k := &userCheck{}
			h := chatsuite.New(t, v, func(c *chat.Config) { c.Hooks.CheckUsers = k.check })
			chatsuite.NoError(t, h.DB.Exec("ALTER TABLE users ADD COLUMN deleted_at timestamp").Error)
			chatsuite.NoError(t, h.DB.Exec("UPDATE users SET deleted_at = ? WHERE id = ?", h.Clock.Now(), h.Erin).Error)
			test(t, h, k)
		})
	}
}

// All users at hand are asked about at once, where somebody comes into a room, and nowhere else.
func TestCheckUsersIsAskedWhereUsersAreAdded(t *testing.T) {
	runUserCheck(t, func(t *testing.T, h *chatsuite.Host, k *userCheck) {
		type ids = []chat.UserID
		room := h.NewGroup(h.Bob, h.Carol)
		k.was(t, "CreateRoom", ids{h.Alice, h.Bob, h.Carol})
		chatsuite.Must(h.AddUsers(h.Ctx, h.Alice, room.ID, chat.NewRoomUser{UserID: h.Bob}, chat.NewRoomUser{UserID: h.Dave}))(t)
		k.was(t, "AddUsers", ids{h.Dave})
		chatsuite.Must(h.AddUsers(h.Ctx, h.Alice, room.ID, chat.NewRoomUser{UserID: h.Bob}))(t)
		k.was(t, "AddUsers of members")
		for range 2 {
			chatsuite.Must(h.OpenPrivate(h.Ctx, h.Alice, h.Bob))(t)
			k.was(t, "OpenPrivate", ids{h.Alice, h.Bob})
		}
		public := chatsuite.Must(h.CreateRoom(h.Ctx, h.Alice, chat.NewRoom{Name: "x", Public: true}))(t)
		k.asked = nil
		chatsuite.Must(h.JoinRoom(h.Ctx, h.Bob, public.ID))(t)
		k.was(t, "JoinRoom", ids{h.Bob})

		m := h.Send(h.Bob, room.ID, "hello")
		chatsuite.Must(h.React(h.Ctx, h.Bob, m.ID, "👍"))(t)
		h.Upload(h.Bob, "x")
		chatsuite.NoError(t, h.BanUser(h.Ctx, h.Alice, public.ID, h.Erin, chat.BanOptions{}))
		k.was(t, "SendMessage, React, UploadMedia or BanUser")
	})
}

// Whom the host does not name may not be reached, in words that do not say who it was, and the
// host's transaction goes on.
func TestCheckUsersRefuses(t *testing.T) {
	runUserCheck(t, func(t *testing.T, h *chatsuite.Host, k *userCheck) {
		room := h.NewGroup(h.Bob)
		public := chatsuite.Must(h.CreateRoom(h.Ctx, h.Alice, chat.NewRoom{Name: "x", Public: true}))(t)
		before := chatsuite.RowCounts(t, h.DB)
		chatsuite.NoError(t, h.InTx(h.Ctx, func(tx *gorm.DB, s *chat.Service) error {
			for field, err := range map[string]error{
				"members ":  chatsuite.ErrorOf(s.CreateRoom(h.Ctx, h.Alice, chat.NewRoom{Name: "x", Members: []chat.NewRoomUser{{UserID: h.Bob}, {UserID: h.Erin}}})),
				"members":   chatsuite.ErrorOf(s.AddUsers(h.Ctx, h.Alice, room.ID, chat.NewRoomUser{UserID: h.Carol}, chat.NewRoomUser{UserID: h.Erin})),
				"members  ": chatsuite.ErrorOf(s.JoinRoom(h.Ctx, h.Erin, public.ID)),
				"user_id":   chatsuite.ErrorOf(s.OpenPrivate(h.Ctx, h.Alice, h.Erin)),
				"actor":     chatsuite.ErrorOf(s.OpenPrivate(h.Ctx, h.Erin, h.Alice)),
			} {
				chatsuite.WantFieldError(t, err, chat.ErrInvalid, strings.TrimSpace(field), 0)
				var refused *chat.FieldError
				if errors.As(err, &refused) && (refused.Code != chat.CodeNoSuchUser || strings.Contains(err.Error(), string(h.Erin)+" ")) {
					t.Errorf("%v", err)
				}
			}
			return tx.Exec("UPDATE users SET name = 'x' WHERE id = ?", h.Alice).Error
		}))
		k.err = errors.New("the directory is out of reach")
		chatsuite.WantError(t, chatsuite.ErrorOf(h.AddUsers(h.Ctx, h.Alice, room.ID, chat.NewRoomUser{UserID: h.Carol})), k.err)
		k.err = chat.Refuse("no strangers")
		chatsuite.WantError(t, chatsuite.ErrorOf(h.OpenPrivate(h.Ctx, h.Alice, h.Bob)), chat.ErrForbidden)
		if diff := cmp.Diff(before, chatsuite.RowCounts(t, h.DB)); diff != "" {
			t.Error(diff)
		}
	})
}

// It sees what the host has written in the transaction, through a handle of the host's settings,
// also in transactions of the service's own.
func TestCheckUsersIsAskedInTheTransaction(t *testing.T) {
	runUserCheck(t, func(t *testing.T, h *chatsuite.Host, _ *userCheck) {
		newcomer := h.UserID(90)
		chatsuite.WantError(t, chatsuite.ErrorOf(h.OpenPrivate(h.Ctx, h.Alice, newcomer)), chat.ErrInvalid)
		chatsuite.NoError(t, h.InTx(h.Ctx, func(tx *gorm.DB, s *chat.Service) error {
			if err := tx.Exec("INSERT INTO users (id) VALUES (?)", newcomer).Error; err != nil {
				return err
			}
			return chatsuite.ErrorOf(s.OpenPrivate(h.Ctx, h.Alice, newcomer))
		}))
		type key struct{}
		var value any
		var own bool
		svc := chatsuite.Must(chat.New(h.DB.Session(&gorm.Session{PrepareStmt: true}), func() chat.Config {
			c := h.Config
			c.Hooks.CheckUsers = func(ctx context.Context, tx *gorm.DB, _ []chat.UserID) ([]chat.UserID, error) {
				_, own = tx.Statement.ConnPool.(gorm.TxCommitter)
				value = tx.Statement.Context.Value(key{})
				if value != ctx.Value(key{}) {
					t.Error("the handle has another context")
				}
				// What it writes is rolled back with the rest.
				return []chat.UserID{h.Bob}, tx.Exec("UPDATE users SET name = 'checked' WHERE id = ?", h.Bob).Error
			}
			return c
		}()))(t)
		_, err := svc.OpenPrivate(context.WithValue(h.Ctx, key{}, "red"), h.Alice, h.Bob)
		chatsuite.WantFieldError(t, err, chat.ErrInvalid, "user_id", 0)
		if !own || value != "red" || h.QueryInt("SELECT count(*) FROM users WHERE name = 'checked'") != 0 {
			t.Errorf("in a transaction: %t, with the value %v", own, value)
		}
	})
}

// When the database gives the transaction up, it is asked again.
func TestCheckUsersIsAskedAgain(t *testing.T) {
	t.Parallel()
	times := 0
	h := chatsuite.New(t, chatsuite.Postgres, func(c *chat.Config) {
		c.Hooks.CheckUsers = func(_ context.Context, tx *gorm.DB, _ []chat.UserID) ([]chat.UserID, error) {
			if times++; times < 3 {
				return nil, fmt.Errorf("look: %w", tx.Exec("DO $$ BEGIN RAISE SQLSTATE '40P01'; END $$").Error)
			}
			return nil, nil
		}
	})
	chatsuite.Must(h.OpenPrivate(h.Ctx, h.Alice, h.Bob))(t)
	if times != 3 {
		t.Errorf("asked %d times", times)
	}
}

// A panic rolls back, and nothing stays locked.
func TestCheckUsersPanics(t *testing.T) {
	t.Parallel()
	for _, v := range []chatsuite.Variant{chatsuite.SQLite, chatsuite.Postgres} {
		panics := false
		h := chatsuite.New(t, v, func(c *chat.Config) {
			c.Hooks.CheckUsers = func(context.Context, *gorm.DB, []chat.UserID) ([]chat.UserID, error) {
				if panics {
					panic("a bug of the host's")
				}
				return nil, nil
			}
		})
		room := h.NewGroup()
		add := func() error {
			return chatsuite.ErrorOf(h.AddUsers(h.Ctx, h.Alice, room.ID, chat.NewRoomUser{UserID: h.Bob}))
		}
		panics = true
		if err := chatsuite.Recover(add); err == nil || !strings.Contains(err.Error(), "a bug") {
			t.Errorf("error is %v", err)
		}
		panics = false
		chatsuite.NoError(t, add())
	}
}
