package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
)

type options struct {
	url, cookie, header       string
	users, ids                []string
	senders, rooms, listeners int
	duration                  time.Duration
}

// load is one run.
type load struct {
	options
	client *http.Client

	mu           sync.Mutex
	acknowledged map[string]time.Time   // by message id
	early        map[string][]time.Time // what was delivered before it was acknowledged
	sends        []time.Duration
	behind       []time.Duration // deliveries behind the acknowledgement
	lastSend     time.Time
	lastDelivery time.Time
}

// result is what a run has measured.
type result struct {
	options
	took, delivering time.Duration
	sends, behind    []time.Duration
	lost             int
}

func (r *result) String() string {
	at := func(sorted []time.Duration, share float64) time.Duration {
		if len(sorted) == 0 {
			return 0
		}
		return sorted[int(share*float64(len(sorted)-1))].Round(10 * time.Microsecond)
	}
	slices.Sort(r.sends)
	slices.Sort(r.behind)
	return fmt.Sprintf("%d senders, %d rooms, %d listeners, %v\n"+
		"acknowledged  %.0f a second, p50 %v, p99 %v\n"+
		"delivered     %.0f a second to each listener, p50 %v and p99 %v behind the acknowledgement\n"+
		"missing       %d of %d deliveries\n",
		r.senders, r.rooms, r.listeners, r.took.Round(time.Millisecond),
		float64(len(r.sends))/r.took.Seconds(), at(r.sends, 0.5), at(r.sends, 0.99),
		float64(len(r.behind))/float64(max(1, r.listeners))/r.delivering.Seconds(), at(r.behind, 0.5), at(r.behind, 0.99),
		r.lost, len(r.sends)*r.listeners)
}

// grace is how long deliveries may follow the last acknowledgement.
const grace = 10 * time.Second

func measure(ctx context.Context, o options) (*result, error) {
	l := &load{options: o, acknowledged: map[string]time.Time{}, early: map[string][]time.Time{},
		client: &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: o.senders + o.listeners + 1}}}
	defer l.client.CloseIdleConnections()
	rooms := make([]string, o.rooms)
	for i := range rooms {
		var err error
		if rooms[i], err = l.createRoom(ctx, i); err != nil {
			return nil, err
		}
	}
	listening, hangUp := context.WithCancel(ctx)
	defer hangUp()
	errs := make(chan error, o.listeners+o.senders)
	listeners := l.startListeners(listening, errs)
	began := time.Now()
	var senders sync.WaitGroup
	for i := range o.senders {
		senders.Go(func() {
			for n := 0; time.Since(began) < o.duration && ctx.Err() == nil; n++ {
				if err := l.send(ctx, o.users[i%len(o.users)], rooms[(i+n)%len(rooms)], fmt.Sprintf("message %d of sender %d", n, i)); err != nil {
					errs <- fmt.Errorf("send: %w", err)
					return
				}
			}
		})
	}
	senders.Wait()
	for end := time.Now().Add(grace); l.missing() > 0 && time.Now().Before(end) && len(errs) == 0; {
		time.Sleep(5 * time.Millisecond)
	}
	hangUp()
	listeners.Wait()
	close(errs)
	var all []error
	for err := range errs {
		all = append(all, err)
	}
	return &result{o, l.lastSend.Sub(began), max(time.Millisecond, l.lastDelivery.Sub(began)), l.sends, l.behind, l.missing()}, errors.Join(all...)
}

// startListeners returns when all listen.
func (l *load) startListeners(ctx context.Context, errs chan<- error) (listeners *sync.WaitGroup) {
	listeners = &sync.WaitGroup{}
	var ready sync.WaitGroup
	for i := range l.listeners {
		ready.Add(1)
		listeners.Go(func() {
			first := sync.OnceFunc(ready.Done)
			defer first()
			if err := l.listen(ctx, l.users[i%len(l.users)], first); err != nil && ctx.Err() == nil {
				errs <- fmt.Errorf("listen: %w", err)
			}
		})
	}
	ready.Wait()
	return listeners
}

func (l *load) missing() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.sends)*l.listeners - len(l.behind)
}

