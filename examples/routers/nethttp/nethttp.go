// Package nethttp mounts the chat in the standard library's mux. The middleware puts
// the signed-in user into the request's context.
package nethttp

import (
	"context"
	"net/http"

	"github.com/go-df/chat"
	"github.com/go-df/chat/examples/routers/demo"
	"github.com/go-df/chat/httpadapter"
)

type userKey struct{}

// New returns a mux with the chat at /chat/.
func New(svc *chat.Service) (http.Handler, error) {
	api, err := httpadapter.New(svc, httpadapter.Config{BasePath: "/chat", User: signedIn})
	if err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	mux.Handle("/chat/", api)
	return signIn(mux), nil
}

func signIn(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx := context.WithValue(r.Context(), userKey{}, demo.User(r.Header.Get("Authorization")))
		next.ServeHTTP(w, r.WithContext(ctx))
	})
}

func signedIn(r *http.Request) (chat.UserID, error) {
	user, _ := r.Context().Value(userKey{}).(chat.UserID)
	return user, nil // "" is nobody, which the API answers with 401; an error would be an outage: 503
}
