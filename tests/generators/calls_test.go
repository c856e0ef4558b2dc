package generators_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"gorm.io/driver/sqlite"
	"gorm.io/gorm"

	"github.com/go-df/chat"
	"github.com/go-df/chat/httpadapter"
	"github.com/go-df/chat/storage"
	"github.com/go-df/chat/tests/generators/oapi"
)

// serve returns the URL of a real server.
func serve(t *testing.T) string {
	t.Helper()
	db := must(gorm.Open(sqlite.Open("file:"+t.TempDir()+"/chat.db?_txlock=immediate&_journal_mode=WAL&_busy_timeout=5000&_foreign_keys=1"), &gorm.Config{}))(t)
	config := chat.Config{UserIDs: chat.Int64IDs, Media: storage.Memory()}
	ok(t, chat.Migrate(t.Context(), db, config))
	svc := must(chat.New(db, config))(t)
	api := must(httpadapter.New(svc, httpadapter.Config{
		BasePath: "/chat", StreamLife: 100 * time.Millisecond, MediaURLKey: bytes.Repeat([]byte("k"), 32),
		User: func(r *http.Request) (chat.UserID, error) {
			return chat.UserID(strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")), nil
		},
		Profiles: func(_ *http.Request, ids []chat.UserID) (map[chat.UserID]httpadapter.Profile, error) {
			profiles := map[chat.UserID]httpadapter.Profile{}
			for _, id := range ids {
				profiles[id] = httpadapter.Profile{Name: "User " + string(id), Metadata: chat.Metadata(`{"team":"red"}`)}
			}
			return profiles, nil
		},
		SearchUsers: func(*http.Request, string, int) ([]chat.UserID, error) { return []chat.UserID{"1", "2"}, nil },
	}))(t)
	server := httptest.NewServer(api)
	t.Cleanup(func() {
		server.Close()
		pool := must(db.DB())(t)
		ok(t, errors.Join(svc.Close(), pool.Close()))
	})
	return server.URL + "/chat"
}

// client is one that oapi-codegen wrote, of a user. Its transport notes what it asks for.
func client(t *testing.T, url, user string, asked *[]string) *oapi.ClientWithResponses {
	t.Helper()
	return must(oapi.NewClientWithResponses(url, oapi.WithHTTPClient(&http.Client{Transport: noting{t, asked}}),
		oapi.WithRequestEditorFn(func(_ context.Context, r *http.Request) error {
			r.Header.Set("Authorization", "Bearer "+user)
			return nil
		})))(t)
}

type noting struct {
	t     *testing.T
	asked *[]string
}

func (n noting) RoundTrip(r *http.Request) (*http.Response, error) {
	n.t.Helper()
	response, err := http.DefaultTransport.RoundTrip(r)
	if err == nil && response.StatusCode >= 400 {
		n.t.Errorf("%s %s: %s", r.Method, r.URL, response.Status)
	}
	*n.asked = append(*n.asked, r.Method+" "+strings.TrimPrefix(r.URL.Path, "/chat"))
	return response, err
}

func must[T any](value T, err error) func(*testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		ok(t, err)
		return value
	}
}

