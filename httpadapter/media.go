package httpadapter

import (
	"errors"
	"io"
	"math"
	"mime"
	"mime/multipart"
	"net/http"
	"strings"

	"github.com/google/uuid"

	"github.com/go-df/chat"
)

// mediaCreate stores an upload: a form with one part, "file", or the bare bytes,
// named by Content-Disposition. Either is streamed.
func mediaCreate(r *request) (*response, error) {
	in, err := r.upload()
	if err != nil {
		return nil, err
	}
	stored, err := r.h.svc.UploadMedia(r.Context(), r.actor, in)
	if err != nil {
		return nil, err
	}
	v := r.view()
	return created(v.media(stored), v, "/media/"+stored.ID.String()), nil
}

func mediaRetrieve(r *request) (*response, error) {
	id := r.id("media")
	if r.err != nil {
		return nil, r.err
	}
	found, err := r.h.svc.Media(r.Context(), r.actor, id)
	if err != nil {
		return nil, err
	}
	v := r.view()
	return ok(v.media(found), v), nil
}

// mediaDelete takes back an upload that was never sent.
func mediaDelete(r *request) (*response, error) {
	id := r.id("media")
	if r.err != nil {
		return nil, r.err
	}
	if err := r.h.svc.DeleteMedia(r.Context(), r.actor, id); err != nil {
		return nil, err
	}
	return noContent(), nil
}

// mediaList responds with those of some files that the user may see.
func mediaList(r *request) (*response, error) {
	texts := r.ids()
	ids := make([]uuid.UUID, len(texts))
	for i, text := range texts {
		id, valid := parseID(text)
		if !valid {
			r.fail(badParameter("ids", malformed, "has something that is no id"))
		}
		ids[i] = id
	}
	if r.err != nil {
		return nil, r.err
	}
	found, err := r.h.svc.MediaByIDs(r.Context(), r.actor, ids)
	if err != nil {
		return nil, err
	}
	v := r.view()
	return ok(items[media]{shownAll(found, v.media)}, v), nil
}

func (r *request) upload() (chat.NewMedia, error) {
	if r.Header.Get("Content-Encoding") != "" {
		return chat.NewMedia{}, newProblem(http.StatusUnsupportedMediaType, "unsupported_media_type", "the body must not be encoded")
	}
	kind, params := r.mediaType()
	if strings.HasPrefix(kind, "multipart/") {
		if kind != "multipart/form-data" || params["boundary"] == "" {
			return chat.NewMedia{}, newProblem(http.StatusUnsupportedMediaType, "unsupported_media_type",
				"the form must be multipart/form-data with a boundary")
		}
		return formUpload(r.Body, params["boundary"])
	}
	name, err := dispositionName(r.Header.Values("Content-Disposition"))
	return chat.NewMedia{FileName: name, Body: &bodyReader{r.Body}}, err
}

func dispositionName(values []string) (string, error) {
	if len(values) == 0 {
		return "", nil
	}
	_, params, err := mime.ParseMediaType(values[0])
	if err != nil || len(values) > 1 {
		return "", newProblem(http.StatusBadRequest, "malformed_header", "Content-Disposition cannot be read")
	}
	return params["filename"], nil
}

// bodyReader marks what goes wrong with the body as the client's doing, so that it
// is not taken for a fault of the service.
type bodyReader struct{ source io.Reader }

func (b *bodyReader) Read(p []byte) (int, error) {
	n, err := b.source.Read(p)
	return n, bodyFault(err)
}

func bodyFault(err error) error {
	var tooLarge *http.MaxBytesError // a limit of the host's, around the handler
	switch {
	case err == nil, errors.Is(err, io.EOF):
		return err
	case errors.As(err, &tooLarge):
		return bodyTooLarge(tooLarge.Limit)
	}
	return badBody("", "ends early or cannot be read")
}

// formHead is how much of a form may come before and after the file: the headers
// of parts are kept in memory.
const formHead = 16 << 10

func formUpload(body io.Reader, boundary string) (chat.NewMedia, error) {
	head := &allowance{source: body, left: formHead}
	form := multipart.NewReader(head, boundary)
	part, err := form.NextRawPart()
	if err != nil {
		return chat.NewMedia{}, badBody("", "is not a form with a file in it")
	}
	if part.FormName() != "file" {
		return chat.NewMedia{}, badBody("", `has a part that is not called "file"`)
	}
	head.left = math.MaxInt64
	// FileName is a base name, as UploadMedia makes it too.
	return chat.NewMedia{FileName: part.FileName(), Body: &formFile{head: head, form: form, part: part}}, nil
}

// formFile reads the one part, and at its end asks for the end of the form: what was
// cut off, or has more in it, is not stored.
type formFile struct {
	head *allowance
	form *multipart.Reader
	part *multipart.Part
	done bool
}

func (f *formFile) Read(p []byte) (int, error) {
	if f.done {
		return 0, io.EOF
	}
	n, err := f.part.Read(p)
	if !errors.Is(err, io.EOF) {
		return n, bodyFault(err)
	}
	f.head.left = formHead
	switch _, err := f.form.NextRawPart(); {
	case errors.Is(err, io.EOF):
		f.done = true
		return n, io.EOF
	case err == nil:
		return n, badBody("", "has a part after the file")
	default:
		return n, bodyFault(io.ErrUnexpectedEOF)
	}
}

// allowance reads no more than it is given.
type allowance struct {
	source io.Reader
	left   int64
}

var errAllowance = errors.New("the head of a form is too long")

func (a *allowance) Read(p []byte) (int, error) {
	if a.left <= 0 {
		return 0, errAllowance
	}
	n, err := a.source.Read(p[:min(int64(len(p)), a.left)])
	a.left -= int64(n)
	return n, err
}
