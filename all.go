package chat

import (
	"context"
	"iter"
	"time"
)

// allBatch is how many items what goes through all of something reads at a time.
const allBatch = 100

// sequence yields what read returns, page after page. read gets the position behind which
// the page begins, first for the first page, and returns that of the last item and whether
// there may be more. Between two pages nothing is held: the loop may take its time, and use
// the service and the database. Each page is a call of its own, so that what the actor may
// not see any more is not on it. The first error is yielded once, beside a zero item, and
// ends the sequence, as the end of ctx does.
func sequence[T, P any](ctx context.Context, s *Service, actor Actor, first P,
	read func(c *call, after P) (page []T, last P, more bool, err error),
) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for position, more := first, true; more; {
			var page []T
			err := ctx.Err()
			if err == nil {
				page, position, more, err = readPage(ctx, s, actor, position, read)
			}
			for i := range page {
				if err = ctx.Err(); err != nil {
					break
				}
				if !yield(page[i], nil) {
					return
				}
			}
			if err != nil {
				var none T
				yield(none, err)
				return
			}
		}
	}
}

// readPage is one call of a sequence's read.
func readPage[T, P any](ctx context.Context, s *Service, actor Actor, after P,
	fn func(c *call, after P) (page []T, last P, more bool, err error),
) (page []T, last P, more bool, err error) {
	page, err = read(ctx, s, actor, func(c *call) (found []T, err error) {
		found, last, more, err = fn(c, after)
		return found, err
	})
	return page, last, more, err
}

// failed is a sequence that ends with an error at once.
func failed[T any](err error) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var none T
		yield(none, err)
	}
}

// filterSQL collects conditions and their parameters.
type filterSQL struct {
	condition string
	args      []any
}

func (f *filterSQL) and(condition string, args ...any) {
	f.condition += " AND " + condition
	f.args = append(f.args, args...)
}

// between adds the condition that a column of times is at since or later, and before a time,
// where these are given.
func (f *filterSQL) between(column string, since, before time.Time) {
	if !since.IsZero() {
		f.and(column+" >= ?", storable(since))
	}
	if !before.IsZero() {
		f.and(column+" < ?", storable(before))
	}
}

// storable is a time as stored, in the years that both databases know the order of: nothing
// is from before or after them.
func storable(t time.Time) time.Time {
	first, last := time.Date(1, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(9999, 12, 31, 23, 59, 59, 999_999_000, time.UTC)
	switch {
	case t.Before(first):
		return first
	case t.After(last):
		return last
	}
	return asStored(t)
}

func checkRoomType(field string, t RoomType) error {
	switch t {
	case "", PrivateMessages, Group, Channel:
		return nil
	}
	return invalid(field, CodeUnknownValue, "is no type of room: %q", t)
}

// idKeyset adds the condition of the items after the cursor in a list, the highest id first.
func (f *filterSQL) idKeyset(list, from, column string) error {
	if from == "" {
		return nil
	}
	id, err := idOf(list, from)
	if err == nil {
		f.and(column+" < ?", id)
	}
	return err
}
