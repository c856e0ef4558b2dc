package main

import (
	"fmt"
	"slices"
	"strings"
)

// An operation as TypeScript has it.
type operation struct {
	name, about  string
	method, path string
	parameters   []parameter
	body         string            // its type, or ""
	bodyOptional bool              // it may be left out
	bodyKind     string            // how it is sent: "json", "patch" or "bytes"
	headers      map[string]string // by parameter, the header that it is sent as
	result       string
}

type parameter struct {
	name, about, kind string
	required          bool
}

// Headers that are no parameters of a call: the cache of the browser asks with the first,
// and a call takes whole files.
var notParameters = []string{"If-None-Match", "Range", "Last-Event-ID"}

// operations returns what can be called, in the order of paths. A stream of events cannot:
// the client has a function of its own for it.
func (d *document) operations() []*operation {
	var found []*operation
	paths := d.at(d.root, "paths")
	for _, path := range sorted(paths) {
		item := d.at(paths, path)
		for _, method := range []string{"get", "post", "put", "patch", "delete"} {
			declared, is := item[method].(object)
			if !is || d.at(declared, "responses", "200", "content")["text/event-stream"] != nil {
				continue
			}
			found = append(found, d.operation(method, path, item, declared))
		}
	}
	return found
}

func (d *document) operation(method, path string, item, declared object) *operation {
	o := &operation{
		name: camel(text(declared["operationId"])), method: strings.ToUpper(method), path: path, headers: map[string]string{},
	}
	o.about = comment("  ", strings.TrimSuffix(text(declared["summary"]), ".")+".", text(declared["description"]),
		"`"+o.method+" "+path+"`")
	for _, one := range slices.Concat(list(item["parameters"]), list(declared["parameters"])) {
		o.add(d, d.resolve(one.(object)))
	}
	d.body(o, declared)
	d.result(o, declared)
	return o
}

func (o *operation) add(d *document, p object) {
	name, schema := text(p["name"]), d.typeOf(p["schema"].(object), "    ")
	switch p["in"] {
	case "path", "query":
	case "header":
		if slices.Contains(notParameters, name) {
			return
		}
		o.headers[camel(name)] = name
		name = camel(name)
	default:
		panic(failure(fmt.Sprintf("%s: a parameter in the %v", o.name, p["in"])))
	}
	if name == "body" || slices.ContainsFunc(o.parameters, func(other parameter) bool { return other.name == name }) {
		panic(failure(o.name + ": two parameters are called " + name))
	}
	o.parameters = append(o.parameters, parameter{name, text(p["description"]), schema, p["required"] == true})
}

func (d *document) body(o *operation, declared object) {
	if declared["requestBody"] == nil {
		return
	}
	body := d.at(declared, "requestBody")
	content := d.at(body, "content")
	o.bodyOptional = body["required"] != true
	for _, known := range [][2]string{{"application/merge-patch+json", "patch"}, {"application/json", "json"}} {
		if accepted, is := content[known[0]].(object); is {
			o.bodyKind, o.body = known[1], d.typeOf(accepted["schema"].(object), "    ")
			return
		}
	}
	if content["application/octet-stream"] == nil && content["*/*"] == nil {
		panic(failure(fmt.Sprintf("%s: a body of another kind: %v", o.name, sorted(content))))
	}
	o.bodyKind, o.body = "bytes", "Blob"
}

// result is what the statuses that mean success have in them; others are errors. A part of
// a file is not asked for, and browsers follow redirects by themselves.
func (d *document) result(o *operation, declared object) {
	responses := d.at(declared, "responses")
	var types []string
	for _, status := range sorted(responses) {
		if status[0] != '2' || status == "206" {
			continue
		}
		kind := "void"
		if content := d.at(responses, status, "content"); content != nil {
			kind = "Blob"
			if answered, is := content["application/json"].(object); is {
				kind = d.typeOf(answered["schema"].(object), "    ")
			}
		}
		if !slices.Contains(types, kind) {
			types = append(types, kind)
		}
	}
	if types == nil {
		panic(failure(o.name + ": no response is a success"))
	}
	o.result = strings.Join(types, " | ")
}

// signature returns the method of the interface of all operations.
func (o *operation) signature() string {
	var b strings.Builder
	optional := true
	for _, p := range o.parameters {
		b.WriteString(comment("    ", p.about))
		if p.required {
			fmt.Fprintf(&b, "    %s: %s;\n", property(p.name), p.kind)
			optional = false
		} else { // undefined is as good as absent: it is not sent
			fmt.Fprintf(&b, "    %s?: %s | undefined;\n", property(p.name), p.kind)
		}
	}
	switch {
	case o.body != "" && o.bodyOptional:
		fmt.Fprintf(&b, "    body?: %s;\n", o.body)
	case o.body != "":
		fmt.Fprintf(&b, "    body: %s;\n", o.body)
		optional = false
	}
	mark := map[bool]string{true: "?"}[optional]
	if b.Len() == 0 {
		return fmt.Sprintf("%s  %s(params?: NoParameters, options?: CallOptions): Promise<%s>;\n", o.about, o.name, o.result)
	}
	return fmt.Sprintf("%s  %s(params%s: {\n%s  }, options?: CallOptions): Promise<%s>;\n", o.about, o.name, mark, b.String(), o.result)
}

// route returns the row of the table of how the operations are sent.
func (o *operation) route() string {
	row := fmt.Sprintf("  %s: { method: %q, path: %q", o.name, o.method, o.path)
	if o.bodyKind != "" {
		row += fmt.Sprintf(", body: %q", o.bodyKind)
	}
	if len(o.headers) > 0 {
		var headers []string
		for _, name := range sorted(o.headers) {
			headers = append(headers, fmt.Sprintf("%s: %q", name, o.headers[name]))
		}
		row += ", headers: { " + strings.Join(headers, ", ") + " }"
	}
	return row + " },\n"
}
