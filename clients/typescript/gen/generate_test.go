package main

import (
	"encoding/json"
	"os"
	"strings"
	"testing"
)

// What is in the repository is what the generator makes of the description.
func TestUpToDate(t *testing.T) {
	t.Parallel()
	description, err := os.ReadFile("../../../httpadapter/openapi.json")
	if err != nil {
		t.Fatal(err)
	}
	want, err := generate(description)
	if err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile("../src/api.ts")
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != string(want) {
		t.Error("src/api.ts is not what the generator makes of openapi.json: make client")
	}
}

func schemas(t *testing.T, written string) *document {
	t.Helper()
	d := &document{}
	if err := json.Unmarshal([]byte(`{"components":{"schemas":`+written+`}}`), &d.root); err != nil {
		t.Fatal(err)
	}
	return d
}

func TestTypes(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ schema, want string }{
		{`{"type":"string","format":"uuid"}`, `string`},
		{`{"type":["integer","null"]}`, `number | null`},
		{`{"type":"string","enum":["a","b\"c"]}`, `"a" | "b\"c"`},
		{`{"const":3}`, `3`},
		{`{"type":"array","items":{"type":["string","null"]}}`, `(string | null)[]`},
		{`{"type":["array","null"],"items":{"type":"string"}}`, `string[] | null`},
		{`{"oneOf":[{"$ref":"#/components/schemas/Other"},{"type":"null"}]}`, `Other | null`},
		{`{"allOf":[{"$ref":"#/components/schemas/Other"},{"oneOf":[{"type":"null"},{"type":"string"}]}]}`, `Other & (null | string)`},
		{`{"type":"object","additionalProperties":true}`, `{ [key: string]: unknown }`},
		{`{"type":"object","additionalProperties":{"type":"integer"}}`, `{ [key: string]: number }`},
		{`{"type":"object","required":["a"],"properties":{"a":{"type":"string"},"b-c":{"type":"boolean","description":"Ends in */ here."}}}`,
			"{\n  a: string;\n  /** Ends in *\\/ here. */\n  \"b-c\"?: boolean;\n}"},
	} {
		d := schemas(t, `{"Other":{"type":"object"},"It":`+c.schema+`}`)
		if got := d.typeOf(d.at(d.root, "components", "schemas", "It"), ""); got != c.want {
			t.Errorf("%s became\n%s\nnot\n%s", c.schema, got, c.want)
		}
	}
}

// What it does not know it refuses: it never writes a type that is wrong.
func TestRefused(t *testing.T) {
	t.Parallel()
	get := func(rest string) string {
		return `{"paths":{"/x":{"get":{"operationId":"x","responses":{"200":{"description":""}}` + rest + `}}}}`
	}
	for _, c := range []struct{ description, reason string }{
		{`{"components":{"schemas":{"It":{}}}}`, "no type"},
		{`{"components":{"schemas":{"It":{"type":"tuple"}}}}`, "of the type tuple"},
		{`{"components":{"schemas":{"It":{"$ref":"#/components/schemas/Missing"}}}}`, "there is no"},
		{get(`,"parameters":[{"name":"a","in":"cookie","schema":{"type":"string"}}]`), "in the cookie"},
		{get(`,"parameters":[{"name":"a","in":"query","schema":{"type":"string"}},{"name":"a","in":"path","schema":{"type":"string"}}]`), "two parameters"},
		{get(`,"requestBody":{"content":{"text/csv":{}}}`), "another kind"},
		{`{"paths":{"/x":{"get":{"operationId":"x","responses":{"404":{}}}}}}`, "no response is a success"},
	} {
		if _, err := generate([]byte(c.description)); err == nil || !strings.Contains(err.Error(), c.reason) {
			t.Errorf("%s: the error is %v, not %q", c.description, err, c.reason)
		}
	}
}
