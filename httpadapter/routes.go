package httpadapter

import "net/http"

// route is one operation of the API.
type route struct {
	method string
	path   string
	id     string // of the operation in openapi.json
	serve  func(*request) (*response, error)
	flags
}

// flags are what sets a route apart.
type flags struct {
	open        bool // to anybody, without authentication
	conditional bool // a change that looks at If-Match
	idempotent  bool // a change that looks at Idempotency-Key
	class       class
	query       string // the parameters, separated by spaces
}

const (
	get   = http.MethodGet
	post  = http.MethodPost
	put   = http.MethodPut
	patch = http.MethodPatch
	del   = http.MethodDelete
)

// routes is the whole API.
var routes = []route{
	{get, "/rooms", "chat_room_list", roomList, flags{class: search, query: "type hidden muted pinned unread q cursor limit"}},
	{post, "/rooms", "chat_room_create", roomCreate, flags{}},
	{get, "/rooms/{room}", "chat_room_retrieve", roomRetrieve, flags{}},
	{patch, "/rooms/{room}", "chat_room_update", roomUpdate, flags{conditional: true}},
	{del, "/rooms/{room}", "chat_room_delete", roomDelete, flags{}},
	{post, "/rooms/{room}/join", "chat_room_join", roomJoin, flags{}},
	{post, "/rooms/{room}/transfer", "chat_room_transfer", roomTransfer, flags{}},

	{get, "/rooms/{room}/users", "room_user_list", roomUserList, flags{query: "cursor limit"}},
	{post, "/rooms/{room}/users", "room_user_create", roomUserCreate, flags{}},
	{get, "/rooms/{room}/users/{user}", "room_user_retrieve", roomUserRetrieve, flags{}},
	{patch, "/rooms/{room}/users/{user}", "room_user_update", roomUserUpdate, flags{}},
	{del, "/rooms/{room}/users/{user}", "room_user_delete", roomUserDelete, flags{}},
	{put, "/rooms/{room}/users/me/read", "room_user_read", roomUserRead, flags{}},
	{put, "/rooms/{room}/users/me/unread", "room_user_unread", roomUserUnread, flags{}},

	{post, "/rooms/{room}/typing", "room_typing", roomTyping, flags{}},
	{get, "/events", "event_stream", eventStream, flags{class: stream, query: "after"}},
	{get, "/events/poll", "event_poll", eventPoll, flags{class: stream, query: "after wait"}},
	{get, "/rooms/{room}/events", "room_event_list", roomEventList, flags{query: "after limit"}},

	{get, "/rooms/{room}/bans", "room_ban_list", roomBanList, flags{query: "cursor limit"}},
	{post, "/rooms/{room}/bans", "room_ban_create", roomBanCreate, flags{}},
	{del, "/rooms/{room}/bans/{user}", "room_ban_delete", roomBanDelete, flags{}},

	{get, "/rooms/{room}/messages", "chat_message_list", messageList, flags{query: "before after around limit"}},
	{post, "/rooms/{room}/messages", "chat_message_create", messageCreate, flags{idempotent: true}},
	{get, "/unread", "unread_retrieve", unreadRetrieve, flags{}},

	{get, "/messages", "chat_message_search", messageSearch, flags{class: search, query: "q room author after before media cursor limit"}},
	{get, "/messages/{message}", "chat_message_retrieve", messageRetrieve, flags{}},
	{patch, "/messages/{message}", "chat_message_update", messageUpdate, flags{conditional: true}},
	{del, "/messages/{message}", "chat_message_delete", messageDelete, flags{}},

	{get, "/messages/{message}/replies", "chat_message_replies_list", messageReplyList, flags{query: "cursor limit"}},
	{put, "/messages/{message}/pin", "chat_message_pin", messagePin, flags{}},
	{del, "/messages/{message}/pin", "chat_message_unpin", messageUnpin, flags{}},
	{get, "/rooms/{room}/pins", "chat_pin_list", pinList, flags{}},
	{get, "/mentions", "chat_mention_list", mentionList, flags{query: "cursor limit"}},

	{get, "/messages/{message}/reactions", "chat_message_reactions_list", messageReactionList, flags{query: "cursor limit"}},
	{post, "/messages/{message}/reactions", "chat_message_reactions_create", messageReactionCreate, flags{}},
	{get, "/reactions", "chat_reactions_list", reactionList, flags{query: "cursor limit"}},
	{get, "/reactions/{reaction}", "chat_message_reactions_retrieve", reactionRetrieve, flags{}},
	{del, "/reactions/{reaction}", "chat_message_reactions_delete", reactionDelete, flags{}},

	{get, "/me", "me_retrieve", meRetrieve, flags{}},
	{get, "/users", "user_list", userList, flags{class: search, query: "ids q limit"}},
	{get, "/users/{user}", "user_retrieve", userRetrieve, flags{}},

	{get, "/media", "chat_media_list", mediaList, flags{query: "ids"}},
	{post, "/media", "chat_media_create", mediaCreate, flags{class: upload}},
	{get, "/media/{media}", "chat_media_retrieve", mediaRetrieve, flags{}},
	{del, "/media/{media}", "chat_media_delete", mediaDelete, flags{}},
	{get, "/media/{media}/content", "chat_media_content", mediaContent, flags{query: "variant user expires signature"}},

	{get, "/openapi.json", "openapi_retrieve", openapiRetrieve, flags{open: true}},
}
