// Command fiber serves the chat at /chat/: go run ./cmd/fiber
package main

import (
	"context"
	"log"

	"github.com/go-df/chat/examples/routers/demo"
	"github.com/go-df/chat/examples/routers/fiberrouter"
)

func main() {
	svc, _, err := demo.Open(context.Background())
	if err != nil {
		log.Fatal(err)
	}
	app, err := fiberrouter.New(svc)
	if err != nil {
		log.Fatal(err)
	}
	log.Printf("try: curl -H 'Authorization: Bearer demo-alice' http://%s/chat/rooms", demo.Addr)
	log.Fatal(app.Listen(demo.Addr))
}
