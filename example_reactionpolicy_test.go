package chat_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/go-df/chat"
)

// fiveStars lets each user give a message one to five stars.
type fiveStars struct{}

func (fiveStars) Canonical(reaction string) (string, error) {
	if len(reaction) != 1 || reaction < "1" || reaction > "5" {
		return "", errors.New(`is not a number of stars from "1" to "5"`)
	}
	return reaction, nil
}

// Exclusive: who changes their mind replaces their stars.
func (fiveStars) Exclusive() bool { return true }

// Reactions of the host's own.
func ExampleReactionPolicy() {
	ctx := context.Background()
	svc, db := openExample(chat.Config{Reactions: fiveStars{}})
	defer closeExample(db)
	room, err := svc.OpenPrivate(ctx, alice, bob)
	noErr(err)
	m, err := svc.SendMessage(ctx, alice, room.ID, chat.NewMessage{Text: "How was it?"})
	noErr(err)

	for _, given := range []string{"2", "5", "6"} {
		if _, err := svc.React(ctx, bob, m.ID, given); err != nil {
			fmt.Println(err)
		}
	}
	m, err = svc.Message(ctx, bob, m.ID)
	noErr(err)
	for _, r := range m.Reactions {
		fmt.Println(r.Reaction, "stars, given", r.Count, "time")
	}
	// Output:
	// chat: invalid input: reaction is not a number of stars from "1" to "5"
	// 5 stars, given 1 time
}
