package inputs_test

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"gorm.io/gorm"

	"github.com/go-df/chat"
	"github.com/go-df/chat/internal/chatsuite"
	"github.com/go-df/chat/storage"
)

func mediaCalls() []badCall {
	withMedia := func(text string, pick func(s *badScene) []uuid.UUID) func(s *badScene) error {
		return func(s *badScene) error {
			return sends(chat.NewMessage{Text: text, MediaIDs: pick(s)})(s)
		}
	}
	var all []badCall
	for name, pick := range map[string]func(s *badScene) uuid.UUID{
		"another's":   func(s *badScene) uuid.UUID { return s.bobs.ID },
		"missing":     func(*badScene) uuid.UUID { return uuid.New() },
		"the nil id":  func(*badScene) uuid.UUID { return uuid.Nil },
		"pending":     func(s *badScene) uuid.UUID { return s.pending },
		"released":    func(s *badScene) uuid.UUID { return s.released },
		"a message's": func(s *badScene) uuid.UUID { return s.message.ID },
	} {
		all = append(all,
			invalidIn("media_ids[0]", name, withMedia("", func(s *badScene) []uuid.UUID { return []uuid.UUID{pick(s)} })),
			invalidIn("media_ids[1]", name, withMedia("a", func(s *badScene) []uuid.UUID { return []uuid.UUID{s.mine.ID, pick(s)} })),
			invalidIn("avatar_id", name, func(s *badScene) error {
				id := pick(s)
				if id == uuid.Nil {
					id = uuid.New() // the nil id takes an avatar away
				}
				return updates(chat.RoomPatch{AvatarID: &id})(s)
			}))
	}
	eleven := func(*badScene) (ids []uuid.UUID) {
		for range 11 {
			ids = append(ids, uuid.New())
		}
		return ids
	}
	return append(all,
		invalidIn("media_ids[2]", "the same twice", withMedia("", func(s *badScene) []uuid.UUID {
			return []uuid.UUID{s.mine.ID, s.bobs.ID, s.mine.ID}
		})),
		tooLargeIn("media_ids", 10, "eleven", withMedia("a", eleven)),
		conflictWith("a medium that is in use", withMedia("a", func(s *badScene) []uuid.UUID { return []uuid.UUID{s.bound.ID} })),
		invalidIn("avatar_id", "no image", func(s *badScene) error { return updates(chat.RoomPatch{AvatarID: &s.mine.ID})(s) }),
		invalidIn("avatar_id", "no image and in use", func(s *badScene) error { return updates(chat.RoomPatch{AvatarID: &s.bound.ID})(s) }),
		invalidIn("media_ids[0]", "a user's, by System", func(s *badScene) error {
			_, err := s.SendMessage(s.Ctx, chat.System, s.group.ID, chat.NewMessage{MediaIDs: []uuid.UUID{s.mine.ID}})
			return err
		}),
	)
}

