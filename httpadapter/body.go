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
// repeated and no wrongly cased keys, no bad UTF-8 and nothing after the value.
var strict = strictly(json.UnmarshalFromFunc(readID), json.UnmarshalFromFunc(refuseNull))

// strictPost is strict where null is as good as absent.
var strictPost = strictly(json.UnmarshalFromFunc(readID), json.UnmarshalFromFunc(refuseNullItem), json.UnmarshalFromFunc(dropNull))

func strictly(readers ...*json.Unmarshalers) json.Options {
	return json.JoinOptions(
		json.RejectUnknownMembers(true),
		json.MatchCaseInsensitiveNames(false),
		jsontext.AllowDuplicateNames(false),
		jsontext.AllowInvalidUTF8(false),
		json.WithUnmarshalers(json.JoinUnmarshalers(readers...)),
	)
}

var (
	errNull = errors.New("null is not allowed here")
	errID   = errors.New("not an id")
)

// readID takes what parseID takes.
func readID(decoder *jsontext.Decoder, id *uuid.UUID) error {
	switch decoder.PeekKind() {
	case '"':
	case 'n':
		return errNull
	default:
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

// refuseNullItem refuses null among the members, where it means nothing.
func refuseNullItem(decoder *jsontext.Decoder, _ *newRoomUser) error {
	if decoder.PeekKind() == 'n' {
		return errNull
	}
	return errors.ErrUnsupported
}

// dropNull reads null as no metadata.
func dropNull(decoder *jsontext.Decoder, metadata *chat.Metadata) error {
	if decoder.PeekKind() != 'n' {
		return errors.ErrUnsupported
	}
	*metadata = nil
	return decoder.SkipValue()
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
	options := strict
	if r.Method == http.MethodPost {
		options = strictPost
	}
	if err := json.Unmarshal(data, &body, options); err != nil {
		r.fail(bodyProblem(err))
	}
	return body
}

// readJSON reads a body that says it is JSON, up to the limit.
func (r *request) readJSON() ([]byte, error) {
	kind, params := r.mediaType()
	charset, hasCharset := params["charset"]
	known := kind == mediaJSON || kind == mediaMergePatch && r.Method == http.MethodPatch
	if !known || hasCharset && !isUTF8(charset) || r.Header.Get("Content-Encoding") != "" {
		return nil, unsupportedMedia(r.Method)
	}
	limit := r.h.config.MaxBody
	if limit == 0 {
		limit = r.h.bodies[r.route.id]
	}
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

// isUTF8 knows the spellings of UTF-8 that clients use, and those of the Encoding
// standard.
func isUTF8(charset string) bool {
	plain := strings.NewReplacer("-", "", "_", "", "'", "", " ", "").Replace(strings.ToLower(charset))
	switch plain {
	case "utf8", "csutf8", "utf8mb4", "unicode11utf8", "unicode20utf8", "xunicode20utf8":
		return true
	}
	return false
}

// The sizes of JSON: what one byte of UTF-8, or one character, takes at most when it is
// escaped, and what keys, punctuation and white space may take beside the values.
const (
	escapedByte      = 6
	escapedCharacter = 12
	escapedID        = 36*escapedByte + 32
	aroundItem       = 128
	aroundBody       = 4 << 10
	clientIDBytes    = 255
	userIDBytes      = 255
)

// bodyLimits returns, by operation, how large a JSON body may be that stays within the
// limits of its fields. Others have the smallest.
func bodyLimits(l chat.Limits) map[string]int64 {
	permissions := 0
	for _, name := range chat.AllPermissions.Names() {
		permissions += len(name)*escapedByte + 32
	}
	metadata := l.MetadataBytes * escapedByte
	text := min(l.TextBytes*escapedByte, l.TextCharacters*escapedCharacter)
	room := aroundBody + (l.Name+l.Description)*escapedCharacter + metadata + permissions + escapedID
	members := l.UsersPerCall * (userIDBytes*escapedByte + permissions + aroundItem)
	mentions := l.MentionsPerMessage * (userIDBytes*escapedByte + aroundItem)
	limits := map[string]int64{}
	for _, r := range routes {
		limits[r.id] = int64(aroundBody + userIDBytes*escapedByte + permissions)
	}
	for id, limit := range map[string]int{
		"chat_room_create":              room + members + userIDBytes*escapedByte,
		"chat_room_update":              room,
		"room_user_create":              aroundBody + members,
		"room_ban_create":               aroundBody + userIDBytes*escapedByte + l.Reason*escapedCharacter,
		"chat_message_create":           aroundBody + text + metadata + clientIDBytes*escapedByte + (l.MediaPerMessage+1)*escapedID + mentions,
		"chat_message_update":           aroundBody + text + metadata + mentions,
		"chat_message_reactions_create": aroundBody + l.ReactionBytes*escapedByte,
	} {
		limits[id] = int64(limit)
	}
	return limits
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
