// Package chirouter mounts the chat in a chi router. chi's middlewares are those of
// net/http: the signed-in user is in the request's context.
package chirouter

import (
	"context"
	"net/http"

	"github.com/go-chi/chi/v5"

	"github.com/go-df/chat"
	"github.com/go-df/chat/examples/routers/demo"
	"github.com/go-df/chat/httpadapter"
)

type userKey struct{}

// New returns a router with the chat at /chat/.
func New(svc *chat.Service) (http.Handler, error) {
	api, err := httpadapter.New(svc, httpadapter.Config{BasePath: "/chat", User: signedIn})
	if err != nil {
		return nil, err
	}
	router := chi.NewRouter()
	router.Use(signIn)
	router.Mount("/chat", api) // the request keeps its whole path
	return router, nil
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