// stateRefusals are inputs that are wrong only in the room that they meet.
func stateCalls() []badCall {
	reply := func(pick func(s *badScene) uuid.UUID) func(s *badScene) error {
		return func(s *badScene) error {
			id := pick(s)
			return sends(chat.NewMessage{Text: "re", ReplyToID: &id})(s)
		}
	}
	about := func(call func(s *badScene) error) badCall { return invalidIn("actor", "is System", call) }
	return []badCall{
		invalidIn("reply_to_id", "of another room", reply(func(s *badScene) uuid.UUID { return s.elsewhere.ID })),
		invalidIn("reply_to_id", "missing", reply(func(*badScene) uuid.UUID { return uuid.New() })),
		invalidIn("reply_to_id", "the nil id", reply(func(*badScene) uuid.UUID { return uuid.Nil })),
		conflictWith("a reply to a tombstone", reply(func(s *badScene) uuid.UUID { return s.tombstone.ID })),
		conflictWith("an edited tombstone", func(s *badScene) error {
			_, err := s.EditMessage(s.Ctx, s.Alice, s.tombstone.ID, chat.MessagePatch{Text: ptr("a")})
			return err
		}),
		conflictWith("a reaction to a tombstone", func(s *badScene) error {
			_, err := s.React(s.Ctx, s.Alice, s.tombstone.ID, "👍")
			return err
		}),
		invalidIn("user_id", "is oneself", func(s *badScene) error { _, err := s.OpenPrivate(s.Ctx, s.Alice, s.Alice); return err }),
		invalidIn("owner", "named by a user", creates(chat.NewRoom{Name: "A", Owner: "1"})),
		invalidIn("owner", "not named by System", func(s *badScene) error {
			_, err := s.CreateRoom(s.Ctx, chat.System, chat.NewRoom{Name: "A"})
			return err
		}),
		invalidIn("successors", "of another's room", func(s *badScene) error {
			return s.EraseUser(s.Ctx, chat.System, s.Bob, chat.EraseOptions{Successors: map[uuid.UUID]chat.UserID{s.group.ID: s.Alice}})
		}),
		invalidIn("successors", "who is no member", func(s *badScene) error {
			return s.EraseUser(s.Ctx, chat.System, s.Alice, chat.EraseOptions{Successors: map[uuid.UUID]chat.UserID{s.group.ID: s.Erin}})
		}),
		invalidIn("successors", "who is erased", func(s *badScene) error {
			return s.EraseUser(s.Ctx, chat.System, s.Alice, chat.EraseOptions{Successors: map[uuid.UUID]chat.UserID{s.group.ID: s.Alice}})
		}),
		about(func(s *badScene) error { _, err := s.OpenPrivate(s.Ctx, chat.System, s.Alice); return err }),
		about(func(s *badScene) error { _, err := s.JoinRoom(s.Ctx, chat.System, s.group.ID); return err }),
		about(func(s *badScene) error { return s.LeaveRoom(s.Ctx, chat.System, s.group.ID) }),
		about(func(s *badScene) error { _, err := s.Rooms(s.Ctx, chat.System, chat.RoomsQuery{}); return err }),
		about(func(s *badScene) error { _, err := s.Unread(s.Ctx, chat.System); return err }),
		about(func(s *badScene) error { _, err := s.MarkUnread(s.Ctx, chat.System, s.group.ID, 1); return err }),
		about(func(s *badScene) error { _, err := s.MarkRead(s.Ctx, chat.System, s.group.ID, 1); return err }),
		about(func(s *badScene) error { _, err := s.React(s.Ctx, chat.System, s.message.ID, "👍"); return err }),
		about(func(s *badScene) error { _, err := s.Reactions(s.Ctx, chat.System, chat.ReactionsQuery{}); return err }),
	}
}

// A client id stands for one message: the same again is that message, and another input
// is refused.
func TestClientIDIsUsedOnce(t *testing.T) {
	chatsuite.Run(t, func(t *testing.T, h *chatsuite.Host) {
		s := newBadScene(h)
		in := chat.NewMessage{Text: "one", ClientID: "c", ReplyToID: &s.message.ID, Metadata: chat.Metadata(`{"a":1}`), MediaIDs: []uuid.UUID{s.mine.ID}}
		first := chatsuite.Must(h.SendMessage(h.Ctx, h.Alice, s.group.ID, in))(t)
		before := chatsuite.RowCounts(t, h.DB)
		if again := chatsuite.Must(h.SendMessage(h.Ctx, h.Alice, s.group.ID, in))(t); again.ID != first.ID {
			t.Errorf("the repeat is message %d, want %d", again.Number, first.Number)
		}
		for _, change := range []func(in *chat.NewMessage){
			func(in *chat.NewMessage) { in.Text = "two" },
			func(in *chat.NewMessage) { in.ReplyToID = nil },
			func(in *chat.NewMessage) { in.ReplyToID = &s.withMedia.ID },
			func(in *chat.NewMessage) { in.Metadata = nil },
			func(in *chat.NewMessage) { in.MediaIDs = nil },
		} {
			other := in
			change(&other)
			_, err := h.SendMessage(h.Ctx, h.Alice, s.group.ID, other)
			chatsuite.WantError(t, err, chat.ErrConflict)
		}
		if diff := cmp.Diff(before, chatsuite.RowCounts(t, h.DB)); diff != "" {
			t.Error(diff)
		}
	})
}

