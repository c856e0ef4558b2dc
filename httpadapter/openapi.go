package httpadapter

import (
	_ "embed" // for openapi.json
)

// openapi describes the API. The tests hold every request and every response of
// theirs against it.
//
//go:embed openapi.json
var openapi []byte

func openapiRetrieve(r *request) (*response, error) {
	r.w.Header().Set("Cache-Control", "no-cache") // it is the same for everybody, until the next release
	return ok(rawJSON(openapi), nil), nil
}
