package httpadapter

import (
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// response is the outcome of an operation.
type response struct {
	status   int
	body     any       // nil: none
	view     *view     // whose users are still to be looked up
	version  time.Time // when what the body shows was changed; zero: it has no version
	location string    // within the API
	write    func()    // instead of all the above: the operation sends the response itself
}

// rawJSON is a body that is encoded already.
type rawJSON []byte

func ok(body any, v *view) *response {
	return &response{status: http.StatusOK, body: body, view: v}
}

func created(body any, v *view, location string) *response {
	return &response{status: http.StatusCreated, body: body, view: v, location: location}
}

func noContent() *response { return &response{status: http.StatusNoContent} }

// withVersion stamps the response with the version that If-Match is compared with.
func (a *response) withVersion(version time.Time) *response {
	a.version = version
	return a
}

// loose: a host may have stored metadata that the API itself would not take in. Times have
// six digits always, so that their texts are as long and in the same order as they are.
var loose = json.JoinOptions(jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true),
	json.WithMarshalers(json.MarshalToFunc(func(encoder *jsontext.Encoder, at time.Time) error {
		return encoder.WriteToken(jsontext.String(at.UTC().Format("2006-01-02T15:04:05.000000Z07:00")))
	})))

// send encodes the outcome.
func (a *response) send(r *request) {
	if a.write != nil {
		a.write()
		return
	}
	header := r.w.Header()
	if a.location != "" {
		header.Set("Location", r.h.config.BasePath+a.location)
	}
	if a.body == nil {
		r.w.WriteHeader(a.status)
		return
	}
	if a.view != nil {
		a.view.embedProfiles(r)
	}
	data, isJSON := a.body.(rawJSON)
	if !isJSON {
		var err error
		if data, err = json.Marshal(a.body, loose); err != nil {
			r.refuse(err)
			return
		}
	}
	data, encoding := r.encode(data)
	tag := entityTag(a.version, data)
	header.Set("ETag", tag)
	reading := r.Method == http.MethodGet || r.Method == http.MethodHead
	if reading && noneMatch(r.Header.Values("If-None-Match"), tag) {
		r.w.WriteHeader(http.StatusNotModified)
		return
	}
	writeJSON(r.w, r.Request, a.status, mediaJSON, data, encoding)
}

func (r *request) sendProblem(p *problem) {
	writeProblem(r.w, r.Request, p, r.h.config.BasePath+r.path)
}

func writeProblem(w http.ResponseWriter, r *http.Request, p *problem, instance string) {
	shown := *p
	shown.Instance = instance
	header := w.Header()
	for _, name := range []string{"Location", "ETag", "Content-Disposition", "Content-Security-Policy", "Accept-Ranges"} {
		header.Del(name)
	}
	header.Set("Cache-Control", "no-store")
	if p.header[0] != "" {
		header.Set(p.header[0], p.header[1])
	}
	data, err := json.Marshal(&shown, loose)
	if err != nil {
		panic("httpadapter: a problem does not encode: " + err.Error())
	}
	writeJSON(w, r, p.Status, mediaProblem, data, "")
}

func writeJSON(w http.ResponseWriter, r *http.Request, status int, kind string, data []byte, encoding string) {
	header := w.Header()
	header.Set("Content-Type", kind)
	if encoding != "" {
		header.Set("Content-Encoding", encoding)
	}
	header.Set("Content-Length", strconv.Itoa(len(data)))
	w.WriteHeader(status)
	if r.Method != http.MethodHead {
		_, _ = w.Write(data) //nolint:gosec // it is JSON, and no page; the client may have disconnected
	}
}

// entityTag is a hash of the body and, before it, the version of what can be
// changed. If-Match compares the version alone: a reaction or an unread message
// makes another body, and is no reason to refuse an edit.
func entityTag(version time.Time, body []byte) string {
	sum := sha256.Sum256(body)
	hash := base64.RawURLEncoding.EncodeToString(sum[:12])
	if version.IsZero() {
		return `"` + hash + `"`
	}
	return strings.TrimSuffix(versionTag(version), `"`) + "." + hash + `"`
}

// versionTag is the version alone, as If-Match takes it.
func versionTag(version time.Time) string {
	return `"` + strconv.FormatInt(version.UnixMicro(), 36) + `"`
}

// versionOf reads the version in an entity tag; the zero time when it has none, or
// is weak and therefore equals nothing.
func versionOf(tag string) time.Time {
	if len(tag) < 2 || tag[0] != '"' || tag[len(tag)-1] != '"' {
		return time.Time{}
	}
	version, _, _ := strings.Cut(tag[1:len(tag)-1], ".")
	micros, err := strconv.ParseInt(version, 36, 64)
	if err != nil {
		return time.Time{}
	}
	return time.UnixMicro(micros).UTC()
}

// noneMatch reports whether the client has the body already.
func noneMatch(conditions []string, tag string) bool {
	for _, condition := range conditions {
		for candidate := range strings.SplitSeq(condition, ",") {
			candidate = strings.TrimPrefix(strings.TrimSpace(candidate), "W/")
			if candidate == tag || candidate == "*" {
				return true
			}
		}
	}
	return false
}

// strongMatch reports whether the client names the body, and not one that is only as good.
func strongMatch(conditions []string, tag string) bool {
	for _, condition := range conditions {
		for candidate := range strings.SplitSeq(condition, ",") {
			if candidate = strings.TrimSpace(candidate); candidate == tag || candidate == "*" {
				return true
			}
		}
	}
	return false
}
