// Command echo serves the chat at /chat/: go run ./cmd/echo
package main

import (
	"github.com/go-df/chat/examples/routers/demo"
	"github.com/go-df/chat/examples/routers/echorouter"
)

func main() { demo.Main(echorouter.New) }
