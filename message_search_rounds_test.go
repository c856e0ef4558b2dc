package chat_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm"
	"gorm.io/gorm/logger"

	"github.com/go-df/chat"
	"github.com/go-df/chat/internal/chatsuite"
	"github.com/go-df/chat/internal/words"
)

// What is in every message is found by reading the newest alone, though they are of many rooms of
// which some are far ahead: the index would find all that there is of it.
func TestTheIndexIsNotAskedForWhatIsCommon(t *testing.T) {
	chatsuite.RunPooled(t, func(t *testing.T, h *chatsuite.Host) {
		h = withIndex(h, true)
		for range 20 {
			texts := make([]string, 300)
			for i := range texts {
				texts[i] = fmt.Sprint("word ", i)
			}
			insertTexts(h, h.NewGroup(h.Bob).ID, texts)
		}
		chatsuite.NoError(t, chat.Migrate(h.Ctx, h.DB, h.Config)) // which makes their words
		log := &chatsuite.StatementLog{Interface: logger.Discard}
		svc := chatsuite.Must(chat.New(h.DB.Session(&gorm.Session{Logger: log}), h.Config))(t)
		page := chatsuite.Must(svc.SearchMessages(h.Ctx, h.Bob, chat.MessageSearchQuery{Query: "word"}))(t)
		if len(page.Items) != 50 || page.Next == "" {
			t.Errorf("the page has %d items, next %q", len(page.Items), page.Next)
		}
		for _, statement := range log.Statements {
			if strings.Contains(statement, "AS unknown") {
				t.Errorf("the index is asked: %s", statement)
			}
		}
	})
}

// Rooms in which much was sent at once are read beside those in which little was, page after page, and nothing
// is left out or comes twice: whether a word is common or rare, with the index and without.
func TestSearchesOfManyRoomsAreWhole(t *testing.T) {
	chatsuite.RunPooled(t, func(t *testing.T, h *chatsuite.Host) {
		r := rand.New(rand.NewPCG(3, 4))
		rooms := make([]uuid.UUID, 25)
		for i := range rooms {
			rooms[i] = h.NewGroup(h.Bob).ID
		}
		numbers := make(map[uuid.UUID]int64)
		var messages []chat.Message
		at, room := time.Now().Add(-time.Hour).UnixMilli(), rooms[0]
		for i := range 9000 {
			if r.IntN(200) == 0 { // what is sent in bursts, and then nothing for a while
				room = rooms[r.IntN(len(rooms))]
				at += int64(r.IntN(20_000))
			}
			to := room
			if r.IntN(3) == 0 {
				to = rooms[r.IntN(len(rooms))]
			}
			at += int64(r.IntN(3))
			numbers[to]++
			id := uuid.Must(uuid.NewV7())
			binary.BigEndian.PutUint64(id[:8], uint64(at)<<16|0x7000|uint64(i&0xfff))
			messages = append(messages, chat.Message{ID: id, RoomID: to, Number: numbers[to], AuthorKind: chat.AuthorKindSystem,
				Text: fmt.Sprintf("m%d a%d b%d c%d", i, i%7, r.IntN(90), r.IntN(900)), CreatedAt: h.Clock.Now()})
		}
		slices.SortStableFunc(messages, func(a, b chat.Message) int { return bytes.Compare(b.ID[:], a.ID[:]) })
		chatsuite.NoError(t, h.DB.CreateInBatches(messages, 500).Error)
		chatsuite.NoError(t, h.DB.Exec("UPDATE chat_rooms SET last_number = (SELECT COALESCE(max(number), 0) FROM chat_messages WHERE room_id = chat_rooms.id)").Error)
		for _, index := range []bool{false, true} {
			h = withIndex(h, index)
			for _, word := range []string{`"a3"`, `"b5"`, `"c5"`, `"c77"`, "b8", "absent"} {
				query := words.Parse(word)
				var want []string
				for _, m := range messages {
					if _, has := query.Match(m.Text); has {
						want = append(want, m.Text)
					}
				}
				wantFound(t, h, h.Bob, word, nil, want...)
			}
		}
	})
}
