package httpadapter

import (
	"sync"
	"time"

	"github.com/go-df/chat"
)

// class is what a request counts as where requests are limited.
type class int

const (
	byMethod  class = iota // of a route: a read or a write
	read                   // nothing is changed
	write                  // something is
	upload                 // a file comes in
	search                 // much may have to be read
	stream                 // a response that waits for events
	unlimited              // there is a limit elsewhere, or none
)

// class returns what a request counts as.
func (r *request) class() class {
	switch {
	case r.route.class == search && (r.route.id == "chat_room_list" || r.route.id == "user_list") && !r.query.Has("q"):
		return read // the inbox, and users by their ids
	case r.route.id == "chat_media_content" && r.query.Get("variant") == thumbnail:
		return unlimited
	case r.route.class != byMethod:
		return r.route.class
	case r.route.method == get:
		return read
	}
	return write
}

// inFlight counts the requests of each user that are being served.
type inFlight struct {
	most     int // of a user's requests
	searches int // of these

	mu    sync.Mutex
	users map[chat.UserID]*flights
}

type flights struct{ all, searches int }

func newInFlight(most int) *inFlight {
	return &inFlight{most: most, searches: searchesInFlight, users: map[chat.UserID]*flights{}}
}

// begin counts a request of a user until end is called, or reports false when it is one
// too many.
func (f *inFlight) begin(user chat.UserID, as class) (end func(), admitted bool) {
	if f.most < 0 || as == unlimited {
		return func() {}, true
	}
	searching := 0
	if as == search {
		searching = 1
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	now := f.users[user]
	if now == nil {
		now = &flights{}
	}
	if now.all >= f.most || now.searches+searching > f.searches {
		return nil, false
	}
	now.all++
	now.searches += searching
	f.users[user] = now
	return func() { f.end(user, searching) }, true
}

func (f *inFlight) end(user chat.UserID, searching int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	now := f.users[user]
	now.all--
	now.searches -= searching
	if now.all == 0 {
		delete(f.users, user)
	}
}

// admit counts a request against what its user may ask for.
func (h *Handler) admit(r *request) error {
	as := r.class()
	flights, refused := h.flights, "too many of your requests are being served: wait for one of them"
	if as == stream {
		flights, as, refused = h.streams, read, "you have too many streams of events: end one of them"
	}
	end, admitted := flights.begin(r.actor, as)
	if !admitted {
		return tooManyRequests(time.Second, refused)
	}
	r.end = end
	if wait := h.limiters[as].take(r.actor); wait > 0 {
		return tooManyRequests(wait, "too many requests: wait before the next")
	}
	return nil
}
