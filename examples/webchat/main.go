// Webchat is a whole host application: it has users of its own, a sign-in of its own,
// and the chat's HTTP API mounted at /chat/.
//
//	go run ./examples/webchat
//	go run ./examples/webchat -db postgres://user:password@localhost/webchat
//
// Uploads are kept in a folder; the same program in examples/webchat/s3, a module of its own,
// keeps them in a bucket of S3 too. What both run is package host.
//
// It starts with the users alice, bob, carol and dave, and with rooms that already hold
// a few messages. What is added stays in the database and with the media.
//
// Its sign-in is a demo: whoever says that they are alice is alice. It listens on this
// machine alone, unless -addr says otherwise.
package main

import "github.com/go-df/chat/examples/webchat/host"

func main() { host.Main(nil) }
