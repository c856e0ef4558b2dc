package model_test

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/google/uuid"

	"github.com/go-df/chat"
)

// agree compares values. go-cmp is for what a quick look does not settle.
func agree(want, got any) bool {
	return reflect.DeepEqual(want, got) || gocmp.Equal(want, got, cmpopts.EquateEmpty())
}

func difference(want, got any) string { return gocmp.Diff(want, got, cmpopts.EquateEmpty()) }

// answer is what a command returned.
type answer struct {
	Refusal string
	Result  any
}

const unexpectedError = "not a refusal: "

func (a answer) unexpected() bool { return strings.HasPrefix(a.Refusal, unexpectedError) }

var sentinels = []error{
	chat.ErrUnauthenticated, chat.ErrNotFound, chat.ErrForbidden, chat.ErrInvalid, chat.ErrTooLarge, chat.ErrConflict, chat.ErrTooSoon,
	chat.ErrSchema, chat.ErrNoMediaStore, chat.ErrClosed,
}

// refusalOf is an error's one sentinel and the field it names, or says that it is
// something else.
func refusalOf(err error) string {
	if err == nil {
		return ""
	}
	var kinds []error
	for _, sentinel := range sentinels {
		if errors.Is(err, sentinel) {
			kinds = append(kinds, sentinel)
		}
	}
	if len(kinds) != 1 {
		return unexpectedError + err.Error()
	}
	if fromService := new(chat.FieldError); errors.As(err, &fromService) {
		return kinds[0].Error() + ": " + fromService.Field
	}
	if fromOracle := (refusal{}); errors.As(err, &fromOracle) {
		return kinds[0].Error() + ": " + fromOracle.field
	}
	return kinds[0].Error()
}

// translation gives values other ids: the oracle's for a database's, or back.
type translation struct {
	ids   map[uuid.UUID]uuid.UUID
	users map[chat.UserID]chat.UserID
	// unknown stands for ids that nobody made, where they would differ from run to
	// run.
	unknown *uuid.UUID
}

// ownChoice are the fields that a database chooses for itself, or that are read out of
// an image. Translations leave them out.
var ownChoice = map[string]map[reflect.Type]bool{
	"Key": {mediaType: true}, "Width": {mediaType: true}, "Height": {mediaType: true}, "ThumbnailKey": {mediaType: true},
	"ID": {reflect.TypeFor[chat.Event](): true},
}

var mediaType = reflect.TypeFor[chat.Media]()

func (t *translation) of(value any) any {
	if value == nil {
		return nil
	}
	return t.value(reflect.ValueOf(value)).Interface()
}

func (t *translation) id(id uuid.UUID) uuid.UUID {
	switch other, known := t.ids[id]; {
	case known:
		return other
	case t.unknown != nil && id != uuid.Nil:
		return *t.unknown
	}
	return id
}

func (t *translation) value(v reflect.Value) reflect.Value {
	switch v.Type() {
	case uuidType:
		return reflect.ValueOf(t.id(v.Interface().(uuid.UUID)))
	case userIDType:
		user := v.Interface().(chat.UserID)
		return reflect.ValueOf(cmp.Or(t.users[user], user))
	case timeType:
		return reflect.ValueOf(v.Interface().(time.Time).UTC())
	case metadataType:
		return v
	}
	switch v.Kind() {
	case reflect.Pointer, reflect.Slice, reflect.Map:
		if !v.IsNil() {
			return t.reference(v)
		}
	case reflect.Struct:
		translated := reflect.New(v.Type()).Elem()
		for i := range v.NumField() {
			if !ownChoice[v.Type().Field(i).Name][v.Type()] {
				translated.Field(i).Set(t.value(v.Field(i)))
			}
		}
		return translated
	}
	return v
}

func (t *translation) reference(v reflect.Value) reflect.Value {
	switch v.Kind() {
	case reflect.Pointer:
		translated := reflect.New(v.Type().Elem())
		translated.Elem().Set(t.value(v.Elem()))
		return translated
	case reflect.Map:
		translated := reflect.MakeMap(v.Type())
		for entries := v.MapRange(); entries.Next(); {
			translated.SetMapIndex(t.value(entries.Key()), t.value(entries.Value()))
		}
		return translated
	}
	translated := reflect.MakeSlice(v.Type(), v.Len(), v.Len())
	for i := range v.Len() {
		translated.Index(i).Set(t.value(v.Index(i)))
	}
	return translated
}

// tables are all rows, in the order of their keys, but for media whose bytes never
// came, which nobody sees.
type tables struct {
	Rooms        []chat.Room
	Users        []chat.RoomUser
	Restrictions []restriction
	Messages     []chat.Message
	MessageMedia []chat.MessageMedia
	Media        []chat.Media
	Reactions    []chat.Reaction
	Mentions     []mention
	Pins         []chat.Pin
	Events       []chat.Event
}

