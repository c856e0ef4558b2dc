package httpadapter_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/gorillamux"
	"github.com/google/go-cmp/cmp"

	"github.com/go-df/chat/httpadapter"
)

// described holds every exchange of the tests against openapi.json.
var described = readDescription()

type description struct {
	doc    *openapi3.T
	router routers.Router
}

func readDescription() *description {
	doc, err := openapi3.NewLoader().LoadFromFile("openapi.json")
	if err != nil {
		panic(err)
	}
	closeSchemas(doc)
	doc.Servers = nil
	router, err := gorillamux.NewRouter(doc)
	if err != nil {
		panic(err)
	}
	return &description{doc, router}
}

// closeSchemas makes what the document does not describe a fault. The document
// itself stays open, so that clients are ready for more.
func closeSchemas(doc *openapi3.T) {
	no := false
	for _, schema := range doc.Components.Schemas {
		if len(schema.Value.Properties) > 0 {
			schema.Value.AdditionalProperties = openapi3.AdditionalProperties{Has: &no}
		}
	}
}

// check fails the test when the answer is not as described, and when a request that
// is not as described was let through.
func (d *description) check(t testing.TB, r *http.Request, body []byte, got answer) {
	t.Helper()
	if r.Method == http.MethodOptions {
		return
	}
	asked := r.Clone(context.Background())
	asked.Body = io.NopCloser(bytes.NewReader(body))
	if r.Method == http.MethodHead {
		asked.Method = http.MethodGet
	}
	if r.URL.Path == "/media" && !strings.HasPrefix(r.Header.Get("Content-Type"), "multipart/") {
		asked.Header.Set("Content-Type", "application/octet-stream") // as which any bare body is taken, see the description
	}
	route, params, err := d.router.FindRoute(asked)
	if err != nil {
		if got.status != http.StatusNotFound && got.status != http.StatusMethodNotAllowed {
			t.Errorf("%s %s is not described, and answered with %d", r.Method, r.URL, got.status)
		}
		return
	}
	input := &openapi3filter.RequestValidationInput{
		Request: asked, PathParams: params, Route: route,
		Options: &openapi3filter.Options{
			AuthenticationFunc: openapi3filter.NoopAuthenticationFunc, IncludeResponseStatus: true, SkipSettingDefaults: true,
		},
	}
	if err := openapi3filter.ValidateRequest(asked.Context(), input); err != nil && got.status < 400 {
		t.Errorf("%s %s %s is not as described, and answered with %d: %v", r.Method, r.URL, body, got.status, err)
	}
	output := &openapi3filter.ResponseValidationInput{
		RequestValidationInput: input, Status: got.status, Header: got.header, Options: input.Options,
	}
	output.SetBodyBytes([]byte(got.body))
	if r.Method == http.MethodHead {
		output.Options.ExcludeResponseBody = true
	}
	if err := openapi3filter.ValidateResponse(asked.Context(), output); err != nil {
		t.Errorf("%s %s answers %d %s, which is not as described: %v", r.Method, r.URL, got.status, got.body, err)
	}
}

func TestDescriptionIsValid(t *testing.T) {
	t.Parallel()
	doc := must(openapi3.NewLoader().LoadFromFile("openapi.json"))(t)
	ok(t, doc.Validate(context.Background()))
	if doc.OpenAPI != "3.1.0" {
		t.Errorf("it is OpenAPI %s", doc.OpenAPI)
	}
	for path, item := range doc.Paths.Map() {
		for method, op := range item.Operations() {
			if op.Summary == "" || len(op.Tags) != 1 {
				t.Errorf("%s %s has no summary or tag", method, path)
			}
			if open := op.Security != nil && len(*op.Security) == 0; open != (path == "/openapi.json") {
				t.Errorf("%s %s asks for authentication: %t", method, path, !open)
			}
		}
	}
}

