package chat_test

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/go-df/chat"
)

// ulids are a host's user ids: ULIDs, kept as text in capitals.
type ulids struct{}

var ulid = regexp.MustCompile(`^[0-7][0-9A-HJKMNP-TV-Z]{25}$`)

func (ulids) Canonical(id chat.UserID) (chat.UserID, error) {
	upper := strings.ToUpper(string(id))
	if !ulid.MatchString(upper) {
		return "", errors.New("is no ULID")
	}
	return chat.UserID(upper), nil
}

func (ulids) ColumnType(string) string { return "text" }

// A kind of user id of the host's own: what is no ULID never reaches the database, and
// every spelling of one is the same user.
func ExampleUserIDType() {
	ctx := context.Background()
	svc, db := openExample(chat.Config{UserIDs: ulids{}})
	defer closeExample(db)

	ada := chat.UserID("01ARZ3NDEKTSV4RRFFQ69G5FAV")
	room, err := svc.OpenPrivate(ctx, ada, "01bx5zzkbkactav9wevgemmvrz")
	noErr(err)
	fmt.Println(*room.Other)

	_, err = svc.OpenPrivate(ctx, ada, "bob")
	fmt.Println(err)
	// Output:
	// 01BX5ZZKBKACTAV9WEVGEMMVRZ
	// chat: invalid input: user_id is not a user id: it is no ULID
}