// endlessBody counts what was read of an endless upload.
type endlessBody struct{ read int64 }

func (c *endlessBody) Read(p []byte) (int, error) {
	c.read += int64(len(p))
	return len(p), nil
}

var errBody = errors.New("the client hung up")

// An upload that fails leaves a pending row for the sweeper, visible to nobody.
func TestUploadsThatFailStayInvisible(t *testing.T) {
	chatsuite.Run(t, func(t *testing.T, h *chatsuite.Host) {
		endless := &endlessBody{}
		for name, test := range map[string]struct {
			body io.Reader
			want error
		}{
			"too large":         {endless, chat.ErrTooLarge},
			"fails at once":     {iotest.ErrReader(errBody), errBody},
			"fails later":       {io.MultiReader(strings.NewReader(strings.Repeat("x", 100_000)), iotest.ErrReader(errBody)), errBody},
			"fails with data":   {iotest.DataErrReader(io.MultiReader(strings.NewReader("ab"), iotest.ErrReader(errBody))), errBody},
			"is cut off":        {iotest.ErrReader(io.ErrUnexpectedEOF), io.ErrUnexpectedEOF},
			"one byte a time":   {iotest.OneByteReader(io.MultiReader(strings.NewReader("ab"), iotest.ErrReader(errBody))), errBody},
			"a byte over limit": {io.LimitReader(&endlessBody{}, 25<<20+1), chat.ErrTooLarge},
		} {
			media, err := h.UploadMedia(h.Ctx, h.Alice, chat.NewMedia{FileName: "a", Body: test.body})
			if media != nil || !errors.Is(err, test.want) {
				t.Errorf("%s: upload is %v, %v, want %v", name, media, err, test.want)
			}
			if errors.Is(test.want, chat.ErrTooLarge) {
				chatsuite.WantFieldError(t, err, chat.ErrTooLarge, "body", 25<<20)
			} else if strings.Contains(err.Error(), "store") {
				t.Errorf("%s: the body's fault is said to be the store's: %v", name, err)
			}
		}
		if beyond := endless.read - 25<<20; beyond > 1<<20 {
			t.Errorf("%d bytes beyond the limit were read", beyond)
		}
		wantNothingVisible(t, h)
	})
}

// wantNothingVisible wants every upload to be pending, its bytes absent.
func wantNothingVisible(t *testing.T, h *chatsuite.Host) {
	t.Helper()
	var uploads []chat.Media
	chatsuite.NoError(t, h.DB.Find(&uploads).Error)
	if len(uploads) == 0 {
		t.Error("no row is left for the sweeper")
	}
	room := h.NewGroup()
	for _, m := range uploads {
		if m.State != chat.MediaPending {
			t.Errorf("the upload is %s", m.State)
		}
		_, err := h.Media(h.Ctx, h.Alice, m.ID)
		chatsuite.WantError(t, err, chat.ErrNotFound)
		_, _, err = h.OpenMedia(h.Ctx, chat.System, m.ID)
		chatsuite.WantError(t, err, chat.ErrNotFound)
		_, err = h.SendMessage(h.Ctx, h.Alice, room.ID, chat.NewMessage{MediaIDs: []uuid.UUID{m.ID}})
		chatsuite.WantFieldError(t, err, chat.ErrInvalid, "media_ids[0]", 0)
		if content, err := h.Store.Open(h.Ctx, m.Key); err == nil {
			_ = content.Close()
			t.Error("the store has its bytes")
		}
	}
}

