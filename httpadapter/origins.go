package httpadapter

import (
	"fmt"
	"net/http"
	"slices"
)

// origins knows whose pages may call the API. http.CrossOriginProtection refuses
// the writes of other sites' pages; browsers keep the responses to reads from them as
// long as no CORS header says otherwise.
type origins struct {
	trusted    []string
	protection *http.CrossOriginProtection
}

func newOrigins(trusted []string) (*origins, error) {
	o := &origins{trusted: trusted, protection: http.NewCrossOriginProtection()}
	for _, origin := range trusted {
		if err := o.protection.AddTrustedOrigin(origin); err != nil {
			return nil, fmt.Errorf("httpadapter: Config.TrustedOrigins: %w", err)
		}
	}
	return o, nil
}

func (o *origins) check(r *http.Request) error { return o.protection.Check(r) }

// allow lets the pages of trusted origins read the response.
func (o *origins) allow(header http.Header, r *http.Request) {
	if len(o.trusted) == 0 {
		return
	}
	header.Add("Vary", "Origin")
	origin := r.Header.Get("Origin")
	if !slices.Contains(o.trusted, origin) {
		return
	}
	header.Set("Access-Control-Allow-Origin", origin)
	header.Set("Access-Control-Allow-Credentials", "true")
	header.Set("Access-Control-Expose-Headers", "ETag, Location, Retry-After, Content-Disposition")
}

// options lists what may be done with a path, and tells a trusted origin's browser that
// it may ask.
func (h *Handler) options(r *request) *response {
	header := r.w.Header()
	header.Set("Allow", r.allowed)
	if header.Get("Access-Control-Allow-Origin") != "" {
		header.Set("Access-Control-Allow-Methods", r.allowed)
		header.Set("Access-Control-Allow-Headers",
			"Authorization, Content-Type, Content-Disposition, If-Match, If-None-Match, Idempotency-Key, Range")
		header.Set("Access-Control-Max-Age", "600")
	}
	return noContent()
}
