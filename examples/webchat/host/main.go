// Package host is the demo host, without the stores of media that need modules of their own.
package host

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
	"strings"
	"syscall"

	"github.com/go-df/chat"
	"github.com/go-df/chat/storage"
)

// Stores open what -media names beside folders, by the scheme of its URL, such as "s3".
type Stores map[string]func(url string) (chat.MediaStore, error)

type options struct {
	addr, db, media string
	users           int
	unlimited       bool
	stores          Stores
}

// Main is the program.
func Main(stores Stores) {
	log.SetFlags(0)
	o, err := parse(os.Args[1:])
	o.stores = stores
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
	flags.StringVar(&o.media, "media", "webchat-media", "a `folder` for uploads, made if it is missing, or the URL of a bucket, s3://…, in examples/webchat/s3")
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

// openMedia opens where uploads go.
func (o options) openMedia() (chat.MediaStore, error) {
	scheme, _, isURL := strings.Cut(o.media, "://")
	if !isURL {
		return storage.Dir(o.media), nil
	}
	open, knows := o.stores[scheme]
	if !knows {
		return nil, fmt.Errorf("-media %s: this program knows folders alone; for s3:// run the one in examples/webchat/s3", o.media)
	}
	return open(o.media)
}
