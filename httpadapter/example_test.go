package httpadapter_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/go-df/chat"
	"github.com/go-df/chat/chattest"
	"github.com/go-df/chat/httpadapter"
)

// Under a mux of the host's, behind the host's own sign-in.
func Example() {
	svc := chattest.New(&testing.T{}) // a real host has chat.New(db, config)
	api, err := httpadapter.New(svc.Service, httpadapter.Config{
		BasePath: "/chat",
		User: func(r *http.Request) (chat.UserID, error) {
			token, found := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer demo-")
			if !found {
				return "", chat.ErrUnauthenticated // any other error would be an outage of the sign-in
			}
			return chat.UserID(token), nil
		},
		Profiles: func(_ *http.Request, ids []chat.UserID) (map[chat.UserID]httpadapter.Profile, error) {
			profiles := map[chat.UserID]httpadapter.Profile{}
			for _, id := range ids { // a real host asks its table of users once
				profiles[id] = httpadapter.Profile{Name: strings.ToUpper(string(id))}
			}
			return profiles, nil
		},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	mux := http.NewServeMux()
	mux.Handle("/chat/", api)

	request := httptest.NewRequest(http.MethodPost, "/chat/rooms", strings.NewReader(`{"type":"private_messages","user_id":"bob"}`))
	request.Header.Set("Authorization", "Bearer demo-alice")
	request.Header.Set("Content-Type", "application/json")
	answer := httptest.NewRecorder()
	mux.ServeHTTP(answer, request)
	_, other, _ := strings.Cut(answer.Body.String(), `"other":`)
	other, _, _ = strings.Cut(other, "}")
	fmt.Println(answer.Code, other+"}")

	stranger := httptest.NewRecorder()
	mux.ServeHTTP(stranger, httptest.NewRequest(http.MethodGet, answer.Header().Get("Location"), nil))
	fmt.Println(stranger.Code, stranger.Header().Get("Content-Type"))
	// Output:
	// 201 {"id":"bob","name":"BOB","last_seen_at":null,"last_read_number":0}
	// 401 application/problem+json
}
