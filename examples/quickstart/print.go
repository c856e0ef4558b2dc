package main

import (
	"context"
	"errors"
	"fmt"
	"image/png"
	"strings"

	"github.com/google/uuid"

	"github.com/go-df/chat"
)

// print shows a room as one of its members sees it.
func (c *club) print(ctx context.Context, out *strings.Builder, id uuid.UUID, reader chat.UserID) error {
	room, err := c.Room(ctx, reader, id)
	if err != nil {
		return err
	}
	members, err := c.RoomUsers(ctx, reader, id, chat.Page{})
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "\n   %s, a %s, as %s sees it:\n\n", c.title(room), kinds[room.Type], c.names[reader])
	for i := range members.Items {
		fmt.Fprintf(out, "   %-7s%s\n", c.names[members.Items[i].UserID], rights(&members.Items[i]))
	}
	fmt.Fprintln(out)
	history, err := c.Messages(ctx, reader, id, chat.HistoryQuery{})
	if err != nil {
		return err
	}
	for i := range history.Items {
		if err := c.printMessage(ctx, out, &history.Items[i], reader); err != nil {
			return err
		}
	}
	return nil
}

var kinds = map[chat.RoomType]string{
	chat.PrivateMessages: "private room", chat.Group: "group", chat.Channel: "channel",
}

// rights says in words what a member may do.
func rights(member *chat.RoomUser) string {
	switch {
	case member.Owner:
		return "owns the room and may do everything"
	case member.Effective == chat.NoPermissions:
		return "may read"
	}
	may := make([]string, 0, 9)
	for _, name := range member.Effective.Names() {
		may = append(may, strings.ReplaceAll(strings.TrimPrefix(name, "can_"), "_", " "))
	}
	return "may " + strings.Join(may, ", ")
}

func (c *club) printMessage(ctx context.Context, out *strings.Builder, m *chat.Message, reader chat.UserID) error {
	edited := ""
	if m.EditedAt != nil {
		edited = " (edited)"
	}
	fmt.Fprintf(out, "   %2d  %-6s %s%s\n", m.Number, c.name(m.UserID), m.Text, edited)
	if m.ReplyTo != nil {
		fmt.Fprintf(out, "              in reply to %s: %q\n", c.name(m.ReplyTo.UserID), m.ReplyTo.Text)
	}
	for _, media := range m.Media {
		size, err := c.measure(ctx, reader, media.ID)
		if err != nil {
			return err
		}
		fmt.Fprintf(out, "              [%s, %s, %s]\n", media.FileName, media.ContentType, size)
	}
	for _, r := range m.Reactions {
		mine := ""
		if r.Mine != nil {
			mine = ", one of them mine"
		}
		fmt.Fprintf(out, "              %s %d%s\n", r.Reaction, r.Count, mine)
	}
	return nil
}

// measure reads a picture back, with the reader's rights.
func (c *club) measure(ctx context.Context, reader chat.UserID, id uuid.UUID) (size string, err error) {
	_, content, err := c.OpenMedia(ctx, reader, id)
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, content.Close()) }()
	picture, err := png.DecodeConfig(content)
	return fmt.Sprintf("%d x %d pixels", picture.Width, picture.Height), err
}

func (c *club) printInbox(ctx context.Context, out *strings.Builder, user chat.UserID) error {
	inbox, err := c.Rooms(ctx, user, chat.RoomsQuery{})
	if err != nil {
		return err
	}
	name := c.names[user]
	for i := range inbox.Items {
		room := &inbox.Items[i]
		fmt.Fprintf(out, "   %-7s%-18s%d unread   %s: %s\n", name, c.title(room), room.Unread,
			c.name(room.LastMessage.UserID), room.LastMessage.Text)
		name = ""
	}
	return nil
}

// title is a room's name, or the other user of a private one.
func (c *club) title(room *chat.Room) string {
	if room.Other != nil {
		return c.names[*room.Other]
	}
	return room.Name
}
