package host

import (
	_ "embed" // for page.html
	"html/template"
	"net/http"

	"github.com/go-df/chat"
)

//go:embed page.html
var pageSource string

var pageTemplate = template.Must(template.New("page.html").Parse(pageSource))

// usersShown is how many users the page lists.
const usersShown = 24

type pageData struct {
	Host  string
	Me    *User  // who is signed in by cookie; nil: nobody
	As    string // whom the curl lines speak for
	Users []User
	More  int // users that are not listed
	Rooms []chat.Room
}

// page says what is here.
func (a *app) page(w http.ResponseWriter, r *http.Request) {
	data, err := a.pageData(r)
	if err != nil {
		http.Error(w, "The database does not answer.", http.StatusInternalServerError)
		return
	}
	header := w.Header()
	header.Set("Content-Type", "text/html; charset=utf-8")
	header.Set("Cache-Control", "no-store")
	header.Set("Content-Security-Policy",
		"default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'")
	header.Set("X-Content-Type-Options", "nosniff")
	_ = pageTemplate.Execute(w, data) // the client may have gone
}

func (a *app) pageData(r *http.Request) (*pageData, error) {
	shown := min(usersShown, len(a.users.all))
	data := &pageData{Host: r.Host, As: "alice", Users: a.users.all[:shown], More: len(a.users.all) - shown}
	reader := alice
	if me, err := a.user(r); err == nil {
		data.Me, data.As, reader = me, me.Login, chat.ID(me.ID)
	}
	rooms, err := a.chat.Rooms(r.Context(), reader, chat.RoomsQuery{})
	if err != nil {
		return nil, err
	}
	data.Rooms = rooms.Items
	return data, nil
}
