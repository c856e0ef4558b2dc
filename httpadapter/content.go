package httpadapter

import (
	"errors"
	"io"
	"net/http"
	"strconv"
	"time"

	"github.com/go-df/chat"
)

// urlValid is how long a redirect to the store holds.
const urlValid = 5 * time.Minute

// mediaContent serves a file, or the thumbnail of a picture. Its bytes never change under
// their id.
func mediaContent(r *request) (*response, error) {
	id := r.id("media")
	variant := r.param("variant")
	if variant != "" && variant != "original" && variant != thumbnail {
		r.fail(badParameter("variant", chat.CodeUnknownValue, `is neither "original" nor "thumbnail"`))
	}
	if r.err != nil {
		return nil, r.err
	}
	if variant == thumbnail {
		found, content, err := r.h.svc.OpenThumbnail(r.Context(), r.actor, id)
		if err == nil {
			found.FileName = "" // which may not be that of a copy's type
		}
		return r.content(found, content, err)
	}
	if r.h.config.RedirectMedia && r.Method == http.MethodGet {
		url, err := r.h.svc.MediaURL(r.Context(), r.actor, id, urlValid)
		if !errors.Is(err, chat.ErrNoMediaStore) {
			return r.redirect(url), err
		}
	}
	return r.content(r.h.svc.OpenMedia(r.Context(), r.actor, id))
}

// redirect sends a client to the store. It may come back to the URL while that is valid
// for another minute.
func (r *request) redirect(url string) *response {
	return &response{write: func() {
		header := r.w.Header()
		header.Set("Location", url)
		header.Set("Referrer-Policy", "no-referrer")
		header.Set("Cache-Control", "private, max-age="+strconv.Itoa(int((urlValid-time.Minute).Seconds())))
		if !r.bySignature {
			header.Add("Vary", "Authorization, Cookie")
		}
		r.w.WriteHeader(http.StatusTemporaryRedirect)
	}}
}

func (r *request) content(m *chat.Media, content io.ReadCloser, err error) (*response, error) {
	if err != nil {
		return nil, err
	}
	return &response{write: func() {
		defer func() { _ = content.Close() }()
		r.serveContent(m, content)
	}}, nil
}

func (r *request) serveContent(m *chat.Media, content io.Reader) {
	header := r.w.Header()
	kind, disposition := m.ContentHeaders()
	header.Set("Content-Type", kind)
	header.Set("Content-Disposition", disposition)
	header.Set("Content-Security-Policy", "default-src 'none'; sandbox")
	if age := r.h.config.MediaMaxAge; age > 0 {
		header.Set("Cache-Control", "private, max-age="+strconv.Itoa(int(age.Seconds())))
	}
	if !r.bySignature {
		header.Add("Vary", "Authorization, Cookie") // one browser, another user
	}
	header.Set("ETag", `"`+m.SHA256+`"`)
	if seeker, seekable := content.(io.ReadSeeker); seekable {
		request := r.Clone(r.Context())
		ranges := readRanges(request, m.Size, header.Get("ETag"))
		request.Header.Del("Range")
		if ranges.header != "" {
			request.Header.Set("Range", ranges.header)
		}
		http.ServeContent(&contentWriter{writer: r.w, r: r, size: m.Size, unsatisfiable: ranges.unsatisfiable}, request, "", time.Time{}, seeker)
		return
	}
	r.serveStream(m, content)
}

// serveStream serves what cannot be read from the middle: whole, or not at all.
func (r *request) serveStream(m *chat.Media, content io.Reader) {
	header := r.w.Header()
	header.Set("Accept-Ranges", "none")
	if match := r.Header.Values("If-Match"); len(match) > 0 && !strongMatch(match, header.Get("ETag")) {
		r.sendProblem(newProblem(http.StatusPreconditionFailed, "precondition_failed", "the file is another"))
		return
	}
	if noneMatch(r.Header.Values("If-None-Match"), header.Get("ETag")) {
		header.Del("Content-Type")
		r.w.WriteHeader(http.StatusNotModified)
		return
	}
	header.Set("Content-Length", strconv.FormatInt(m.Size, 10))
	r.w.WriteHeader(http.StatusOK)
	if r.Method == http.MethodHead {
		return
	}
	if n, err := io.Copy(r.w, content); err != nil || n != m.Size {
		r.h.config.Logger.WarnContext(r.Context(), "a file was not sent to its end", "media_id", m.ID, "error", err)
	}
}

// contentWriter puts problems in the place of the errors that http.ServeContent
// writes as plain text.
type contentWriter struct {
	*writer
	r       *request
	size    int64
	refused bool

	unsatisfiable bool // the ranges that were asked for, which ServeContent has not seen
}

func (w *contentWriter) WriteHeader(status int) {
	if status == http.StatusOK && w.unsatisfiable {
		status = http.StatusRequestedRangeNotSatisfiable
	}
	switch status {
	case http.StatusRequestedRangeNotSatisfiable:
		w.refused = true
		w.Header().Set("Content-Range", "bytes */"+strconv.FormatInt(w.size, 10))
		w.r.sendProblem(newProblem(status, "range_not_satisfiable", "the file has "+strconv.FormatInt(w.size, 10)+" bytes"))
	case http.StatusPreconditionFailed:
		w.refused = true
		w.r.sendProblem(newProblem(status, "precondition_failed", "the file is another"))
	case http.StatusInternalServerError: // the store's reader does not seek
		w.refused = true
		w.r.refuse(chat.ErrMediaStore)
	default:
		w.writer.WriteHeader(status)
	}
}

func (w *contentWriter) Write(p []byte) (int, error) {
	if w.refused {
		return len(p), nil
	}
	return w.writer.Write(p)
}

// ReadFrom lets the connection take a file's bytes without a copy in between.
func (w *contentWriter) ReadFrom(source io.Reader) (int64, error) {
	if w.refused {
		return io.Copy(io.Discard, source)
	}
	return w.writer.ReadFrom(source)
}
