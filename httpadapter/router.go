package httpadapter

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// The handler routes by itself: http.ServeMux redirects "//" and dots in a path with
// redirects, which lose the body of a POST and the prefix that a host stripped.

// router is a tree of the segments of paths.
type router struct {
	static map[string]*router
	param  *router // a segment that may be anything
	name   string  // of that segment
	at     *resource
}

// resource is what has a path.
type resource struct {
	byMethod map[string]*route
	disabled []string // methods that are as if there were none
	allow    string   // the other methods, as the Allow header lists them
}

// newRouter leaves out the operations whose ids are disabled.
func newRouter(routes []route, disabled []string) router {
	var root router
	for i := range routes {
		at, r := root.resource(routes[i].path), &routes[i]
		if slices.Contains(disabled, r.id) {
			at.disabled = append(at.disabled, r.method)
			continue
		}
		at.byMethod[r.method] = r
		at.allow = allowHeader(at.byMethod)
	}
	return root
}

// resource returns what has a path, as a route names it.
func (t *router) resource(path string) *resource {
	for segment := range strings.SplitSeq(path[1:], "/") {
		if name, isParam := strings.CutPrefix(segment, "{"); isParam {
			if t.param == nil {
				t.param = &router{name: strings.TrimSuffix(name, "}")}
			}
			t = t.param
			continue
		}
		if t.static == nil {
			t.static = map[string]*router{}
		}
		if t.static[segment] == nil {
			t.static[segment] = &router{}
		}
		t = t.static[segment]
	}
	if t.at == nil {
		t.at = &resource{byMethod: map[string]*route{}}
	}
	return t.at
}

// has reports whether something is there for a method, if only 405: not where all that there is
// was disabled, or what the method would do.
func (r *resource) has(method string) bool {
	return r != nil && len(r.byMethod) > 0 && !slices.Contains(r.disabled, method)
}

func allowHeader(byMethod map[string]*route) string {
	methods := []string{http.MethodOptions}
	for method := range byMethod {
		methods = append(methods, method)
		if method == http.MethodGet {
			methods = append(methods, http.MethodHead)
		}
	}
	slices.Sort(methods)
	return strings.Join(methods, ", ")
}

// params are the values of a path's {names}.
type params struct{ names, values []string }

func (p params) get(name string) string {
	if i := slices.Index(p.names, name); i >= 0 {
		return p.values[i]
	}
	return ""
}

// match finds an escaped path, so that a "/" within an id, %2F, stays in it. Where
// the fixed spelling leads nowhere, the parameter is tried: "me" may be either.
func (t *router) match(path string) (*resource, params) {
	var p params
	if path == "" || path[0] != '/' {
		return nil, p
	}
	at := t.walk(path[1:], &p)
	return at, p
}

func (t *router) walk(path string, p *params) *resource {
	segment, rest, more := strings.Cut(path, "/")
	if segment == "" {
		return nil
	}
	if next := t.static[segment]; next != nil {
		if at := next.end(rest, more, p); at != nil {
			return at
		}
	}
	if t.param == nil {
		return nil
	}
	value, err := url.PathUnescape(segment)
	if err != nil {
		return nil
	}
	p.names, p.values = append(p.names, t.param.name), append(p.values, value)
	return t.param.end(rest, more, p)
}

func (t *router) end(rest string, more bool, p *params) *resource {
	if more {
		return t.walk(rest, p)
	}
	return t.at
}

// pathBehind is the path within the API, whether or not the base was stripped.
func pathBehind(base, path string) string {
	if rest, found := strings.CutPrefix(path, base); found && (rest == "" || rest[0] == '/') {
		return rest
	}
	return path
}
