package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// object is a JSON object of the description.
type object = map[string]any

type document struct{ root object }

// at returns a member of an object that is an object, following a $ref; an empty one
// where there is none.
func (d *document) at(o object, names ...string) object {
	for _, name := range names {
		member, _ := o[name].(object)
		o = d.resolve(member)
	}
	return o
}

func (d *document) resolve(o object) object {
	for {
		ref, is := o["$ref"].(string)
		if !is {
			return o
		}
		o = d.root
		for name := range strings.SplitSeq(strings.TrimPrefix(ref, "#/"), "/") {
			o, _ = o[name].(object)
		}
		if o == nil {
			panic(failure("there is no " + ref))
		}
	}
}

// failure is what generate recovers from: something in the description that it does not
// know.
type failure string

func list(v any) []any { l, _ := v.([]any); return l }

func text(v any) string { s, _ := v.(string); return s }

func sorted[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

// comment returns a description as a comment, with a line break at the end.
func comment(indent string, parts ...string) string {
	said := strings.TrimSpace(strings.Join(slices.DeleteFunc(parts, func(s string) bool { return s == "" }), "\n\n"))
	if said == "" {
		return ""
	}
	said = strings.ReplaceAll(said, "*/", "*\\/")
	if !strings.Contains(said, "\n") {
		return fmt.Sprintf("%s/** %s */\n", indent, said)
	}
	var b strings.Builder
	b.WriteString(indent + "/**\n")
	for line := range strings.Lines(said) {
		b.WriteString(strings.TrimRight(indent+" * "+strings.TrimRight(line, "\n"), " ") + "\n")
	}
	return b.String() + indent + " */\n"
}

// camel returns a name as TypeScript has it: chat_room_list and If-Match become
// chatRoomList and ifMatch.
func camel(name string) string {
	words := strings.FieldsFunc(name, func(r rune) bool { return r == '_' || r == '-' })
	for i, word := range words {
		words[i] = strings.ToLower(word)
		if i > 0 {
			words[i] = strings.ToUpper(word[:1]) + words[i][1:]
		}
	}
	return strings.Join(words, "")
}

// property returns a name as it stands before a colon.
func property(name string) string {
	for i, r := range name {
		letter := r == '_' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z'
		if !letter && (i == 0 || r < '0' || r > '9') {
			return fmt.Sprintf("%q", name)
		}
	}
	return name
}