func (t *tables) sort() *tables {
	slices.SortFunc(t.Rooms, func(a, b chat.Room) int { return byID(a.ID, b.ID) })
	slices.SortFunc(t.Users, func(a, b chat.RoomUser) int { return cmp.Or(byID(a.RoomID, b.RoomID), byUserID(a, b)) })
	slices.SortFunc(t.Restrictions, func(a, b restriction) int {
		return cmp.Or(byID(a.RoomID, b.RoomID), cmp.Compare(a.UserID, b.UserID))
	})
	slices.SortFunc(t.Messages, func(a, b chat.Message) int {
		return cmp.Or(byID(a.RoomID, b.RoomID), cmp.Compare(a.Number, b.Number))
	})
	slices.SortFunc(t.MessageMedia, func(a, b chat.MessageMedia) int {
		return cmp.Or(byID(a.MessageID, b.MessageID), cmp.Compare(a.Sequence, b.Sequence))
	})
	slices.SortFunc(t.Media, func(a, b chat.Media) int { return byID(a.ID, b.ID) })
	slices.SortFunc(t.Reactions, func(a, b chat.Reaction) int { return byID(a.ID, b.ID) })
	slices.SortFunc(t.Mentions, byMention)
	slices.SortFunc(t.Pins, func(a, b chat.Pin) int { return byID(a.MessageID, b.MessageID) })
	slices.SortFunc(t.Events, func(a, b chat.Event) int {
		return cmp.Or(byID(a.RoomID, b.RoomID), cmp.Compare(a.Seq, b.Seq))
	})
	return t
}

func byID(a, b uuid.UUID) int { return bytes.Compare(a[:], b[:]) }

func byUserID(a, b chat.RoomUser) int { return cmp.Compare(a.UserID, b.UserID) }

// tables are the rows that the oracle's state comes to.
func (o *oracle) tables() *tables {
	t := &tables{}
	for _, r := range o.rooms {
		t.Rooms = append(t.Rooms, r.Room)
		t.Events = append(t.Events, r.events...)
		for _, member := range r.members {
			t.Users = append(t.Users, *member)
		}
		t.Restrictions = append(t.Restrictions, r.restrictions()...)
		t.Mentions = append(t.Mentions, r.mentionRows()...)
		for _, m := range r.messages {
			if m.pin != nil {
				t.Pins = append(t.Pins, *m.pin)
			}
			t.Messages = append(t.Messages, m.Message)
			for i, medium := range m.media {
				t.MessageMedia = append(t.MessageMedia, chat.MessageMedia{MessageID: m.ID, MediaID: medium.ID, Sequence: i})
			}
			for _, x := range m.reactions {
				t.Reactions = append(t.Reactions, *x)
			}
		}
	}
	for _, m := range o.media {
		t.Media = append(t.Media, *m)
	}
	return t.sort()
}

// broken lists the rules that the rows break by themselves, whatever led to them.
func (t *tables) broken() (broken []string) {
	for _, r := range t.Rooms {
		members := map[chat.UserID]bool{}
		for _, u := range t.Users {
			if u.RoomID == r.ID {
				members[u.UserID] = true
				if slices.ContainsFunc(t.Restrictions, func(x restriction) bool {
					return x.RoomID == r.ID && x.UserID == u.UserID && (x.BannedAt != nil || u.Permissions == nil)
				}) {
					broken = append(broken, fmt.Sprintf("%s is in room %s and restricted", u.UserID, r.ID))
				}
				if u.HiddenNumber != nil && *u.HiddenNumber > r.LastNumber {
					broken = append(broken, fmt.Sprintf("%s has archived room %s where it does not go yet", u.UserID, r.ID))
				}
				if u.LastReadNumber > r.LastNumber {
					broken = append(broken, fmt.Sprintf("%s has read further than room %s goes", u.UserID, r.ID))
				}
			}
		}
		if r.DeletedAt == nil && r.MemberCount != int64(len(members)) {
			broken = append(broken, fmt.Sprintf("room %s counts %d members of %d", r.ID, r.MemberCount, len(members)))
		}
		if r.DeletedAt == nil && r.Type != chat.PrivateMessages && (r.OwnerID == nil) != r.Ownerless || r.OwnerID != nil && !members[*r.OwnerID] {
			broken = append(broken, fmt.Sprintf("room %s has no owner in it", r.ID))
		}
		if r.Type == chat.PrivateMessages && (r.OwnerID != nil || r.PrivateA != nil && len(members) != 2) {
			broken = append(broken, fmt.Sprintf("room %s is not its two users", r.ID))
		}
		broken = append(broken, t.gaps(r)...)
	}
	return broken
}

// gaps: messages count from the first that was not removed, and events 1, 2, 3… up to the
// room's counters.
func (t *tables) gaps(r chat.Room) (broken []string) {
	number, seq := r.FirstNumber-1, int64(0)
	for _, m := range t.Messages {
		if m.RoomID != r.ID {
			continue
		}
		if number++; m.Number != number {
			broken = append(broken, fmt.Sprintf("room %s has message %d after %d", r.ID, m.Number, number-1))
		}
	}
	for _, e := range t.Events {
		if e.RoomID != r.ID {
			continue
		}
		if seq++; e.Seq != seq {
			broken = append(broken, fmt.Sprintf("room %s has event %d after %d", r.ID, e.Seq, seq-1))
		}
	}
	if number != r.LastNumber || seq != r.LastSeq {
		broken = append(broken, fmt.Sprintf("room %s counts to %d and %d, not %d and %d", r.ID, r.LastNumber, r.LastSeq, number, seq))
	}
	return broken
}
