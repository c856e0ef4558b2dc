package main

import (
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"

	"github.com/google/uuid"
	"gorm.io/gorm"

	"github.com/go-df/chat"
	"github.com/go-df/chat/httpadapter"
	"github.com/go-df/chat/webui"
)

// signedIn says who asks. Here the cookie is the user's id: take your own session in its place.
func (s *Shop) signedIn(r *http.Request) (chat.UserID, error) {
	cookie, err := r.Cookie("user")
	if err != nil {
		return "", chat.ErrUnauthenticated
	}
	id, err := uuid.Parse(cookie.Value)
	if err != nil {
		return "", chat.ErrUnauthenticated
	}
	_, err = s.user(r.Context(), chat.ID(id))
	if errors.Is(err, errNoSuchUser) {
		return "", chat.ErrUnauthenticated // any other error is an outage: 503
	}
	return chat.ID(id), err
}

// profiles are what people are called.
func (s *Shop) profiles(r *http.Request, ids []chat.UserID) (map[chat.UserID]httpadapter.Profile, error) {
	var users []User
	if err := s.db.WithContext(r.Context()).Find(&users, "id IN ?", ids).Error; err != nil {
		return nil, err
	}
	profiles := map[chat.UserID]httpadapter.Profile{}
	for _, user := range users {
		profiles[chat.ID(user.ID)] = httpadapter.Profile{Name: user.Name}
	}
	return profiles, nil
}

// Handler has the shop's own routes and the chat's.
func (s *Shop) Handler() (http.Handler, error) {
	api, err := httpadapter.New(s.chat, httpadapter.Config{
		BasePath: "/chat",
		User:     s.signedIn,
		Profiles: s.profiles,
		// Rooms come with orders, and only with them.
		Disable: []string{"chat_room_create", "chat_room_delete", "room_user_create", "room_user_delete"},
	})
	if err != nil {
		return nil, err
	}
	mux := http.NewServeMux() // in chi: router.Mount("/chat", api)
	mux.Handle("/chat/", api)
	mux.Handle("/chat/ui/", webui.Handler(webui.Config{API: "/chat"}))
	mux.HandleFunc("GET /orders/{id}/chat", s.orderChat)
	mux.HandleFunc("GET /account/export", s.export)
	mux.HandleFunc("GET /health", s.health)
	return mux, nil
}

// orderChat is what the page of an order shows of its chat.
func (s *Shop) orderChat(w http.ResponseWriter, r *http.Request) {
	user, err := s.signedIn(r)
	if err != nil {
		httpadapter.WriteError(w, r, err)
		return
	}
	id, err := uuid.Parse(r.PathValue("id"))
	if err != nil {
		httpadapter.WriteError(w, r, chat.ErrNotFound)
		return
	}
	room, err := s.chat.RoomByKey(r.Context(), user, roomKey(id)) // ErrNotFound to everybody else
	if err != nil {
		httpadapter.WriteError(w, r, err)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	if err := json.NewEncoder(w).Encode(map[string]any{"room": room.ID, "unread": room.Unread}); err != nil {
		slog.Warn("the response was not written", "error", err)
	}
}

// export is all that the chat keeps of who asks for it.
func (s *Shop) export(w http.ResponseWriter, r *http.Request) {
	user, err := s.signedIn(r)
	if err != nil {
		httpadapter.WriteError(w, r, err)
		return
	}
	w.Header().Set("Content-Type", "application/zip")
	w.Header().Set("Content-Disposition", `attachment; filename="chat.zip"`)
	if err := s.chat.ExportUser(r.Context(), user, w); err != nil {
		slog.Error("an export broke off", "error", err)
		panic(http.ErrAbortHandler) // the client sees that it is not whole
	}
}

// health is for the load balancer. What is wrong is for the log alone.
func (s *Shop) health(w http.ResponseWriter, r *http.Request) {
	if err := s.chat.Check(r.Context()); err != nil {
		slog.Error("not healthy", "error", err)
		http.Error(w, "unavailable", http.StatusServiceUnavailable)
	}
}

// newShop is the shop on a database that is migrated.
func newShop(db *gorm.DB, mail func(to, text string) error) (*Shop, error) {
	s := &Shop{db: db, mail: mail}
	service, err := chat.New(db, s.chatConfig())
	s.chat = service
	return s, err
}
