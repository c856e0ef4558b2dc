// Gen writes src/api.ts: the types of the schemas of httpadapter/openapi.json, the
// operations with their parameters and results, and how each of them goes over the wire.
// It knows what that document uses, and fails on anything else.
//
//	go run ./clients/typescript/gen
package main

import (
	"flag"
	"log"
	"os"
)

func main() {
	log.SetFlags(0)
	in := flag.String("in", "httpadapter/openapi.json", "the description, a `file`")
	out := flag.String("out", "clients/typescript/src/api.ts", "the `file` to write")
	flag.Parse()
	description, err := os.ReadFile(*in)
	if err != nil {
		log.Fatal("gen: ", err)
	}
	source, err := generate(description)
	if err != nil {
		log.Fatal("gen: ", err)
	}
	if err := os.WriteFile(*out, source, 0o644); err != nil { //nolint:gosec // G306: a source file
		log.Fatal("gen: ", err)
	}
}
