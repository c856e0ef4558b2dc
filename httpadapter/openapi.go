package httpadapter

import (
	_ "embed" // for openapi.json
	"errors"
	"slices"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// openapi describes the API. The tests hold every request and every response of
// theirs against it.
//
//go:embed openapi.json
var openapi []byte

func openapiRetrieve(r *request) (*response, error) {
	r.w.Header().Set("Cache-Control", "no-cache") // it is the same for everybody, until the next release
	return ok(r.h.described, nil), nil
}

// describe returns openapi.json without the operations that are disabled, and without the paths
// that then have none.
func describe(disabled []string) (rawJSON, error) {
	if len(disabled) == 0 {
		return openapi, nil
	}
	var document, paths map[string]jsontext.Value
	err := errors.Join(json.Unmarshal(openapi, &document), json.Unmarshal(document["paths"], &paths))
	for path, item := range paths {
		var operations map[string]jsontext.Value
		err = errors.Join(err, json.Unmarshal(item, &operations))
		for _, r := range routes {
			if r.path == path && slices.Contains(disabled, r.id) {
				delete(operations, strings.ToLower(r.method))
			}
		}
		if _, parameters := operations["parameters"]; len(operations) == 0 || parameters && len(operations) == 1 {
			delete(paths, path)
			continue
		}
		shown, failed := json.Marshal(operations, json.Deterministic(true))
		paths[path], err = shown, errors.Join(err, failed)
	}
	shown, failed := json.Marshal(paths, json.Deterministic(true))
	document["paths"] = shown
	whole, last := json.Marshal(document, json.Deterministic(true))
	return whole, errors.Join(err, failed, last)
}
