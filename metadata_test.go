package chat_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/go-df/chat"
	"github.com/go-df/chat/internal/chatsuite"
)

func TestMetadataScansAndBinds(t *testing.T) {
	t.Parallel()
	buffer := []byte(`{"a": 1}`)
	var m chat.Metadata
	chatsuite.NoError(t, m.Scan(buffer))
	copy(buffer, "XXXXXXXX")
	if string(m) != `{"a": 1}` {
		t.Errorf("metadata is %q: it keeps the driver's buffer", m)
	}
	for src, want := range map[any]string{`{"b":2}`: `{"b":2}`, nil: ""} {
		chatsuite.NoError(t, m.Scan(src))
		if string(m) != want || (src == nil) != (m == nil) {
			t.Errorf("%v is scanned as %q", src, m)
		}
	}
	if err := m.Scan(1); err == nil {
		t.Error("a number is scanned as metadata")
	}
	for _, test := range []struct {
		metadata chat.Metadata
		want     any
	}{{nil, nil}, {chat.Metadata{}, nil}, {chat.Metadata(`{}`), "{}"}} {
		if value, err := test.metadata.Value(); err != nil || value != test.want {
			t.Errorf("%q is bound as %v, %v", test.metadata, value, err)
		}
	}
}

func TestMetadataIsJSONInJSON(t *testing.T) {
	t.Parallel()
	type wire struct {
		Metadata chat.Metadata `json:"metadata"`
	}
	for text, want := range map[string]string{
		`{"metadata":{"order":42}}`: `{"metadata":{"order":42}}`, `{"metadata":null}`: `{"metadata":null}`, `{}`: `{"metadata":null}`,
	} {
		var w wire
		chatsuite.NoError(t, json.Unmarshal([]byte(text), &w))
		if got := string(chatsuite.Must(json.Marshal(w))(t)); got != want {
			t.Errorf("%s comes back as %s", text, got)
		}
	}
}

// Logs and failed tests show the object, not its bytes.
func TestMetadataPrintsAsJSON(t *testing.T) {
	t.Parallel()
	m := chat.Metadata(`{"order": 42}`)
	for _, test := range []struct{ got, want string }{
		{fmt.Sprintf("%v", m), `{"order": 42}`},
		{fmt.Sprintf("%+v", m), `{"order": 42}`},
		{fmt.Sprint(m, chat.Metadata(nil)), `{"order": 42} `},
		{fmt.Sprintf("%v", struct{ Metadata chat.Metadata }{m}), `{{"order": 42}}`},
		{fmt.Sprintf("%+v", struct{ Metadata chat.Metadata }{m}), `{Metadata:{"order": 42}}`},
		{fmt.Sprintf("%+v", []chat.Metadata{m, nil}), `[{"order": 42} ]`},
	} {
		if test.got != test.want {
			t.Errorf("printed as %s, want %s", test.got, test.want)
		}
	}
	if printed := fmt.Sprintf("%+v", chat.Message{Metadata: m}); !strings.Contains(printed, `Metadata:{"order": 42}`) {
		t.Errorf("a message is printed as %s", printed)
	}
}

// The object that a host gives stays the host's, also where it is trimmed.
func TestMetadataOfTheCallerIsLeftAlone(t *testing.T) {
	chatsuite.Run(t, func(t *testing.T, h *chatsuite.Host) {
		group := h.NewGroup()
		given := chat.Metadata("  {\"a\": 1}\n")
		message := chatsuite.Must(h.SendMessage(h.Ctx, h.Alice, group.ID, chat.NewMessage{Text: "a", Metadata: given}))(t)
		chatsuite.Must(h.EditMessage(h.Ctx, h.Alice, message.ID, chat.MessagePatch{Metadata: &given}))(t)
		updated := chatsuite.Must(h.UpdateRoom(h.Ctx, h.Alice, group.ID, chat.RoomPatch{Metadata: &given}))(t)
		if string(given) != "  {\"a\": 1}\n" {
			t.Errorf("the caller's metadata is %q now", given)
		}
		want := `{"a": 1}`
		got := []string{
			string(message.Metadata), string(updated.Metadata),
			string(chatsuite.Must(h.Message(h.Ctx, h.Alice, message.ID))(t).Metadata), string(chatsuite.Must(h.Room(h.Ctx, h.Alice, group.ID))(t).Metadata),
		}
		if diff := cmp.Diff([]string{want, want, want, want}, got); diff != "" {
			t.Error(diff)
		}
		removed := chatsuite.Must(h.UpdateRoom(h.Ctx, h.Alice, group.ID, chat.RoomPatch{Metadata: new(chat.Metadata)}))(t)
		if removed.Metadata != nil || chatsuite.Must(h.Room(h.Ctx, h.Alice, group.ID))(t).Metadata != nil {
			t.Errorf("the room still has %q", removed.Metadata)
		}
	})
}

// A host queries its metadata by SQL, so both databases must take it for JSON.
func TestMetadataCanBeQueried(t *testing.T) {
	chatsuite.Run(t, func(t *testing.T, h *chatsuite.Host) {
		group := h.NewGroup()
		for _, text := range []string{
			`{"order": 42}`, `{"order": 42, "note": "\ud83d\ude00 \u00e9"}`, `{"order": 42, "deep": ` + strings.Repeat("[", 60) + strings.Repeat("]", 60) + `}`,
			`{"order": 42, "half": "\ud800"}`,
		} {
			_, err := h.SendMessage(h.Ctx, h.Alice, group.ID, chat.NewMessage{Text: "a", Metadata: chat.Metadata(text)})
			if strings.Contains(text, "half") {
				chatsuite.WantFieldError(t, err, chat.ErrInvalid, "metadata", 0) // PostgreSQL cannot read half a character back
				continue
			}
			chatsuite.NoError(t, err)
		}
		orders := chatsuite.QueryLines(t, h.DB, "SELECT CAST(metadata->>'order' AS text) FROM chat_messages ORDER BY number")
		if want := strings.Repeat("42\n", 3); orders != want {
			t.Errorf("orders are %q, want %q", orders, want)
		}
		if notes := chatsuite.QueryLines(t, h.DB, "SELECT metadata->>'note' FROM chat_messages WHERE number = 2"); notes != "😀 é\n" {
			t.Errorf("the note is %q", notes)
		}
	})
}