func TestUploadsThatAreRefusedWriteNothing(t *testing.T) {
	chatsuite.Run(t, func(t *testing.T, h *chatsuite.Host) {
		before := chatsuite.RowCounts(t, h.DB)
		upload := func(name string, body io.Reader) error {
			_, err := h.UploadMedia(h.Ctx, h.Alice, chat.NewMedia{FileName: name, Body: body})
			return err
		}
		bytes := strings.NewReader("bytes")
		chatsuite.WantFieldError(t, upload("a", nil), chat.ErrInvalid, "body", 0)
		chatsuite.WantFieldError(t, upload(withNUL, bytes), chat.ErrInvalid, "file_name", 0)
		chatsuite.WantFieldError(t, upload(notUTF8, bytes), chat.ErrInvalid, "file_name", 0)
		if diff := cmp.Diff(before, chatsuite.RowCounts(t, h.DB)); diff != "" {
			t.Error(diff)
		}
		if bytes.Len() != 5 {
			t.Error("a refused upload was read")
		}
		for name, want := range map[string]string{
			"": "", ".": "", "..": "", "../../etc/passwd": "passwd", `C:\photos\me.png`: "me.png", "a\r\nb": "ab", "a/": "",
			strings.Repeat("n", 255): strings.Repeat("n", 255), strings.Repeat("n", 256): strings.Repeat("n", 255),
			strings.Repeat(oneRune4, 64) + ".png": strings.Repeat(oneRune4, 62) + ".png", "\u3164": "", "a\u202eb": "ab",
			strings.Repeat("folder/", 100) + "x": "x", " a ": "a",
		} {
			media := chatsuite.Must(h.UploadMedia(h.Ctx, h.Alice, chat.NewMedia{FileName: name, Body: strings.NewReader("x")}))(t)
			if got := chatsuite.Must(h.Media(h.Ctx, h.Alice, media.ID))(t); got.FileName != want || media.FileName != want {
				t.Errorf("%q is kept as %q, want %q", name, got.FileName, want)
			}
		}
	})
}

// failingStore is a store whose disk is full.
type failingStore struct{ *storage.MemoryStore }

var errDiskFull = errors.New("no space left on device")

func (failingStore) Put(context.Context, string, io.Reader) error { return errDiskFull }

func TestAStoreThatFailsIsNamed(t *testing.T) {
	t.Parallel()
	for _, v := range []chatsuite.Variant{chatsuite.SQLite, chatsuite.Postgres} {
		t.Run(v.String(), func(t *testing.T) {
			t.Parallel()
			h := chatsuite.New(t, v, func(c *chat.Config) { c.Media = failingStore{storage.Memory()} })
			upload := func(s *chat.Service) error {
				_, err := s.UploadMedia(h.Ctx, h.Alice, chat.NewMedia{Body: strings.NewReader("bytes")})
				if !errors.Is(err, errDiskFull) || !strings.Contains(err.Error(), "media store") {
					t.Errorf("error is %v, want one of the media store", err)
				}
				return err
			}
			_ = upload(h.Service)
			chatsuite.NoError(t, h.InTx(h.Ctx, func(tx *gorm.DB, s *chat.Service) error { // the host may go on
				_ = upload(s)
				return tx.Exec("UPDATE users SET name = 'still here'").Error
			}))
			wantNothingVisible(t, h)
		})
	}
}

func TestWithoutAMediaStoreThereAreNoMedia(t *testing.T) {
	t.Parallel()
	for _, v := range []chatsuite.Variant{chatsuite.SQLite, chatsuite.Postgres} {
		t.Run(v.String(), func(t *testing.T) {
			t.Parallel()
			h := chatsuite.New(t, v, func(c *chat.Config) { c.Media = nil })
			before := chatsuite.RowCounts(t, h.DB)
			_, err := h.UploadMedia(h.Ctx, h.Alice, chat.NewMedia{Body: strings.NewReader("bytes")})
			chatsuite.WantError(t, err, chat.ErrNoMediaStore)
			_, _, err = h.OpenMedia(h.Ctx, h.Alice, uuid.New())
			chatsuite.WantError(t, err, chat.ErrNoMediaStore)
			_, err = h.Media(h.Ctx, h.Alice, uuid.New())
			chatsuite.WantError(t, err, chat.ErrNotFound)
			if diff := cmp.Diff(before, chatsuite.RowCounts(t, h.DB)); diff != "" {
				t.Error(diff)
			}
		})
	}
}
