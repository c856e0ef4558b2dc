package chat

import (
	"archive/zip"
	"context"
	"encoding/json"
	"io"
	"time"

	"github.com/google/uuid"
)

// exportVersion is that of what is in the archive; it goes up when a field changes its meaning.
const exportVersion = 1

// ExportUser writes all that is kept of a user as a ZIP archive, while it is read: files of JSON
// lines, an object a line in the order in which things were stored, and the files that the user
// uploaded. What is from rooms that they have left or that were deleted is there as long as it is
// kept. Of other people there is nothing: no texts, no names of rooms, and no ids but those of
// rooms and messages, and of users whom the user's own messages mention.
//
//	user.json           version (1), user_id, exported_at
//	memberships.jsonl   the rooms that they are a member of, with permissions, markers and own state
//	restrictions.jsonl  what they are denied in rooms, and their bans, with the reason
//	messages.jsonl      what they wrote, tombstones included
//	reactions.jsonl     what they reacted with
//	mentions.jsonl      the messages that mention them, by their ids
//	pins.jsonl          the messages that they pinned, by their ids
//	events.jsonl        the events of rooms' logs that name them
//	media.jsonl         what they uploaded, and where it is in the archive
//	media/              its bytes
//
// Every file of lines is there, without a line where there is nothing. Media that are pending or
// released, of which the store is rid of the bytes or soon will be, have a line and no file, and
// so have all where no media store is configured.
//
// It reads 100 rows at a time and holds no connection while it writes, so that w may be a slow
// client; what changes meanwhile is there or not. After an error the archive has no end, which
// programs that read it see. A user who was never in a room is no error.
//
// The host calls it from code of its own, so that there is no actor. Who asks for it must be
// who the user is.
//
// Errors: ErrInvalid for an id that is none (field "user_id"), ErrMediaStore when a file cannot be
// read, and those of w.
func (s *Service) ExportUser(ctx context.Context, user UserID, w io.Writer) error {
	user, err := s.config.userID("user_id", user)
	if err != nil {
		return err
	}
	x := &userExport{Service: s, ctx: ctx, user: user, at: s.now(), archive: zip.NewWriter(w)}
	for _, part := range []func() error{
		x.about, x.memberships, x.restrictions, x.messages, x.reactions, x.mentions, x.pins, x.logged, x.media, x.files,
	} {
		if err := part(); err != nil {
			return err
		}
	}
	return x.archive.Close()
}

// userExport is one ExportUser.
type userExport struct {
	*Service
	ctx     context.Context
	user    UserID
	at      time.Time
	archive *zip.Writer
}

// create begins a file of the archive.
func (x *userExport) create(name string, method uint16) (io.Writer, error) {
	return x.archive.CreateHeader(&zip.FileHeader{Name: name, Method: method, Modified: x.at})
}

func (x *userExport) about() error {
	file, err := x.create("user.json", zip.Deflate)
	if err != nil {
		return err
	}
	return json.NewEncoder(file).Encode(struct {
		Version    int       `json:"version"`
		UserID     UserID    `json:"user_id"`
		ExportedAt time.Time `json:"exported_at"`
	}{exportVersion, x.user, x.at})
}

// exportLines writes a file of the rows that read returns, an object a line.
func exportLines[T, P any](x *userExport, name string, first P, read func(c *call, after P) (page []T, last P, err error)) error {
	file, err := x.create(name, zip.Deflate)
	if err != nil {
		return err
	}
	lines := json.NewEncoder(file)
	lines.SetEscapeHTML(false)
	for row, err := range sequence(x.ctx, x.Service, System, first, func(c *call, after P) ([]T, P, bool, error) {
		page, last, err := read(c, after)
		return page, last, len(page) == allBatch, err
	}) {
		if err != nil {
			return err
		}
		if err := lines.Encode(row); err != nil {
			return err
		}
	}
	return nil
}

// exportRows is exportLines of a query's rows. The query ends before its limit, and the first
// of its parameters are the user and the position; last returns that of a row.
func exportRows[T, P any](x *userExport, name string, first P, scan func(row) (T, error), last func(T) P, query string, position func(P) []any) error {
	return exportLines(x, name, first, func(c *call, after P) ([]T, P, error) {
		found, err := queryAll(c.conn, scan, query+" LIMIT ?", append(append([]any{x.user}, position(after)...), allBatch)...)
		if err != nil || len(found) == 0 {
			return nil, after, err
		}
		return found, last(found[len(found)-1]), nil
	})
}

// byUUID is the position of rows in ascending order of an id.
func byUUID(after uuid.UUID) []any { return []any{after} }
