// Package ginrouter mounts the chat in gin. gin's middlewares keep the signed-in user
// in gin's own context; the handler that mounts the chat passes them on.
package ginrouter

import (
	"context"
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/go-df/chat"
	"github.com/go-df/chat/examples/routers/demo"
	"github.com/go-df/chat/httpadapter"
)

// New returns an engine with the chat at /chat/.
func New(svc *chat.Service) (http.Handler, error) {
	api, err := httpadapter.New(svc, httpadapter.Config{BasePath: "/chat", User: signedIn})
	if err != nil {
		return nil, err
	}
	engine := gin.New()
	engine.Use(signIn)
	engine.Any("/chat/*path", mount(api))
	return engine, nil
}

const userKey = "user"

func signIn(c *gin.Context) {
	c.Set(userKey, demo.User(c.GetHeader("Authorization")))
}

type contextKey struct{}

func mount(api http.Handler) gin.HandlerFunc {
	return func(c *gin.Context) {
		ctx := context.WithValue(c.Request.Context(), contextKey{}, c.MustGet(userKey))
		api.ServeHTTP(c.Writer, c.Request.WithContext(ctx))
	}
}

func signedIn(r *http.Request) (chat.UserID, error) {
	user, _ := r.Context().Value(contextKey{}).(chat.UserID)
	return user, nil // "" is nobody, which the API answers with 401; an error would be an outage: 503
}
