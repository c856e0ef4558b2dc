package race_test

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm"

	"github.com/go-df/chat"
	"github.com/go-df/chat/internal/chatsuite"
	"github.com/go-df/chat/internal/dbtest"
)

// TestAcknowledgedMessagesSurviveAKill lets a process send from many goroutines and
// kills it in the middle: each message that it was told is stored is there.
func TestAcknowledgedMessagesSurviveAKill(t *testing.T) {
	t.Parallel()
	for _, v := range []chatsuite.Variant{chatsuite.SQLiteFile, chatsuite.Postgres} {
		t.Run(v.String(), func(t *testing.T) {
			t.Parallel()
			config := chat.Config{UserIDs: v.UserIDs}
			dsn := ""
			if v.Postgres {
				config.UsersTable = "users"
				dsn = dbtest.PostgresDSN(t, v.Template(config))
			} else {
				dsn = dbtest.SQLiteDSN(dbtest.SQLitePath(t, v.Template(config)))
			}
			db := dbtest.Open(t, v.Dialector(dsn), gorm.Config{})
			svc := chatsuite.Must(chat.New(db, config))(t)
			room := chatsuite.Must(svc.CreateRoom(t.Context(), v.UserID(1), chat.NewRoom{Name: "x"}))(t)
			acknowledged := sendUntilKilled(t, v, dsn, room.ID)
			waitUntilAlone(t, v, db)

			var texts []string
			chatsuite.NoError(t, db.Raw("SELECT text FROM chat_messages WHERE room_id = ? ORDER BY number", room.ID).Scan(&texts).Error)
			stored := map[string]bool{}
			for _, text := range texts {
				stored[text] = true
			}
			for _, text := range acknowledged {
				if !stored[text] {
					t.Errorf("%s was acknowledged and is lost", text)
				}
			}
			seen := chatsuite.Must(svc.Room(t.Context(), v.UserID(1), room.ID))(t)
			if int(seen.LastNumber) != len(texts) || len(stored) != len(texts) || seen.LastSeq != seen.LastNumber+1 {
				t.Errorf("%d messages, %d texts, counters %d and %d", len(texts), len(stored), seen.LastNumber, seen.LastSeq)
			}
			if m := chatsuite.Must(svc.SendMessage(t.Context(), v.UserID(1), room.ID, chat.NewMessage{Text: "after"}))(t); m.Number != seen.LastNumber+1 {
				t.Errorf("the next number is %d", m.Number)
			}
		})
	}
}

// waitUntilAlone returns when nobody else is connected to the database. What a killed
// process has sent to PostgreSQL may be committed until its connections have ended. On
// SQLite they end with the process.
func waitUntilAlone(t *testing.T, v chatsuite.Variant, db *gorm.DB) {
	t.Helper()
	if !v.Postgres {
		return
	}
	pool := chatsuite.Must(db.DB())(t)
	pool.SetMaxOpenConns(1)
	pool.SetMaxIdleConns(1) // this pool's others are closed
	var others int64
	for end := time.Now().Add(chatsuite.Timeout); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		chatsuite.NoError(t, db.Raw(`SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()
			AND backend_type = 'client backend' AND pid <> pg_backend_pid()`).Scan(&others).Error)
		if others == 0 {
			return
		}
	}
	t.Fatalf("%d connections are still open", others)
}

// sendUntilKilled runs this test binary as the sender, kills it after some hundred
// acknowledgements, and returns all that it printed.
func sendUntilKilled(t *testing.T, v chatsuite.Variant, dsn string, room uuid.UUID) (acknowledged []string) {
	t.Helper()
	sender := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestSendForever$", "-test.v")
	sender.Env = append(os.Environ(), "CHAT_TEST_SENDER="+v.Dialect()+" "+room.String(), "CHAT_TEST_SENDER_DSN="+dsn)
	out := chatsuite.Must(sender.StdoutPipe())(t)
	chatsuite.NoError(t, sender.Start())
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if text, ack := strings.CutPrefix(lines.Text(), "ack "); ack && strings.HasSuffix(text, ".") {
			acknowledged = append(acknowledged, text)
		}
		if len(acknowledged) == 300 {
			chatsuite.NoError(t, sender.Process.Kill()) // and read on: what was printed before counts
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
	v, config := chatsuite.SQLiteFile, chat.Config{UserIDs: chat.StringIDs}
	if dialect == "postgres" {
		v, config = chatsuite.Postgres, chat.Config{UserIDs: chat.Int64IDs, UsersTable: "users"}
	}
	svc := chatsuite.Must(chat.New(dbtest.Open(t, v.Dialector(os.Getenv("CHAT_TEST_SENDER_DSN")), gorm.Config{}), config))(t)
	room := uuid.MustParse(id)
	for s := range 64 {
		go func() {
			for n := 0; ; n++ {
				text := fmt.Sprintf("%d-%d.", s, n)
				if _, err := svc.SendMessage(t.Context(), v.UserID(1), room, chat.NewMessage{Text: text}); err != nil {
					fmt.Println("error", err)
					return
				}
				fmt.Println("ack", text)
			}
		}()
	}
	<-t.Context().Done()
}
