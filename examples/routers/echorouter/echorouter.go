// Package echorouter mounts the chat in echo. echo's middlewares keep the signed-in
// user in echo's own context; the handler that mounts the chat passes them on.
package echorouter

import (
	"context"
	"net/http"

	"github.com/labstack/echo/v4"

	"github.com/go-df/chat"
	"github.com/go-df/chat/examples/routers/demo"
	"github.com/go-df/chat/httpadapter"
)

// New returns an echo with the chat at /chat/. A middleware.BodyLimit, where there is
// one, has to allow for uploads.
func New(svc *chat.Service) (http.Handler, error) {
	api, err := httpadapter.New(svc, httpadapter.Config{BasePath: "/chat", User: signedIn})
	if err != nil {
		return nil, err
	}
	e := echo.New()
	e.Use(signIn)
	e.Any("/chat/*", mount(api))
	return e, nil
}

const userKey = "user"

func signIn(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		c.Set(userKey, demo.User(c.Request().Header.Get(echo.HeaderAuthorization)))
		return next(c)
	}
}

type contextKey struct{}

func mount(api http.Handler) echo.HandlerFunc {
	return func(c echo.Context) error {
		ctx := context.WithValue(c.Request().Context(), contextKey{}, c.Get(userKey))
		api.ServeHTTP(c.Response(), c.Request().WithContext(ctx))
		return nil
	}
}

func signedIn(r *http.Request) (chat.UserID, error) {
	user, _ := r.Context().Value(contextKey{}).(chat.UserID)
	return user, nil // "" is nobody, which the API answers with 401; an error would be an outage: 503
}
