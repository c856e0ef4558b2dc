package webui

import (
	"bytes"
	"html/template"
	"net/http"
	"strings"

	"golang.org/x/text/language"
)

// page is nothing but the chat.
type page struct {
	html   map[string][]byte // by language
	policy string
}

var pageTemplate = template.Must(template.New("page").Parse(`<!doctype html>
<html lang="{{.Lang}}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1, viewport-fit=cover, interactive-widget=resizes-content">
<meta name="color-scheme" content="light dark">
<title>{{.Title}}</title>
<link rel="icon" href="{{.Icon}}">
<link rel="stylesheet" href="{{.Style}}">
<script type="module" src="{{.Script}}"></script>
</head>
<body><main><h1>{{.Title}}</h1><df-chat base="{{.API}}" titled notify></df-chat></main></body>
</html>
`))

// languages are those that the component has texts in, the default first.
var languages = []string{"en", "de"}

var matcher = language.NewMatcher([]language.Tag{language.English, language.German})

func newPage(c Config) *page {
	if c.API == "" {
		return nil
	}
	if c.Title == "" {
		c.Title = "Chat"
	}
	p := &page{html: map[string][]byte{}, policy: policy(c)}
	for _, lang := range languages {
		var out bytes.Buffer
		data := struct{ Lang, Title, Style, Script, Icon, API string }{lang, c.Title, hashed()["page.css"], Script(), hashed()["icon.svg"], c.API}
		if err := pageTemplate.Execute(&out, data); err != nil {
			panic(err) // the template is fixed, and a buffer does not fail
		}
		p.html[lang] = out.Bytes()
	}
	return p
}

// policy is that of the page: nothing but its own files, and no markup made of text.
func policy(c Config) string {
	media, connect := "'self' blob:", "'self'"
	for _, origin := range c.MediaOrigins {
		media += " " + origin
		connect += " " + origin
	}
	if origin := originOf(c.API); origin != "" {
		media += " " + origin
		connect += " " + origin
	}
	return "default-src 'none'; script-src 'self'; style-src 'self'; connect-src " + connect +
		"; img-src " + media + "; media-src " + media +
		"; require-trusted-types-for 'script'; trusted-types 'none'" +
		"; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
}

// originOf returns the origin of a URL, and nothing of a path.
func originOf(api string) string {
	scheme, rest, absolute := strings.Cut(api, "://")
	if !absolute {
		return ""
	}
	host, _, _ := strings.Cut(rest, "/")
	return scheme + "://" + host
}

func (p *page) serve(w http.ResponseWriter, r *http.Request) {
	_, index := language.MatchStrings(matcher, r.Header.Get("Accept-Language"))
	header := w.Header()
	header.Set("Content-Type", "text/html; charset=utf-8")
	header.Set("Content-Security-Policy", p.policy)
	header.Set("Referrer-Policy", "same-origin")
	header.Set("Cache-Control", "no-cache")
	header.Add("Vary", "Accept-Language")
	_, _ = w.Write(p.html[languages[index]]) // the client may have gone
}
