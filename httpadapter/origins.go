package httpadapter

import (
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// origins knows whose pages may call the API. http.CrossOriginProtection refuses
// the writes of other sites' pages; browsers keep the responses to reads from them as
// long as no CORS header says otherwise, and Cross-Origin-Resource-Policy does not let them
// embed any.
type origins struct {
	trusted    []string
	protection *http.CrossOriginProtection
	sent       string // the headers that their pages may send,
	shown      string // and read
}

const (
	sentHeaders  = "Authorization, Content-Type, Content-Disposition, If-Match, If-None-Match, Idempotency-Key, Last-Event-ID, Range"
	shownHeaders = "ETag, Location, Retry-After, Content-Disposition, Content-Range, Accept-Ranges, Accept-Patch, Allow"
)

func newOrigins(trusted, headers []string) (*origins, error) {
	o := &origins{trusted: trusted, protection: http.NewCrossOriginProtection()}
	o.sent = strings.Join(append([]string{sentHeaders}, headers...), ", ")
	o.shown = strings.Join(append([]string{shownHeaders}, headers...), ", ")
	for _, origin := range trusted {
		reason := neverSent(origin)
		if err := o.protection.AddTrustedOrigin(origin); err != nil && reason == "" {
			reason = "is not an origin: " + err.Error()
		}
		if reason != "" {
			return nil, fmt.Errorf("httpadapter: Config.TrustedOrigins: %q %s", origin, reason)
		}
	}
	return o, nil
}

// neverSent returns why no browser sends an origin in this spelling, or "": it would be
// trusted in vain.
func neverSent(origin string) string {
	at, err := url.Parse(origin)
	switch {
	case err != nil || at.Scheme == "" || at.Hostname() == "":
		return "is not a scheme, ://, and a host"
	case at.Scheme == "ws" || at.Scheme == "wss" || at.Scheme == "file" || at.Scheme == "data" || at.Scheme == "blob":
		return "has a scheme that no page's origin has"
	case at.User != nil:
		return "has a user"
	case strings.Contains(origin, "*"):
		return "has a wildcard: name each origin"
	case origin != at.Scheme+"://"+at.Host:
		return "has more than a scheme, a host and a port, or a scheme that is not in lower case"
	case strings.ToLower(at.Host) != at.Host:
		return "is not in lower case"
	case strings.HasSuffix(at.Hostname(), "."):
		return "ends in a dot"
	case strings.HasSuffix(at.Host, ":"):
		return "has an empty port"
	case strings.ContainsFunc(at.Host, func(c rune) bool { return c <= ' ' || c >= utf8.RuneSelf || strings.ContainsRune(`%<>^|\`+"\x7f", c) }):
		return "has characters that no host has: write what is not ASCII in Punycode"
	case at.Port() == map[string]string{"http": "80", "https": "443"}[at.Scheme] && at.Port() != "":
		return "has the scheme's own port, which browsers leave out"
	}
	if port := at.Port(); port != "" {
		if n, err := strconv.ParseUint(port, 10, 16); err != nil || strconv.FormatUint(n, 10) != port || n == 0 {
			return "has a port that is none"
		}
	}
	return otherAddress(at.Hostname())
}

// otherAddress returns why browsers write a host that is an address in another way, or "".
func otherAddress(host string) string {
	address, err := netip.ParseAddr(host)
	last := host[strings.LastIndexByte(host, '.')+1:]
	switch {
	case err != nil && strings.Contains(host, ":"):
		return "has an address that is none"
	case err != nil && endsInNumber(last):
		return "has a host that browsers take for an IPv4 address: write it as four decimal numbers"
	case err != nil:
		return ""
	}
	written := address.String()
	if address.Is4In6() { // as Go writes it with dots
		bytes := address.As16()
		written = fmt.Sprintf("::ffff:%x:%x", uint(bytes[12])<<8|uint(bytes[13]), uint(bytes[14])<<8|uint(bytes[15]))
	}
	if written != host {
		return "has an address that browsers write as " + written
	}
	return ""
}

// endsInNumber reports whether the last label of a host makes it an IPv4 address to
// browsers, which know 127.1 and 0x7f000001 too.
func endsInNumber(label string) bool {
	hexadecimal, is := strings.CutPrefix(label, "0x")
	if !is {
		return label != "" && strings.Trim(label, "0123456789") == ""
	}
	return strings.Trim(hexadecimal, "0123456789abcdef") == ""
}

// check refuses the writes of other sites' pages and, where browsers say so, what other
// sites' pages embed: an image of theirs would be asked for with the user's cookies. A
// stream is refused as a write is: a page that cannot read it would still hold it open.
func (o *origins) check(r *http.Request, stream bool) error {
	if r.Header.Get("Sec-Fetch-Site") == "cross-site" && r.Header.Get("Sec-Fetch-Mode") == "no-cors" {
		return errEmbedded
	}
	if stream {
		asked := *r
		asked.Method = http.MethodPost
		r = &asked
	}
	return o.protection.Check(r)
}

var errEmbedded = errors.New("httpadapter: another site's page embeds this")

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
	header.Set("Access-Control-Expose-Headers", o.shown)
}

// options lists what may be done with a path, and, to a trusted origin's browser, that
// it may ask.
func (h *Handler) options(r *request) *response {
	header := r.w.Header()
	header.Set("Allow", r.allowed)
	if header.Get("Access-Control-Allow-Origin") != "" {
		header.Set("Access-Control-Allow-Methods", r.allowed)
		header.Set("Access-Control-Allow-Headers", h.origins.sent)
		header.Set("Access-Control-Max-Age", "600")
	}
	return noContent()
}
