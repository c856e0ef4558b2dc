package fiberrouter

import (
	"errors"
	"io"
	"log"
	"net/http"

	"github.com/gofiber/fiber/v3"
	"github.com/valyala/fasthttp"
	"github.com/valyala/fasthttp/fasthttpadaptor"
)

// mount hands requests to a net/http handler while their bodies still come in.
//
// fiber's adaptor.HTTPHandler alone would first read a streamed body into memory,
// however long it is, and would put the text of an error in the place of one that
// breaks off. So it gets the request without the body, and the handler gets the body.
func mount(handler http.Handler) fiber.Handler {
	return func(c fiber.Ctx) error {
		request, response := c.Request(), c.Response()
		length := request.Header.ContentLength()
		if length == -1 { // fasthttp cannot tell a chunked body that breaks off from a whole one
			return fiber.ErrLengthRequired
		}
		incoming := &body{left: max(length, 0), stream: request.BodyStream()}

		var head fasthttp.RequestCtx
		head.Init2(c.RequestCtx().Conn(), log.Default(), false)
		request.Header.CopyTo(&head.Request.Header)
		c.RequestCtx().VisitUserValuesAll(func(key, value any) { head.SetUserValue(key, value) })
		fasthttpadaptor.NewFastHTTPHandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			r.Body, r.ContentLength = incoming, int64(incoming.left)
			handler.ServeHTTP(w, r)
		})(&head)

		head.Response.Header.CopyTo(&response.Header)
		if stream := head.Response.BodyStream(); stream != nil {
			response.SetBodyStream(stream, -1)
			return nil
		}
		response.SetBodyRaw(head.Response.Body())
		if incoming.left == 0 {
			return request.CloseBodyStream() // it was read to its end
		}
		return nil
	}
}

// closeUnread ends the connection after a request whose streamed body was not read to
// its end: fasthttp would take the rest for the next request.
func closeUnread(c fiber.Ctx) error {
	err := c.Next()
	if c.Request().IsBodyStream() {
		c.Response().SetConnectionClose()
	}
	return err
}

// body is a body that comes in, of a known length.
type body struct {
	stream io.Reader
	left   int
}

func (b *body) Read(p []byte) (int, error) {
	if b.left == 0 {
		return 0, io.EOF
	}
	n, err := b.stream.Read(p[:min(len(p), b.left)])
	b.left -= n
	if errors.Is(err, io.EOF) {
		if err = nil; b.left > 0 {
			err = io.ErrUnexpectedEOF
		}
	}
	return n, err
}

func (b *body) Close() error { return nil }
