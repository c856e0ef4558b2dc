package host

import (
	"context"
	"log/slog"
	"time"

	"github.com/go-df/chat"
)

// What is deleted is kept for so long, should somebody ask for it.
const (
	roomsKept   = 30 * 24 * time.Hour
	uploadsKept = 24 * time.Hour // also those that were never sent
	jobsEvery   = time.Hour
)

// tidy removes what nobody can see any more, now and then, until ctx ends.
func tidy(ctx context.Context, svc *chat.Service, log *slog.Logger) {
	for ticker := time.NewTicker(jobsEvery); ; {
		if _, err := svc.PurgeRooms(ctx, roomsKept); err != nil && ctx.Err() == nil {
			log.Warn("deleted rooms stay", "error", err)
		}
		if _, err := svc.SweepMedia(ctx, uploadsKept); err != nil && ctx.Err() == nil {
			log.Warn("unused files stay", "error", err)
		}
		select {
		case <-ctx.Done():
			ticker.Stop()
			return
		case <-ticker.C:
		}
	}
}

// background runs a job beside everything else. stop ends it and waits for that.
func background(ctx context.Context, job func(context.Context)) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		job(ctx)
	}()
	return func() {
		cancel()
		<-done
	}
}
