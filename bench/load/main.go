// Load sends messages over HTTP and listens for them, and prints how many a second were
// acknowledged and delivered, and how long after the acknowledgement. It works against
// examples/webchat, or any server with the library's handler:
//
//	go run ./examples/webchat &
//	go run ./bench/load -url http://127.0.0.1:8080/chat -cookie 'webchat_user=%s' \
//		-users alice,bob -senders 64 -rooms 1 -listeners 10 -for 10s
//
// Each room is a group of the first user's, and all users are members. The users must be
// there; the names are put into the cookie or, with -header, a header of the requests.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
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
	users := flags.String("users", "alice,bob", "who sends and listens, as the header or cookie names them")
	ids := flags.String("ids", "", "the user ids of -users, where they are others")
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
	o.users, o.ids = strings.Split(*users, ","), strings.Split(*users, ",")
	if *ids != "" {
		o.ids = strings.Split(*ids, ",")
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
