package httpadapter

import "time"

// Routes lists the routes as "METHOD path id".
func Routes() (list []string) {
	for _, r := range routes {
		list = append(list, r.method+" "+r.path+" "+r.id)
	}
	return list
}

// NewLimiter is for the tests of rate limits, with a clock of theirs.
func NewLimiter(config Rate, now func() time.Time) *limiter { return newLimiter(config, now) }

// Take and Buckets look into a limiter.
var Take = (*limiter).take

// Buckets is how many users a limiter knows.
func (l *limiter) Buckets() int { return len(l.buckets) }

// SetWriteGrace shortens how long a client may take nothing.
func (h *Handler) SetWriteGrace(grace time.Duration) { h.grace = grace }

// SetStreamTimes shortens after what times a stream sends a comment and asks for its user.
func (h *Handler) SetStreamTimes(comment, user time.Duration) {
	h.streamTimes = streamTimes{comment, user}
}

// SetNow sets the clock by which the URLs of media expire.
func (h *Handler) SetNow(now func() time.Time) { h.now = now }
