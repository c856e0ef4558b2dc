// Command chi serves the chat at /chat/: go run ./cmd/chi
package main

import (
	"github.com/go-df/chat/examples/routers/chirouter"
	"github.com/go-df/chat/examples/routers/demo"
)

func main() { demo.Main(chirouter.New) }
