package httpadapter

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/google/uuid"

	"github.com/go-df/chat"
)

const (
	mediaURLKeyBytes = 32               // of Config.MediaURLKey, at least
	mediaURLStep     = 30 * time.Minute // for which a URL stays the same, so that browsers keep what they have
	signatureBytes   = 16               // of an HMAC-SHA256
)

// thumbnail is the variant of a picture that is smaller.
const thumbnail = "thumbnail"

// The parameters of a signed URL. One of them makes it one.
const (
	signedUser      = "user"
	signedExpires   = "expires"
	signedSignature = "signature"
)

// mediaURLs makes the URLs of media for one user.
type mediaURLs struct {
	base    string // of the URLs
	key     []byte // empty: they are not signed
	user    chat.UserID
	expires int64 // in Unix seconds
}

func (h *Handler) mediaURLs(user chat.UserID) mediaURLs {
	base := h.config.PublicURL
	if base == "" {
		base = h.config.BasePath
	}
	until := h.now().Truncate(mediaURLStep).Add(2 * mediaURLStep)
	return mediaURLs{base: base, key: h.config.MediaURLKey, user: user, expires: until.Unix()}
}

// of returns the URL of a file, or of its thumbnail.
func (u *mediaURLs) of(id uuid.UUID, variant string) string {
	query := ""
	if variant != "" {
		query = "?variant=" + variant
	}
	if len(u.key) > 0 {
		mark := "?"
		if query != "" {
			mark = "&"
		}
		query += mark + signedUser + "=" + url.QueryEscape(string(u.user)) + "&" + signedExpires + "=" +
			strconv.FormatInt(u.expires, 10) + "&" + signedSignature + "=" + base64.RawURLEncoding.EncodeToString(u.sign(id))
	}
	return u.base + "/media/" + id.String() + "/content" + query
}

// sign authenticates the file, the time and the user. Of these only the user, who is last,
// has no fixed form.
func (u *mediaURLs) sign(id uuid.UUID) []byte {
	mac := hmac.New(sha256.New, u.key)
	mac.Write([]byte("chat media 1\n" + id.String() + "\n" + strconv.FormatInt(u.expires, 10) + "\n" + string(u.user)))
	return mac.Sum(nil)[:signatureBytes]
}

// signed reports whether a request comes with a signature in the place of a sign-in. It may
// be another site's page that embeds the file.
func (r *request) signed() bool {
	return r.route.id == "chat_media_content" &&
		(r.query.Has(signedUser) || r.query.Has(signedExpires) || r.query.Has(signedSignature))
}

// identifySigned takes the user of a signed URL for the one who makes the request. Who
// is signed in besides does not matter.
func (r *request) identifySigned() error {
	user, expires, signature := r.param(signedUser), r.number(signedExpires, 0), r.param(signedSignature)
	if r.err != nil {
		return r.err
	}
	id, valid := parseID(r.params.get("media"))
	given, err := base64.RawURLEncoding.DecodeString(signature)
	if !valid || err != nil || expires == nil || user == "" || len(r.h.config.MediaURLKey) == 0 {
		return errSignature()
	}
	now := r.h.now()
	urls := mediaURLs{key: r.h.config.MediaURLKey, user: chat.UserID(user), expires: *expires}
	if !hmac.Equal(given, urls.sign(id)) || now.Unix() >= *expires || time.Unix(*expires, 0).Sub(now) > 2*mediaURLStep {
		return errSignature()
	}
	r.actor, r.bySignature = urls.user, true
	r.w.Header().Set("Cross-Origin-Resource-Policy", "cross-origin")
	return nil
}

// errSignature tells nobody what is wrong with a signature.
func errSignature() error {
	return newProblem(http.StatusForbidden, "invalid_signature", "the URL has expired or is not signed: ask for the message again")
}
