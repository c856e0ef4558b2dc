package httpadapter

import (
	"errors"
	"io"
	"net/http"
	"reflect"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/google/uuid"

	"github.com/go-df/chat"
)

const (
	mediaJSON       = "application/json"
	mediaMergePatch = "application/merge-patch+json"
	mediaProblem    = "application/problem+json"
)

// strict reads JSON as openapi.json describes it and nothing else: no unknown, no
// repeated and no wrongly cased keys, no bad UTF-8 and nothing behind the value.
var strict = json.JoinOptions(
	json.RejectUnknownMembers(true),
	json.MatchCaseInsensitiveNames(false),
	jsontext.AllowDuplicateNames(false),
	jsontext.AllowInvalidUTF8(false),
	json.WithUnmarshalers(json.JoinUnmarshalers(
		json.UnmarshalFromFunc(readID),
		json.UnmarshalFromFunc(refuseNull),
	)),
)

var (
	errNull = errors.New("null is not allowed here")
	errID   = errors.New("not an id")
)

// readID takes what parseID takes.
func readID(decoder *jsontext.Decoder, id *uuid.UUID) error {
	if decoder.PeekKind() != '"' {
		return errors.ErrUnsupported
	}
	token, err := decoder.ReadToken()
	if err != nil {
		return err
	}
	parsed, valid := parseID(token.String())
	if !valid {
		return errID
	}
	*id = parsed
	return nil
}

// refuseNull lets null be where a type has a place for it: a pointer, a member of a
// patch, metadata.
func refuseNull(decoder *jsontext.Decoder, value any) error {
	if decoder.PeekKind() != 'n' {
		return errors.ErrUnsupported
	}
	switch value.(type) {
	case json.UnmarshalerFrom, *chat.Metadata:
		return errors.ErrUnsupported
	}
	if reflect.TypeOf(value).Elem().Kind() == reflect.Pointer {
		return errors.ErrUnsupported
	}
	return errNull
}

// readBody decodes a JSON body.
func readBody[T any](r *request) (body T) {
	if r.err != nil {
		return body
	}
	data, err := r.readJSON()
	if err != nil {
		r.fail(err)
		return body
	}
	if kind := jsontext.Value(data).Kind(); kind != '{' && kind != 0 {
		r.fail(badBody("", "is not an object"))
		return body
	}
	if err := json.Unmarshal(data, &body, strict); err != nil {
		r.fail(bodyProblem(err))
	}
	return body
}

// readJSON reads a body that says it is JSON, up to the limit.
func (r *request) readJSON() ([]byte, error) {
	kind, params := r.mediaType()
	charset, hasCharset := params["charset"]
	known := kind == mediaJSON || kind == mediaMergePatch && r.Method == http.MethodPatch
	if !known || hasCharset && !strings.EqualFold(charset, "utf-8") || r.Header.Get("Content-Encoding") != "" {
		return nil, unsupportedMedia(r.Method)
	}
	limit := r.h.config.MaxBody
	if r.ContentLength > limit {
		return nil, bodyTooLarge(limit)
	}
	data, err := io.ReadAll(http.MaxBytesReader(r.w.ResponseWriter, r.Body, limit))
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		return nil, bodyTooLarge(tooLarge.Limit)
	case err != nil:
		return nil, badBody("", "ends early")
	}
	return data, nil
}

// bodyProblem returns where a body is wrong.
func bodyProblem(err error) error {
	var semantic *json.SemanticError
	var syntactic *jsontext.SyntacticError
	var refused *chat.FieldError
	switch {
	case errors.As(err, &semantic) && errors.As(err, &refused): // the name of a permission
		p := invalidField(refused.Field, refused.Code, refused.Reason)
		pointer := string(semantic.JSONPointer)
		p.Detail, p.Errors[0].Pointer = pointer+" "+refused.Reason, &pointer
		return p
	case errors.As(err, &semantic) && errors.Is(err, json.ErrUnknownName):
		return badBody(string(semantic.JSONPointer), "is not known here")
	case errors.As(err, &syntactic) && errors.Is(err, jsontext.ErrDuplicateName):
		return badBody(string(syntactic.JSONPointer), "is there twice")
	case errors.As(err, &semantic):
		return badBody(string(semantic.JSONPointer), "has the wrong type or is out of range")
	case errors.As(err, &syntactic):
		return badBody(string(syntactic.JSONPointer), "is not valid JSON")
	default: // nothing at all, or cut off
		return badBody("", "is not valid JSON")
	}
}

// field is a member of a merge patch: absent, null, or a value.
type field[T any] struct {
	given bool
	null  bool
	value T
}

// UnmarshalJSONFrom is called for the members that are there.
func (f *field[T]) UnmarshalJSONFrom(decoder *jsontext.Decoder) error {
	f.given = true
	if f.null = decoder.PeekKind() == 'n'; f.null {
		return decoder.SkipValue()
	}
	return json.UnmarshalDecode(decoder, &f.value)
}

// or is what a patch of the service takes: nil to leave it, and for null the
// default.
func (f field[T]) or(byDefault T) *T {
	switch {
	case !f.given:
		return nil
	case f.null:
		return &byDefault
	}
	return &f.value
}
