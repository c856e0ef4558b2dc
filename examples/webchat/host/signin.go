package host

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/go-df/chat"
)

// The sign-in of a demo: no passwords, and a cookie that anybody can write. A real
// application has its own in this place, and the chat asks it the same question.

const cookieName = "webchat_user"

// errSignedOut wraps what tells the handler that this is no fault of the sign-in.
var errSignedOut = fmt.Errorf("%w: nobody is signed in", chat.ErrUnauthenticated)

// signedIn says who makes a request: the API's Config.User. Its errors all say that nobody
// is signed in. A sign-in that asks a database or another service has others, of which the
// API makes 503: an outage does not look like being signed out.
func (a *app) signedIn(r *http.Request) (chat.UserID, error) {
	user, err := a.user(r)
	if err != nil {
		return "", err
	}
	return chat.ID(user.ID), nil
}

// user is whom a request's bearer token names or, without one, its cookie.
func (a *app) user(r *http.Request) (*User, error) {
	login := ""
	if header := r.Header.Get("Authorization"); header != "" {
		scheme, token, _ := strings.Cut(header, " ")
		name, isDemo := strings.CutPrefix(strings.TrimSpace(token), "demo-")
		if !strings.EqualFold(scheme, "Bearer") || !isDemo {
			return nil, fmt.Errorf("%w: the header Authorization is not \"Bearer demo-\" and a user's name", chat.ErrUnauthenticated)
		}
		login = name
	} else if cookie, err := r.Cookie(cookieName); err == nil {
		login = cookie.Value
	}
	if login == "" {
		return nil, errSignedOut
	}
	user := a.users.byLogin[login]
	if user == nil {
		return nil, fmt.Errorf("%w: there is no user %q", chat.ErrUnauthenticated, login)
	}
	return user, nil
}

// signIn is where the page's buttons lead.
func (a *app) signIn(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, 4<<10)
	user := a.users.byLogin[r.PostFormValue("login")]
	if user == nil {
		http.Error(w, "There is no such user.", http.StatusUnprocessableEntity)
		return
	}
	setCookie(w, user.Login, 30*24*60*60)
	http.Redirect(w, r, "/", http.StatusSeeOther)
}

func (a *app) signOut(w http.ResponseWriter, r *http.Request) {
	setCookie(w, "", -1)
	http.Redirect(w, r, "/", http.StatusSeeOther)
}

func setCookie(w http.ResponseWriter, value string, seconds int) {
	http.SetCookie(w, &http.Cookie{ //nolint:gosec // G124: the demo speaks plain HTTP, where a Secure cookie is not sent
		Name: cookieName, Value: value, Path: "/", MaxAge: seconds, HttpOnly: true, SameSite: http.SameSiteLaxMode,
	})
}
