// Command nethttp serves the chat at /chat/: go run ./cmd/nethttp
package main

import (
	"github.com/go-df/chat/examples/routers/demo"
	"github.com/go-df/chat/examples/routers/nethttp"
)

func main() { demo.Main(nethttp.New) }