func (l *load) request(ctx context.Context, user, method, path string, body any) (*http.Response, error) {
	encoded, err := json.Marshal(body)
	if err != nil {
		return nil, err
	}
	r, err := http.NewRequestWithContext(ctx, method, l.url+path, bytes.NewReader(encoded))
	if err != nil {
		return nil, err
	}
	r.Header.Set("Content-Type", "application/json")
	if name, value, found := strings.Cut(l.header, ":"); found {
		r.Header.Set(name, fmt.Sprintf(strings.TrimSpace(value), user))
	} else {
		r.Header.Set("Cookie", fmt.Sprintf(l.cookie, user))
	}
	response, err := l.client.Do(r)
	if err != nil {
		return nil, err
	}
	if response.StatusCode >= 300 {
		said, _ := io.ReadAll(io.LimitReader(response.Body, 1000))
		_ = response.Body.Close()
		return nil, fmt.Errorf("%s %s: %s: %s", method, path, response.Status, said)
	}
	return response, nil
}

// post returns the id of what was made.
func (l *load) post(ctx context.Context, user, path string, body any) (id string, err error) {
	response, err := l.request(ctx, user, http.MethodPost, path, body)
	if err != nil {
		return "", err
	}
	defer func() { _ = response.Body.Close() }()
	var made struct {
		ID string `json:"id"`
	}
	if err := json.NewDecoder(response.Body).Decode(&made); err != nil {
		return "", err
	}
	_, _ = io.Copy(io.Discard, response.Body) // so that the connection is used again
	return made.ID, nil
}

func (l *load) createRoom(ctx context.Context, n int) (string, error) {
	type member struct {
		UserID string `json:"user_id"`
	}
	members := []member{}
	for _, id := range l.ids[1:] {
		members = append(members, member{id})
	}
	return l.post(ctx, l.users[0], "/rooms", map[string]any{"type": "group", "name": fmt.Sprint("Load ", n), "members": members})
}

func (l *load) send(ctx context.Context, user, room, text string) error {
	from := time.Now()
	id, err := l.post(ctx, user, "/rooms/"+room+"/messages", map[string]string{"text": text})
	if err != nil {
		return err
	}
	now := time.Now()
	l.mu.Lock()
	defer l.mu.Unlock()
	l.acknowledged[id], l.lastSend = now, now
	l.sends = append(l.sends, now.Sub(from))
	for range l.early[id] {
		l.behind = append(l.behind, 0)
	}
	delete(l.early, id)
	return nil
}

// listen reads a stream of server-sent events, and goes on from the last id where it ends.
func (l *load) listen(ctx context.Context, user string, first func()) error {
	cursor := ""
	for ctx.Err() == nil {
		path := "/events"
		if cursor != "" {
			path += "?after=" + cursor
		}
		response, err := l.request(ctx, user, http.MethodGet, path, nil)
		if err != nil {
			return err
		}
		err = readStream(response.Body, func(id, data string) {
			if id != "" {
				cursor = id
			}
			first()
			l.deliver(data)
		})
		_ = response.Body.Close()
		if err != nil {
			return err
		}
	}
	return nil
}

// readStream calls event for each event of a stream.
func readStream(stream io.Reader, event func(id, data string)) error {
	var id string
	var data []string
	lines := bufio.NewScanner(stream)
	lines.Buffer(make([]byte, 64<<10), 4<<20)
	for lines.Scan() {
		field, value, _ := strings.Cut(lines.Text(), ":")
		value = strings.TrimPrefix(value, " ")
		switch {
		case lines.Text() == "":
			if data != nil {
				event(id, strings.Join(data, "\n"))
			}
			data = nil
		case field == "id":
			id = value
		case field == "data":
			data = append(data, value)
		}
	}
	return lines.Err()
}

func (l *load) deliver(data string) {
	var update struct {
		Kind      string `json:"kind"`
		MessageID string `json:"message_id"`
		Message   struct {
			ID string `json:"id"`
		} `json:"message"`
	}
	if json.Unmarshal([]byte(data), &update) != nil || update.Kind != "message_created" {
		return
	}
	id := update.MessageID
	if id == "" {
		id = update.Message.ID
	}
	now := time.Now()
	l.mu.Lock()
	defer l.mu.Unlock()
	l.lastDelivery = now
	if sent, known := l.acknowledged[id]; known {
		l.behind = append(l.behind, now.Sub(sent))
	} else {
		l.early[id] = append(l.early[id], now)
	}
}
