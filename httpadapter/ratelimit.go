package httpadapter

import (
	"sync"
	"time"

	"golang.org/x/time/rate"

	"github.com/go-df/chat"
)

// limiter has a bucket for each user who has made a request lately.
type limiter struct {
	limit rate.Limit
	burst int
	now   func() time.Time

	mu      sync.Mutex
	buckets map[chat.UserID]*rate.Limiter
	prune   int // the number of buckets at which the full ones are dropped
}

const bucketsKept = 1000

func newLimiter(config Rate, now func() time.Time) *limiter {
	if config.PerSecond == 0 {
		return nil
	}
	return &limiter{
		limit: rate.Limit(config.PerSecond), burst: config.Burst, now: now,
		buckets: map[chat.UserID]*rate.Limiter{}, prune: bucketsKept,
	}
}

// take counts a request of a user, and returns how long they must wait when it is one
// too many.
func (l *limiter) take(user chat.UserID) time.Duration {
	if l == nil {
		return 0
	}
	now := l.now()
	l.mu.Lock()
	defer l.mu.Unlock()
	bucket := l.buckets[user]
	if bucket == nil {
		l.dropFull(now)
		bucket = rate.NewLimiter(l.limit, l.burst)
		l.buckets[user] = bucket
	}
	reservation := bucket.ReserveN(now, 1)
	wait := reservation.DelayFrom(now)
	if wait > 0 {
		reservation.CancelAt(now) // what was refused does not count
	}
	return wait
}

// dropFull drops the buckets that are full: a new one is no different.
func (l *limiter) dropFull(now time.Time) {
	if len(l.buckets) < l.prune {
		return
	}
	for user, bucket := range l.buckets {
		if bucket.TokensAt(now) >= float64(l.burst) {
			delete(l.buckets, user)
		}
	}
	l.prune = max(bucketsKept, 2*len(l.buckets))
}
