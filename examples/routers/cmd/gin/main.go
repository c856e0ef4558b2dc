// Command gin serves the chat at /chat/: go run ./cmd/gin
package main

import (
	"github.com/go-df/chat/examples/routers/demo"
	"github.com/go-df/chat/examples/routers/ginrouter"
)

func main() { demo.Main(ginrouter.New) }
