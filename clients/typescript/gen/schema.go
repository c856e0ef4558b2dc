package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// schema returns the declaration of a named schema.
func (d *document) schema(name string) string {
	s, _ := d.at(d.root, "components", "schemas")[name].(object)
	head, shape := comment("", text(s["description"])), d.typeOf(s, "")
	if strings.HasPrefix(shape, "{\n") {
		return fmt.Sprintf("%sexport interface %s %s\n", head, name, shape)
	}
	return fmt.Sprintf("%sexport type %s = %s;\n", head, name, shape)
}

// typeOf returns the type of a schema. A type of several lines goes on at the indent.
func (d *document) typeOf(s object, indent string) string {
	if ref, is := s["$ref"].(string); is {
		name, is := strings.CutPrefix(ref, "#/components/schemas/")
		if !is {
			panic(failure("a schema refers to " + ref))
		}
		d.resolve(s)
		return name
	}
	for keyword, operator := range map[string]string{"oneOf": " | ", "anyOf": " | ", "allOf": " & "} {
		if parts := list(s[keyword]); parts != nil {
			return d.join(parts, operator, indent)
		}
	}
	if values := list(s["enum"]); values != nil {
		return literals(values)
	}
	if value, is := s["const"]; is {
		return literals([]any{value})
	}
	if s["contentMediaType"] != nil || s["format"] == "binary" {
		return "Blob"
	}
	switch kind := s["type"].(type) {
	case string:
		return d.plain(kind, s, indent)
	case []any:
		alternatives := make([]any, len(kind))
		for i, one := range kind {
			alternative := maps.Clone(s)
			alternative["type"] = one
			alternatives[i] = alternative
		}
		return d.join(alternatives, " | ", indent)
	}
	panic(failure(fmt.Sprintf("a schema of no type: %v", s)))
}

func (d *document) join(parts []any, operator, indent string) string {
	var types []string
	for _, part := range parts {
		one := d.typeOf(part.(object), indent)
		if strings.Contains(one, " | ") && operator == " & " {
			one = "(" + one + ")"
		}
		if !slices.Contains(types, one) {
			types = append(types, one)
		}
	}
	return strings.Join(types, operator)
}

func literals(values []any) string {
	written := make([]string, len(values))
	for i, value := range values {
		literal, err := json.Marshal(value)
		if err != nil {
			panic(failure(err.Error()))
		}
		written[i] = string(literal)
	}
	return strings.Join(written, " | ")
}

func (d *document) plain(kind string, s object, indent string) string {
	switch kind {
	case "string", "boolean", "null":
		return kind
	case "integer", "number":
		return "number"
	case "array":
		items, _ := s["items"].(object)
		item := d.typeOf(items, indent)
		if strings.Contains(item, " | ") || strings.Contains(item, " & ") {
			item = "(" + item + ")"
		}
		return item + "[]"
	case "object":
		return d.object(s, indent)
	}
	panic(failure("a schema of the type " + kind))
}

func (d *document) object(s object, indent string) string {
	properties, _ := s["properties"].(object)
	if properties == nil {
		value := "unknown"
		if more, is := s["additionalProperties"].(object); is {
			value = d.typeOf(more, indent)
		}
		return "{ [key: string]: " + value + " }"
	}
	var b strings.Builder
	b.WriteString("{\n")
	for _, name := range sorted(properties) {
		member, _ := properties[name].(object)
		optional := "?"
		if slices.Contains(list(s["required"]), any(name)) {
			optional = ""
		}
		b.WriteString(comment(indent+"  ", text(member["description"])))
		fmt.Fprintf(&b, "%s  %s%s: %s;\n", indent, property(name), optional, d.typeOf(member, indent+"  "))
	}
	return b.String() + indent + "}"
}
