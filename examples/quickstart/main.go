// Quickstart is a small host application, a hiking club with users and trips of its
// own, that plays three conversations and prints them: a picture sent to a room, a
// chat of three people, and a news channel whose readers only read.
//
//	go run ./examples/quickstart
//	go run ./examples/quickstart -db postgres://user:password@localhost/club
//
// What it makes stays in the database and in the folder of media: run again, it finds
// everything there and prints the same.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"os"
	"strings"

	"github.com/go-df/chat"
)

func main() {
	log.SetFlags(0)
	database := flag.String("db", "chat.db", "a SQLite file, made if it is missing, or a postgres:// DSN")
	media := flag.String("media", "chat-media", "a folder for pictures, made if it is missing")
	flag.Parse()
	if err := run(context.Background(), os.Stdout, *database, *media); err != nil {
		log.Fatal("quickstart: ", err)
	}
}

// run plays everything and prints it, as far as it came.
func run(ctx context.Context, out io.Writer, database, media string) (err error) {
	club, closeClub, err := openClub(ctx, database, media)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, closeClub()) }()

	var told strings.Builder
	if err = club.tell(ctx, &told); err == nil {
		fmt.Fprint(&told, "\nAll of it is kept: run this again, and it is found, not made twice.\n")
	}
	_, writeErr := io.WriteString(out, told.String())
	return errors.Join(err, writeErr)
}

// tell plays the three conversations, each read back from the database, and ends with
// what everybody finds in their inbox.
func (c *club) tell(ctx context.Context, out *strings.Builder) error {
	fmt.Fprintf(out, "Alice, Bob, Carol and Dave are users %s, %s, %s and %s of this program's own table.\n",
		c.alice, c.bob, c.carol, c.dave)

	fmt.Fprint(out, "\n1. A picture for a room\n")
	room, err := c.sendPicture(ctx)
	if err != nil {
		return err
	}
	if err := c.print(ctx, out, room.ID, c.bob); err != nil {
		return err
	}

	fmt.Fprint(out, "\n2. A chat of three people\n")
	trip, err := c.planTrip(ctx)
	if err != nil {
		return err
	}
	if err := c.answerTrip(ctx, trip.RoomID); err != nil {
		return err
	}
	if err := c.print(ctx, out, trip.RoomID, c.carol); err != nil {
		return err
	}

	fmt.Fprint(out, "\n3. A news channel\n")
	if room, err = c.spreadNews(ctx); err != nil {
		return err
	}
	if err := c.print(ctx, out, room.ID, c.dave); err != nil {
		return err
	}
	_, err = c.SendMessage(ctx, c.dave, room.ID, chat.NewMessage{Text: "First!"})
	if !errors.Is(err, chat.ErrForbidden) {
		return fmt.Errorf("a reader wrote to the news channel, or could not for another reason: %w", err)
	}
	fmt.Fprintf(out, "\n   Dave writes \"First!\" and is told: %v\n", err)

	fmt.Fprint(out, "\nInboxes\n\n")
	for _, user := range []chat.UserID{c.alice, c.bob, c.carol, c.dave} {
		if err := c.printInbox(ctx, out, user); err != nil {
			return err
		}
	}
	return nil
}
