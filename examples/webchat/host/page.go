package host

import (
	"bytes"
	"embed"
	"html/template"
	"net/http"
	"time"

	"golang.org/x/text/language"

	"github.com/go-df/chat"
	"github.com/go-df/chat/webui"
)

//go:embed pages
var pages embed.FS

var templates = template.Must(template.ParseFS(pages, "pages/*.html"))

// usersShown is how many users the pages list.
const usersShown = 24

// pagePolicy allows the application's own files, and nothing that was made of a text.
const pagePolicy = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' blob:; media-src 'self' blob:; " +
	"require-trusted-types-for 'script'; trusted-types 'none'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

var pageLanguages = language.NewMatcher([]language.Tag{language.English, language.German})

type pageData struct {
	Host   string
	Me     *User  // who is signed in by cookie; nil: nobody
	As     string // whom the curl lines speak for
	Lang   string // of the chat
	Script string // the component's file
	Users  []shownUser
	More   int // users that are not listed
	Rooms  []chat.Room
}

type shownUser struct {
	User
	Initial string
	Hue     int
}

// page is the chat, of whoever is signed in, and the sign-in otherwise.
func (a *app) page(w http.ResponseWriter, r *http.Request) {
	data := a.pageData(r)
	if data.Me == nil {
		show(w, "signin.html", data)
		return
	}
	show(w, "chat.html", data)
}

// about says what is where, and how to ask the API.
func (a *app) about(w http.ResponseWriter, r *http.Request) {
	data, reader := a.pageData(r), alice
	if data.Me != nil {
		reader = chat.ID(data.Me.ID)
	}
	rooms, err := a.chat.Rooms(r.Context(), reader, chat.RoomsQuery{})
	if err != nil {
		http.Error(w, "The database does not answer.", http.StatusInternalServerError)
		return
	}
	data.Rooms = rooms.Items
	show(w, "about.html", data)
}

func (a *app) pageData(r *http.Request) *pageData {
	shown := min(usersShown, len(a.users.all))
	data := &pageData{Host: r.Host, As: "alice", Lang: "en", Script: webui.Script(), More: len(a.users.all) - shown}
	for i, user := range a.users.all[:shown] {
		data.Users = append(data.Users, shownUser{user, user.Name[:1], i % 6})
	}
	if me, err := a.user(r); err == nil {
		data.Me, data.As = me, me.Login
	}
	if _, index := language.MatchStrings(pageLanguages, r.Header.Get("Accept-Language")); index == 1 {
		data.Lang = "de"
	}
	return data
}

func show(w http.ResponseWriter, name string, data *pageData) {
	header := w.Header()
	header.Set("Content-Type", "text/html; charset=utf-8")
	header.Set("Cache-Control", "no-store")
	header.Set("Content-Security-Policy", pagePolicy)
	header.Set("X-Content-Type-Options", "nosniff")
	_ = templates.ExecuteTemplate(w, name, data) // the client may have gone
}

// serveFile serves one of the files that the pages refer to.
func serveFile(name string) http.HandlerFunc {
	content, err := pages.ReadFile("pages/" + name)
	if err != nil {
		panic(err) // it was not there when the program was built
	}
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "no-cache")
		w.Header().Set("X-Content-Type-Options", "nosniff")
		http.ServeContent(w, r, name, time.Time{}, bytes.NewReader(content))
	}
}
