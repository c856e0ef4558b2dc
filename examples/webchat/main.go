// Webchat is a whole host application: it has users of its own, a sign-in of its own,
// and the chat's HTTP API mounted at /chat/.
//
//	go run ./examples/webchat
//	go run ./examples/webchat -db postgres://user:password@localhost/webchat
//
// It starts with the users alice, bob, carol and dave, and with rooms that already hold
// a few messages. What is added stays in the database and in the folder of media.
//
// Its sign-in is a demo: whoever says that they are alice is alice. It listens on this
// machine alone, unless -addr says otherwise.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log"
	"log/slog"
	"net"
	"os"
	"os/signal"
	"strconv"
	"syscall"
)

type options struct {
	addr, db, media string
	users           int
	unlimited       bool
}

func main() {
	log.SetFlags(0)
	o, err := parse(os.Args[1:])
	if errors.Is(err, flag.ErrHelp) {
		return
	}
	if err != nil {
		os.Exit(2) // the flag set has said why
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second signal ends the program at once
	if err := run(ctx, log.New(os.Stdout, "", 0), o); err != nil {
		log.Fatal("webchat: ", err)
	}
}

func parse(args []string) (o options, err error) {
	flags := flag.NewFlagSet("webchat", flag.ContinueOnError)
	flags.StringVar(&o.addr, "addr", "127.0.0.1:8080", "the `address` to listen on")
	flags.StringVar(&o.db, "db", "webchat.db", "a SQLite `file`, made if it is missing, or :memory:, or a postgres:// DSN")
	flags.StringVar(&o.media, "media", "webchat-media", "a `folder` for uploads, made if it is missing")
	flags.IntVar(&o.users, "users", 0, "also make the users user1 to user`N`")
	flags.BoolVar(&o.unlimited, "unlimited", false, "let every user ask as often as they want")
	if err := flags.Parse(args); err != nil {
		return o, err
	}
	switch {
	case flags.NArg() > 0:
		err = fmt.Errorf("webchat takes flags alone, not %q", flags.Arg(0))
	case o.users < 0:
		err = errors.New("-users is negative")
	}
	if err != nil {
		log.New(flags.Output(), "", 0).Print(err)
		flags.Usage()
	}
	return o, err
}

// run serves until ctx ends, answers what was asked by then, and closes everything.
func run(ctx context.Context, out *log.Logger, o options) (err error) {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", o.addr)
	if err != nil {
		return err
	}
	defer func() { _ = listener.Close() }() // closed already, unless something below fails

	logger := slog.New(slog.NewTextHandler(os.Stderr, nil))
	a, err := openApp(ctx, o, logger)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, a.close()) }()
	handler, err := a.handler(o, logger)
	if err != nil {
		return err
	}
	if listener.Addr().(*net.TCPAddr).IP.IsLoopback() {
		handler = ownHosts(handler)
	}
	defer background(ctx, func(ctx context.Context) { tidy(ctx, a.chat, logger) })() // ends before the database is closed
	announce(out, listener.Addr())
	if err := serve(ctx, listener, handler, logger); err != nil {
		return err
	}
	out.Print("webchat has stopped; its data are kept, unless they were in memory.")
	return nil
}

func announce(out *log.Logger, addr net.Addr) {
	shown, tcp := addr.String(), addr.(*net.TCPAddr)
	if tcp.IP.IsUnspecified() {
		shown = net.JoinHostPort("localhost", strconv.Itoa(tcp.Port))
	}
	out.Printf("webchat is at http://%s/, and its chat API at http://%[1]s/chat/", shown)
	out.Print("Its sign-in is a demo without passwords: anybody who can reach this address can be any user.")
	if !tcp.IP.IsLoopback() {
		out.Print("Warning: other machines can reach it.")
	}
}
