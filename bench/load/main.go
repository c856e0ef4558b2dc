// Load sends messages over HTTP and listens for them, and prints how many a second were
// acknowledged and delivered, and how long after the acknowledgement. It works against
// examples/webchat, or any server with the library's handler:
//
//	go run ./examples/webchat -users 64 -unlimited
//
// and, when it says where it is, beside it:
//
//	go run ./bench/load -url http://127.0.0.1:8080/chat -cookie 'webchat_user=%s' \
//		-users user1..user64 -ids 5..68 -senders 64 -rooms 1 -listeners 10 -for 10s
//
// With -db webchat keeps its data in PostgreSQL. Each room is a group of the first user's,
// and all users are members. The users must be there; the names are put into the cookie or,
// with -header, a header of the requests. A user may have 16 requests in flight: 64 senders
// need several users.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"time"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "load:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	flags := flag.NewFlagSet("load", flag.ContinueOnError)
	o := options{}
	users := flags.String("users", "alice,bob", "who sends and listens, as the header or cookie names them; user1..user9 are nine")
	ids := flags.String("ids", "", "the user ids of -users, where they are others; 5..13 are nine")
	flags.StringVar(&o.url, "url", "http://127.0.0.1:8080/chat", "where the handler is mounted")
	flags.StringVar(&o.cookie, "cookie", "webchat_user=%s", "the cookie that signs a user in")
	flags.StringVar(&o.header, "header", "", "the header that does, in place of a cookie: 'X-User: %s'")
	flags.IntVar(&o.senders, "senders", 64, "how many send at once")
	flags.IntVar(&o.rooms, "rooms", 1, "to how many rooms")
	flags.IntVar(&o.listeners, "listeners", 1, "how many streams listen")
	flags.DurationVar(&o.duration, "for", 10*time.Second, "for how long")
	if err := flags.Parse(args); err != nil {
		return err
	}
	o.users = names(*users)
	if o.ids = o.users; *ids != "" {
		o.ids = names(*ids)
	}
	if len(o.ids) != len(o.users) {
		return fmt.Errorf("-users are %d, and -ids %d", len(o.users), len(o.ids))
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	found, err := measure(ctx, o)
	if err != nil {
		return err
	}
	fmt.Print(found)
	return nil
}

// names are those of a list with commas, in which user1..user3 is user1, user2, user3.
func names(list string) (names []string) {
	for item := range strings.SplitSeq(list, ",") {
		first, last, isRange := strings.Cut(item, "..")
		prefix := strings.TrimRight(first, "0123456789")
		from, err := strconv.Atoi(first[len(prefix):])
		to, toErr := strconv.Atoi(strings.TrimPrefix(last, prefix))
		if !isRange || err != nil || toErr != nil {
			names = append(names, item)
			continue
		}
		for n := from; n <= to; n++ {
			names = append(names, prefix+strconv.Itoa(n))
		}
	}
	return names
}
