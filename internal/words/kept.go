package words

import (
	"strings"

	"github.com/google/uuid"
)

// What a database keeps of a message is its Keys, each behind the Place where the message is.
// So the index is never asked for a word alone, whatever a query has in it: what is in other
// rooms costs nothing and shows by nothing, and no query reads more than a part of a room
// unless it has to.

// PlaceMessages is how many messages of a room have one place.
const PlaceMessages = 1 << 17

// placeLength is that of a place: seven digits of a room's id, and two of a number.
const placeLength = 9

// Place is that of a room's messages whose numbers, divided by PlaceMessages, are n. Rooms whose
// ids end alike share theirs, and so do messages that are very far apart in a room: what
// has a place is looked at, and not taken, for being there.
func Place(room uuid.UUID, n int64) string {
	const digits = "0123456789abcdefghijklmnopqrstuv"
	id := room.String()
	return id[len(id)-placeLength+2:] + string([]byte{digits[n>>5&31], digits[n&31]})
}

// Kept is what a database keeps of a message: its keys, each behind its place, with a space
// between them. Every one is a word to a tokenizer that takes ASCII's letters and digits and all
// that is not ASCII for parts of words.
func Kept(room uuid.UUID, number int64, text string) string {
	place := Place(room, number/PlaceMessages)
	var kept strings.Builder
	for i, key := range Keys(text) {
		if i > 0 {
			kept.WriteByte(' ')
		}
		kept.WriteString(place)
		kept.WriteString(key)
	}
	return kept.String()
}