func ok(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// body is what a response was decoded into.
func body[T any](t *testing.T, decoded *T) T {
	t.Helper()
	if decoded == nil {
		t.Fatal("a response has no body")
	}
	return *decoded
}

func TestEveryOperationThroughGeneratedCode(t *testing.T) {
	var asked []string
	url, ctx := serve(t), t.Context()
	alice, bob := client(t, url, "1", &asked), client(t, url, "2", &asked)

	me := body(t, must(alice.MeRetrieveWithResponse(ctx, nil))(t).JSON200)
	if me.Id != "1" || me.Limits.TextCharacters != 4000 || !me.Features.UserSearch {
		t.Errorf("%+v", me)
	}
	q := "al"
	if found := body(t, must(alice.UserListWithResponse(ctx, &oapi.UserListParams{Q: &q}))(t).JSON200); len(found.Items) != 2 {
		t.Errorf("%+v", found)
	}
	if one := body(t, must(alice.UserRetrieveWithResponse(ctx, "2", nil))(t).JSON200); *one.Name != "User 2" || (*one.Metadata)["team"] != "red" {
		t.Errorf("%+v", one)
	}

	room := rooms(t, alice, bob)
	message := messages(t, room, alice, bob)
	references(t, room, message, alice, bob)
	events(t, room, alice)
	ok(t, errOf(alice.ChatMessageDeleteWithResponse(ctx, message)))
	ok(t, errOf(alice.RoomBanCreateWithResponse(ctx, room, oapi.NewBan{UserId: "3"})))
	if bans := body(t, must(alice.RoomBanListWithResponse(ctx, room, nil))(t).JSON200); len(bans.Items) != 1 {
		t.Errorf("%+v", bans)
	}
	ok(t, errOf(alice.RoomBanDeleteWithResponse(ctx, room, "3")))
	ok(t, errOf(alice.ChatRoomTransferWithResponse(ctx, room, oapi.RoomTransfer{UserId: "2"})))
	ok(t, errOf(bob.RoomUserDeleteWithResponse(ctx, room, "1")))
	ok(t, errOf(bob.ChatRoomDeleteWithResponse(ctx, room)))
	if got := must(bob.OpenapiRetrieveWithResponse(ctx, nil))(t); got.JSON200 == nil {
		t.Error("there is no description")
	}
	wantAll(t, asked)
}

// rooms makes and changes one, and returns it.
func rooms(t *testing.T, alice, bob *oapi.ClientWithResponses) oapi.ID {
	t.Helper()
	ctx, name, public, muted := t.Context(), "Hiking", true, true
	made := body(t, must(alice.ChatRoomCreateWithResponse(ctx, oapi.NewRoom{Name: &name}))(t).JSON201)
	changed := body(t, must(alice.ChatRoomUpdateWithApplicationMergePatchPlusJSONBodyWithResponse(ctx, made.Id,
		&oapi.ChatRoomUpdateParams{IfMatch: &made.Version}, oapi.RoomPatch{IsPublic: &public}))(t).JSON200)
	if !changed.IsPublic || changed.Name != name {
		t.Errorf("%+v", changed)
	}
	ok(t, errOf(bob.ChatRoomJoinWithResponse(ctx, made.Id)))
	ok(t, errOf(alice.RoomUserCreateWithResponse(ctx, made.Id, oapi.NewRoomUsers{Members: &[]oapi.NewRoomUser{{UserId: "4"}}})))
	ok(t, errOf(bob.RoomUserUpdateWithApplicationMergePatchPlusJSONBodyWithResponse(ctx, made.Id, "me", oapi.RoomUserPatch{Muted: &muted})))
	if all := body(t, must(alice.RoomUserListWithResponse(ctx, made.Id, nil))(t).JSON200); len(all.Items) != 3 {
		t.Errorf("%+v", all)
	}
	if one := body(t, must(alice.RoomUserRetrieveWithResponse(ctx, made.Id, "2", nil))(t).JSON200); one.User.Id != "2" {
		t.Errorf("%+v", one)
	}
	if got := body(t, must(bob.ChatRoomRetrieveWithResponse(ctx, made.Id, nil))(t).JSON200); !got.IsMember || !got.Muted {
		t.Errorf("%+v", got)
	}
	if all := body(t, must(bob.ChatRoomListWithResponse(ctx, nil))(t).JSON200); len(all.Items) != 1 {
		t.Errorf("%+v", all)
	}
	return made.Id
}

// messages says something in a room, and returns the message.
func messages(t *testing.T, room oapi.ID, alice, bob *oapi.ClientWithResponses) oapi.ID {
	t.Helper()
	ctx, text, disposition := t.Context(), "Look at this", `attachment; filename="notes.txt"`
	file := body(t, must(alice.ChatMediaCreateWithBodyWithResponse(ctx, &oapi.ChatMediaCreateParams{ContentDisposition: &disposition},
		"application/octet-stream", strings.NewReader("some notes")))(t).JSON201)
	sent := body(t, must(alice.ChatMessageCreateWithResponse(ctx, room, nil, oapi.NewMessage{Text: &text, MediaIds: &[]oapi.ID{file.Id}}))(t).JSON201)
	if len(sent.Media) != 1 || sent.Media[0].FileName != "notes.txt" || sent.Media[0].Kind != "file" {
		t.Errorf("%+v", sent)
	}
	edited := "Look at that"
	ok(t, errOf(alice.ChatMessageUpdateWithApplicationMergePatchPlusJSONBodyWithResponse(ctx, sent.Id,
		&oapi.ChatMessageUpdateParams{IfMatch: &sent.Version}, oapi.MessagePatch{Text: &edited})))
	reacted := body(t, must(bob.ChatMessageReactionsCreateWithResponse(ctx, sent.Id, oapi.NewReaction{Reaction: "👍"}))(t).JSON201)
	got := body(t, must(bob.ChatMessageRetrieveWithResponse(ctx, sent.Id, nil))(t).JSON200)
	if got.Text != edited || len(got.Reactions) != 1 || *got.Reactions[0].Mine != reacted.Id || *got.Reactions[0].Users[0].Name != "User 2" {
		t.Errorf("%+v", got)
	}
	if page := body(t, must(bob.ChatMessageListWithResponse(ctx, room, nil))(t).JSON200); len(page.Items) != 1 || page.HasBefore {
		t.Errorf("%+v", page)
	}
	if found := body(t, must(bob.ChatMessageSearchWithResponse(ctx, &oapi.ChatMessageSearchParams{Q: "that"}))(t).JSON200); len(found.Items) != 1 {
		t.Errorf("%+v", found)
	}
	ok(t, errOf(bob.RoomUserReadWithResponse(ctx, room, oapi.ReadMarker{Number: 1})))
	ok(t, errOf(bob.RoomTypingWithResponse(ctx, room)))
	ok(t, errOf(bob.ChatMessageReactionsListWithResponse(ctx, sent.Id, nil)))
	ok(t, errOf(bob.ChatReactionsListWithResponse(ctx, nil)))
	ok(t, errOf(bob.ChatMessageReactionsRetrieveWithResponse(ctx, reacted.Id, nil)))
	ok(t, errOf(bob.ChatMessageReactionsDeleteWithResponse(ctx, reacted.Id)))
	ok(t, errOf(bob.ChatMediaRetrieveWithResponse(ctx, file.Id, nil)))
	if all := body(t, must(bob.ChatMediaListWithResponse(ctx, &oapi.ChatMediaListParams{Ids: []oapi.ID{file.Id}}))(t).JSON200); len(all.Items) != 1 {
		t.Errorf("%+v", all)
	}
	if content := must(bob.ChatMediaContentWithResponse(ctx, file.Id, nil))(t); string(content.Body) != "some notes" {
		t.Errorf("%q", content.Body)
	}
	return sent.Id
}

// references replies to a message, mentions somebody in it and pins it, and takes an upload back.
func references(t *testing.T, room, message oapi.ID, alice, bob *oapi.ClientWithResponses) {
	t.Helper()
	ctx, text := t.Context(), "Do you see it?"
	reply := body(t, must(alice.ChatMessageCreateWithResponse(ctx, room, nil, oapi.NewMessage{Text: &text, ReplyToId: &message, Mentions: &[]oapi.UserID{"2"}}))(t).JSON201)
	if all := body(t, must(bob.ChatMessageRepliesListWithResponse(ctx, message, nil))(t).JSON200); len(all.Items) != 1 || all.Items[0].Id != reply.Id {
		t.Errorf("%+v", all)
	}
	if all := body(t, must(bob.ChatMentionListWithResponse(ctx, nil))(t).JSON200); len(all.Items) != 1 || all.Items[0].Message.Id != reply.Id {
		t.Errorf("%+v", all)
	}
	ok(t, errOf(alice.ChatMessagePinWithResponse(ctx, reply.Id)))
	if all := body(t, must(bob.ChatPinListWithResponse(ctx, room, nil))(t).JSON200); len(all.Items) != 1 {
		t.Errorf("%+v", all)
	}
	ok(t, errOf(alice.ChatMessageUnpinWithResponse(ctx, reply.Id)))
	ok(t, errOf(bob.RoomUserUnreadWithResponse(ctx, room, oapi.UnreadMark{Number: 2})))
	if unread := body(t, must(bob.UnreadRetrieveWithResponse(ctx, nil))(t).JSON200); unread.MentionsWithMuted != 1 {
		t.Errorf("%+v", unread)
	}
	file := body(t, must(bob.ChatMediaCreateWithBodyWithResponse(ctx, nil, "application/octet-stream", strings.NewReader("a mistake")))(t).JSON201)
	ok(t, errOf(bob.ChatMediaDeleteWithResponse(ctx, file.Id)))
}

func events(t *testing.T, room oapi.ID, alice *oapi.ClientWithResponses) {
	t.Helper()
	ctx := t.Context()
	polled := body(t, must(alice.EventPollWithResponse(ctx, nil))(t).JSON200)
	if kind := must(polled.Updates[0].Discriminator())(t); kind != "hello" {
		t.Errorf("the first update is a %s", kind)
	}
	if page := body(t, must(alice.RoomEventListWithResponse(ctx, room, nil))(t).JSON200); len(page.Items) < 3 {
		t.Errorf("%+v", page)
	}
	if stream := must(alice.EventStreamWithResponse(ctx, nil))(t); !strings.Contains(string(stream.Body), "event: hello\n") {
		t.Errorf("%s", stream.Body)
	}
}

func errOf(_ any, err error) error { return err }

// wantAll fails for operations of the description that were not asked for.
func wantAll(t *testing.T, asked []string) {
	t.Helper()
	var document struct {
		Paths map[string]map[string]json.RawMessage `json:"paths"`
	}
	ok(t, json.Unmarshal(must(os.ReadFile("../../httpadapter/openapi.json"))(t), &document))
	for path, methods := range document.Paths {
		for method := range methods {
			if method == "parameters" {
				continue
			}
			wanted := strings.ToUpper(method) + " " + path
			if !slices.ContainsFunc(asked, func(one string) bool { return matches(wanted, one) }) {
				t.Errorf("nothing asked for %s", wanted)
			}
		}
	}
	if t.Failed() {
		fmt.Println(strings.Join(asked, "\n"))
	}
}

// matches compares "GET /rooms/{room}" with "GET /rooms/01990f5e…".
func matches(template, asked string) bool {
	wanted, got := strings.Split(template, "/"), strings.Split(asked, "/")
	if len(wanted) != len(got) {
		return false
	}
	for i := range wanted {
		isParam := strings.HasPrefix(wanted[i], "{")
		if !isParam && wanted[i] != got[i] || isParam && got[i] == "" {
			return false
		}
	}
	return true
}
