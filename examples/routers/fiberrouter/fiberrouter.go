// Package fiberrouter mounts the chat in fiber, which is built on fasthttp instead of
// net/http. fiber's middlewares keep the signed-in user in Locals, which the adapted
// request's context has too.
package fiberrouter

import (
	"net/http"
	"strings"

	"github.com/gofiber/fiber/v3"
	"github.com/gofiber/fiber/v3/middleware/recover"

	"github.com/go-df/chat"
	"github.com/go-df/chat/examples/routers/demo"
	"github.com/go-df/chat/httpadapter"
)

// New returns an app with the chat at /chat/.
func New(svc *chat.Service) (*fiber.App, error) {
	api, err := httpadapter.New(svc, httpadapter.Config{BasePath: "/chat", User: signedIn})
	if err != nil {
		return nil, err
	}
	app := fiber.New(fiber.Config{
		// More than an upload may have: the chat itself refuses larger ones. While
		// bodies are streamed, fiber enforces no limit of its own, anywhere.
		BodyLimit:                    26 << 20,
		StreamRequestBody:            true,
		DisablePreParseMultipartForm: true, // the chat reads forms as they come in
		// No ReadTimeout and no WriteTimeout: they would end a long upload or download.
	})
	app.Use(recover.New()) // a panic in an adapted handler would end the program
	app.Use(closeUnread)
	app.Use(signIn)
	app.All("/chat/*", mount(api))
	return app, nil
}

type userKey struct{}

func signIn(c fiber.Ctx) error {
	// fiber uses the memory of a request's strings again: what may outlive the
	// request is copied.
	c.Locals(userKey{}, demo.User(strings.Clone(c.Get(fiber.HeaderAuthorization))))
	return c.Next()
}

func signedIn(r *http.Request) (chat.UserID, error) {
	user, _ := r.Context().Value(userKey{}).(chat.UserID)
	return user, nil // "" is nobody, which the API answers with 401; an error would be an outage: 503
}
