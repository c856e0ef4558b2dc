package chat_test

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/google/uuid"
	gormpostgres "gorm.io/driver/postgres"
	gormsqlite "gorm.io/driver/sqlite"
	"gorm.io/gorm"

	"github.com/go-df/chat"
	"github.com/go-df/chat/internal/dbtest"
)

// TestAcknowledgedMessagesSurviveAKill lets a process send from many goroutines and
// kills it in the middle: each message that it was told is stored is there.
func TestAcknowledgedMessagesSurviveAKill(t *testing.T) {
	t.Parallel()
	for _, v := range []variant{onSQLiteFile, onPostgres} {
		t.Run(v.String(), func(t *testing.T) {
			t.Parallel()
			config := chat.Config{UserIDs: v.ids}
			dsn := ""
			if v.postgres {
				config.UsersTable = "users"
				dsn = dbtest.PostgresDSN(t, v.template(config))
			} else {
				dsn = dbtest.SQLiteDSN(dbtest.SQLitePath(t, v.template(config)))
			}
			db := dbtest.Open(t, v.dialector(dsn), gorm.Config{})
			svc := must(chat.New(db, config))(t)
			room := must(svc.CreateRoom(t.Context(), v.id(1), chat.NewRoom{Name: "x"}))(t)
			acknowledged := sendUntilKilled(t, v, dsn, room.ID)

			var texts []string
			ok(t, db.Raw("SELECT text FROM chat_messages WHERE room_id = ? ORDER BY number", room.ID).Scan(&texts).Error)
			stored := map[string]bool{}
			for _, text := range texts {
				stored[text] = true
			}
			for _, text := range acknowledged {
				if !stored[text] {
					t.Errorf("%s was acknowledged and is lost", text)
				}
			}
			seen := must(svc.Room(t.Context(), v.id(1), room.ID))(t)
			if int(seen.LastNumber) != len(texts) || len(stored) != len(texts) || seen.LastSeq != seen.LastNumber+1 {
				t.Errorf("%d messages, %d texts, counters %d and %d", len(texts), len(stored), seen.LastNumber, seen.LastSeq)
			}
			if m := must(svc.SendMessage(t.Context(), v.id(1), room.ID, chat.NewMessage{Text: "after"}))(t); m.Number != seen.LastNumber+1 {
				t.Errorf("the next number is %d", m.Number)
			}
		})
	}
}

func (v variant) dialector(dsn string) gorm.Dialector {
	if v.postgres {
		return gormpostgres.Open(dsn)
	}
	return gormsqlite.Open(dsn)
}

// sendUntilKilled runs this test binary as the sender, kills it after some hundred
// acknowledgements, and returns all that it printed.
func sendUntilKilled(t *testing.T, v variant, dsn string, room uuid.UUID) (acknowledged []string) {
	t.Helper()
	sender := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestSendForever$", "-test.v")
	sender.Env = append(os.Environ(), "CHAT_TEST_SENDER="+v.dialect()+" "+room.String(), "CHAT_TEST_SENDER_DSN="+dsn)
	out := must(sender.StdoutPipe())(t)
	ok(t, sender.Start())
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if text, ack := strings.CutPrefix(lines.Text(), "ack "); ack && strings.HasSuffix(text, ".") {
			acknowledged = append(acknowledged, text)
		}
		if len(acknowledged) == 300 {
			ok(t, sender.Process.Kill()) // and read on: what was printed before counts
		}
	}
	_ = sender.Wait()
	if len(acknowledged) < 300 {
		t.Fatalf("the sender ended after %d messages", len(acknowledged))
	}
	return acknowledged
}

// TestSendForever is the process that gets killed.
func TestSendForever(t *testing.T) {
	dialect, id, found := strings.Cut(os.Getenv("CHAT_TEST_SENDER"), " ")
	if !found {
		t.Skip("it is run by TestAcknowledgedMessagesSurviveAKill")
	}
	v, config := onSQLiteFile, chat.Config{UserIDs: chat.StringIDs}
	if dialect == "postgres" {
		v, config = onPostgres, chat.Config{UserIDs: chat.Int64IDs, UsersTable: "users"}
	}
	svc := must(chat.New(dbtest.Open(t, v.dialector(os.Getenv("CHAT_TEST_SENDER_DSN")), gorm.Config{}), config))(t)
	room := uuid.MustParse(id)
	for s := range 64 {
		go func() {
			for n := 0; ; n++ {
				text := fmt.Sprintf("%d-%d.", s, n)
				if _, err := svc.SendMessage(t.Context(), v.id(1), room, chat.NewMessage{Text: text}); err != nil {
					fmt.Println("error", err)
					return
				}
				fmt.Println("ack", text)
			}
		}()
	}
	<-t.Context().Done()
}
