// Package webui serves <df-chat>, the chat as a web component, for any page of a host:
//
//	mux.Handle("/chat/", api)                                 // httpadapter.New
//	mux.Handle("/chat/ui/", webui.Handler(webui.Config{API: "/chat"}))
//
// With that, two lines put the whole chat into a page:
//
//	<script type="module" src="/chat/ui/df-chat.js"></script>
//	<df-chat base="/chat"></df-chat>
//
// The page needs no build step and nothing of another site, and works under a policy as
// strict as
//
//	default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self';
//	img-src 'self' blob:; media-src 'self' blob:; require-trusted-types-for 'script'; trusted-types 'none'
//
// Handler also serves such a page, at its root, with nothing in it but the chat. What the
// component has as attributes, properties, events and parts is in docs/component.md.
//
// The files are embedded in the program. They are built from src by "make webui".
package webui

import (
	"net/http"
	"path"
	"strings"
)

//go:generate go run ./gen

// Config is what the handler needs of the host. Its zero value serves the files alone.
type Config struct {
	// API is the path at which the chat's API is mounted, such as "/chat", or the URL of
	// another origin that trusts this one. With it, a page that is nothing but the chat is
	// served at the handler's root. Defaults to none: the files alone are served.
	API string
	// Title is that of the page. Defaults to "Chat".
	Title string
	// MediaOrigins are the origins, such as "https://cdn.example.com", from which the page
	// may show pictures, sound and film, beside its own: those of avatars, and of the media
	// store where httpadapter.Config.RedirectMedia is set. Defaults to none.
	MediaOrigins []string
}

// Handler serves the component's files, and a page where Config.API is set. It looks at the
// last element of a request's path alone, so it can be mounted anywhere, with
// http.StripPrefix or without.
//
// The name df-chat.js stays, and its content is asked for again each time (ETag). Script
// has a name that changes with the content and is kept for a year.
func Handler(c Config) http.Handler {
	page := newPage(c)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Content-Type-Options", "nosniff")
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			w.Header().Set("Allow", "GET, HEAD")
			http.Error(w, "This can be read only.", http.StatusMethodNotAllowed)
			return
		}
		if page != nil && (r.URL.Path == "" || strings.HasSuffix(r.URL.Path, "/")) {
			page.serve(w, r)
			return
		}
		if f := files()[path.Base(r.URL.Path)]; f != nil {
			f.serve(w, r)
			return
		}
		http.NotFound(w, r)
	})
}

// Script returns the name of the component's script with a hash of its content, for pages
// that the host renders: browsers keep what is served by that name for a year.
func Script() string { return hashed()[entry] }
