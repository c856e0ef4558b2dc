package chat

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
)

// MaintainOptions says for how long things are kept. Its zero value keeps messages for ever.
type MaintainOptions struct {
	// Retention says for how long messages are kept. The first rule that a room fits
	// decides. Defaults to none: messages are kept for ever.
	Retention []Retention
	// Events is the argument of PruneEvents. Defaults to 7 days.
	Events time.Duration
	// Rooms is the argument of PurgeRooms. Defaults to 30 days.
	Rooms time.Duration
	// Media is the argument of SweepMedia, which is left out where there is no media
	// store. Defaults to 24 hours.
	Media time.Duration
}

// Retention is for how long the messages of some rooms are kept.
type Retention struct {
	// RoomID is the room that the rule is for. Defaults to all rooms.
	RoomID *uuid.UUID
	// RoomType is the type of the rooms that the rule is for. Defaults to all.
	RoomType RoomType
	// Age is how old a message may become. Defaults to 0: the messages of these rooms are
	// kept for ever, whatever later rules say.
	Age time.Duration
}

// Maintained is how much Maintain has removed.
type Maintained struct {
	Messages int // by Retention
	Rooms    int // by PurgeRooms
	Events   int // by PruneEvents
	Media    int // by SweepMedia
}

func (in MaintainOptions) withDefaults() MaintainOptions {
	const day = 24 * time.Hour
	for field, byDefault := range map[*time.Duration]time.Duration{&in.Events: 7 * day, &in.Rooms: 30 * day, &in.Media: day} {
		if *field == 0 {
			*field = byDefault
		}
	}
	return in
}

func (in *MaintainOptions) validate() error {
	for _, age := range []struct {
		field string
		age   time.Duration
	}{{"events", in.Events}, {"rooms", in.Rooms}, {"media", in.Media}} {
		if age.age < 0 {
			return invalid(age.field, CodeOutOfRange, "is negative")
		}
	}
	for i, rule := range in.Retention {
		if err := rule.validate(fmt.Sprintf("retention[%d]", i)); err != nil {
			return err
		}
	}
	return nil
}

func (r *Retention) validate(field string) error {
	if err := checkRoomType(field+".room_type", r.RoomType); err != nil {
		return err
	}
	if r.Age < 0 {
		return invalid(field+".age", CodeOutOfRange, "is negative")
	}
	return nil
}

// Maintain removes what is not to be kept any longer: messages by Retention, the rooms of
// PurgeRooms, the events of PruneEvents and the media of SweepMedia, in this order, so that
// what one sets free goes with the next. Call it from a job, each hour or each night.
//
// Retention removes the oldest messages of a room for good, no tombstones left, with their
// reactions and media, up to the first that is not too old: Room.FirstNumber is then that
// one's number, and there is a MessagesRemoved event for each batch. Numbers stay as they
// are. A message that replied to one of them replies to none. Nothing of them is unread.
//
// With Config.MessageSearch on SQLite's FTS4 it merges the parts of the index, without which a search of many
// rooms becomes slow.
//
// The host calls it from code of its own, so that there is no actor. It runs in batches of
// one transaction each, is safe to stop and to run in several processes at once. Where one
// part fails, the others run all the same, and the errors are joined; but when it has waited
// for a lock in vain, the rest is left to the next run.
//
// Errors: ErrInvalid, naming the field; ErrConflict inside InTx or WithTx; and those of the
// parts.
func (s *Service) Maintain(ctx context.Context, in MaintainOptions) (Maintained, error) {
	var done Maintained
	if err := in.validate(); err != nil {
		return done, err
	}
	if s.tx != nil {
		return done, conflict("maintenance is done outside of transactions")
	}
	in = in.withDefaults()
	var faults []error
	for _, part := range []func() error{
		func() (err error) { done.Messages, err = s.retain(ctx, in.Retention); return err },
		func() (err error) { done.Rooms, err = s.PurgeRooms(ctx, in.Rooms); return err },
		func() (err error) { done.Events, err = s.PruneEvents(ctx, in.Events); return err },
		func() (err error) {
			if s.config.Media != nil {
				done.Media, err = s.SweepMedia(ctx, in.Media)
			}
			return err
		},
		func() error { return s.mergeSearch(ctx) },
	} {
		err := part()
		if faults = append(faults, err); IsRetryable(err) || ctx.Err() != nil {
			break
		}
	}
	return done, errors.Join(faults...)
}