// Generators of code make one namespace of all kinds of components, and a type of each.
func TestComponentsHaveNamesOfTheirOwn(t *testing.T) {
	t.Parallel()
	doc, names := described.doc.Components, map[string][]string{}
	note := func(kind, name string) {
		folded := strings.ToLower(strings.NewReplacer("_", "", "-", "").Replace(name))
		names[folded] = append(names[folded], kind+" "+name)
	}
	for name := range doc.Parameters {
		note("parameter", name)
	}
	for name := range doc.Schemas {
		note("schema", name)
	}
	for name := range doc.Responses {
		note("response", name)
	}
	for name := range doc.Headers {
		note("header", name)
	}
	for _, same := range names {
		if len(same) > 1 {
			t.Errorf("have one name: %v", same)
		}
	}
}

func TestDescriptionHasExactlyTheRoutes(t *testing.T) {
	t.Parallel()
	var inDocument []string
	for path, item := range described.doc.Paths.Map() {
		for method, op := range item.Operations() {
			inDocument = append(inDocument, method+" "+path+" "+op.OperationID)
		}
	}
	routes := httpadapter.Routes()
	slices.Sort(inDocument)
	slices.Sort(routes)
	if diff := cmp.Diff(routes, inDocument); diff != "" {
		t.Errorf("routes (-) and openapi.json (+): %s", diff)
	}
}

func TestDescriptionIsServedToAnybody(t *testing.T) {
	over(t, func(t *testing.T, h *host) {
		got := h.want(200, "", "", "GET /openapi.json", "")
		file := string(must(os.ReadFile("openapi.json"))(t))
		if got.body != file || got.header.Get("Content-Type") != "application/json" {
			t.Errorf("%s with %d bytes", got.header.Get("Content-Type"), len(got.body))
		}
		h.want(304, "", "", "GET /openapi.json", "", "If-None-Match: "+got.header.Get("ETag"))
	})
}

// What the checker lets through is worth as much as the checker: it must see wrong
// answers.
func TestCheckerSeesWhatIsNotDescribed(t *testing.T) {
	t.Parallel()
	problem := `{"type":"about:blank","title":"t","status":404,"code":"not_found","detail":"d","instance":"/"}`
	kinds := http.Header{"Content-Type": {"application/json"}}
	problems := http.Header{"Content-Type": {"application/problem+json"}}
	for name, c := range map[string]struct {
		request string
		got     answer
		wrong   bool
	}{
		"as described":              {"GET /reactions/" + nowhere, answer{404, problems, problem}, false},
		"a status without a place":  {"GET /reactions/" + nowhere, answer{418, problems, problem}, true},
		"another content type":      {"GET /reactions/" + nowhere, answer{404, kinds, problem}, true},
		"a body of another shape":   {"GET /reactions/" + nowhere, answer{200, kinds, `{"id":"` + nowhere + `"}`}, true},
		"a key that is not known":   {"GET /reactions", answer{200, kinds, `{"items":[],"next":null,"more":1}`}, true},
		"a list":                    {"GET /reactions", answer{200, kinds, `{"items":[],"next":null}`}, false},
		"a code that is not known":  {"GET /reactions/" + nowhere, answer{404, problems, strings.Replace(problem, "not_found", "gone", 1)}, true},
		"a wrong request, accepted": {"GET /reactions?limit=x", answer{200, kinds, `{"items":[],"next":null}`}, true},
		"a path that is not there":  {"GET /reactionz", answer{200, kinds, `{}`}, true},
	} {
		method, target, _ := strings.Cut(c.request, " ")
		seen := &failures{TB: t}
		described.check(seen, &http.Request{Method: method, URL: must(url.Parse(target))(t), Header: http.Header{}}, nil, c.got)
		if seen.any != c.wrong {
			t.Errorf("%s: seen as wrong: %t", name, seen.any)
		}
	}
}

// failures notes failures rather than failing.
type failures struct {
	testing.TB
	any bool
}

func (f *failures) Errorf(string, ...any) { f.any = true }

var errBroken = errors.New("the disk is on fire")
