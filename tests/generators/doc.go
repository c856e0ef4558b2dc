// Package generators proves that httpadapter/openapi.json works with the generators of Go
// that people use: make test-generators writes the code of ogen and of oapi-codegen into
// folders here, compiles both, and calls every operation through the latter. It is a module
// of its own: what they need must not become dependencies of the library.
package generators
