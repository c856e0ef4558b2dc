package model_test

import "github.com/go-df/chat"

// someType is mostly none.
func (c chooser) someType() chat.RoomType {
	return pick(c, "", "", "", chat.PrivateMessages, chat.Group, chat.Channel)
}

// someUser is mostly none.
func (c chooser) someUser() chat.UserID { return pick(c, "", "", rarely(c, c.user(), badUser)) }

func (c chooser) allRooms() []any {
	return []any{c.person(), chat.RoomFilter{Type: c.someType(), UserID: c.someUser()}}
}

func (c chooser) allRoomUsers() []any {
	r := c.room()
	filter := chat.RoomUserFilter{RoomType: c.someType(), UserID: c.someUser()}
	if c.oneIn(2) {
		filter.RoomID = &r.ID
	}
	return []any{c.member(r), filter}
}

func (c chooser) allMessages() []any {
	r := c.room()
	filter := chat.MessageFilter{RoomType: c.someType(), Author: c.someUser()}
	if c.oneIn(3) {
		filter.RoomID = &r.ID
	}
	return []any{c.member(r), filter}
}

func (c chooser) allMedia() []any { return []any{c.person(), chat.MediaFilter{UserID: c.someUser()}} }

func (c chooser) byUser() []any {
	return []any{c.person(), rarely(c, c.user(), badUser), c.limit()}
}

func (c chooser) digest() []any {
	in := chat.DigestQuery{Messages: pick(c, 0, 1, 2, 100), RoomType: c.someType()}
	if c.oneIn(2) {
		in.UnseenFor = c.ago()
	}
	return []any{in}
}
