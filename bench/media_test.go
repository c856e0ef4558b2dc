package bench_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/go-df/chat"
	"github.com/go-df/chat/httpadapter"
	"github.com/go-df/chat/internal/dbtest"
	"github.com/go-df/chat/storage"
)

// The goals for media.
const (
	fileBytes       = 25 << 20
	copyGoal        = 0.7
	uploadHeapGoal  = 1 << 20
	thumbnailGoal   = 250 * time.Millisecond
	largeGoal       = time.Second
	memoryGoal      = 128 << 20
	uploadsInFlight = 32
)

// mediaResults are what was measured of media.
type mediaResults struct {
	copied, up, down     time.Duration // of a file: by io.Copy and fsync, through the handler
	film                 time.Duration // upload of a film whose index comes last, with a track of places
	upServed, downServed time.Duration // through the handler behind a connection
	uploadHeap           uint64        // of an upload in flight
	thumbnail            time.Duration // of 12 megapixels
	largeThumbnail       time.Duration // of 48 megapixels
	thumbnailMemory      uint64        // all that making it allocates
}

// mediaHost serves media from a folder.
type mediaHost struct {
	*host
	folder  string
	handler http.Handler
}

func openMedia(t *testing.T, p plan) *mediaHost {
	t.Helper()
	m := &mediaHost{host: openSQLite(t, dbtest.SQLitePath(t, template(p)), "FULL", p.small), folder: t.TempDir()}
	c := config(false)
	c.Media, c.Limits.UploadBytes = storage.Dir(m.folder), fileBytes
	var err error
	if m.Service, err = chat.New(m.db, c); err != nil {
		t.Fatal(err)
	}
	m.handler, err = httpadapter.New(m.Service, httpadapter.Config{
		User: func(*http.Request) (chat.UserID, error) { return sender(0), nil },
	})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func measureMedia(t *testing.T, p plan) (r mediaResults) {
	m := openMedia(t, p)
	server := httptest.NewServer(m.handler)
	defer server.Close()
	rounds := min(p.samples/20, 25)
	var times [6][]time.Duration
	content := make([]byte, fileBytes)
	_, _ = rand.NewChaCha8([32]byte{}).Read(content)
	recorded := film(content)
	for range rounds {
		var id uuid.UUID
		for i, do := range []func(){
			func() { m.copyFile(content) },
			func() { id = m.upload(content) },
			func() { m.download(id) },
			func() { id = m.uploadTo(server, content) },
			func() { m.downloadFrom(server, id) },
			func() { m.upload(recorded) },
		} {
			began := time.Now()
			do()
			times[i] = append(times[i], time.Since(began))
		}
		if _, err := m.SweepMedia(m.ctx, -time.Hour); err != nil {
			t.Fatal(err)
		}
	}
	for i, to := range []*time.Duration{&r.copied, &r.up, &r.down, &r.upServed, &r.downServed, &r.film} {
		slices.Sort(times[i])
		*to = times[i][rounds/2]
	}
	r.uploadHeap = m.heapOfUploads()
	r.thumbnail, _ = m.thumbnailOf(photograph(4000, 3000), min(rounds, 9))
	r.largeThumbnail, r.thumbnailMemory = m.thumbnailOf(photograph(8064, 6048), min(rounds, 5))
	return r
}

// copyFile is the floor: the bytes are on disk, and nothing else is done.
func (m *mediaHost) copyFile(content []byte) {
	name := filepath.Join(m.folder, "floor")
	file, err := os.Create(name)
	if err == nil {
		_, err = io.Copy(file, onlyReader{bytes.NewReader(content)})
	}
	if err = errors.Join(err, file.Sync(), file.Close(), os.Remove(name)); err != nil {
		m.t.Fatal(err)
	}
}

// onlyReader hides the WriterTo that would write everything at once.
type onlyReader struct{ io.Reader }

func (m *mediaHost) upload(content []byte) uuid.UUID {
	r := httptest.NewRequestWithContext(m.ctx, http.MethodPost, "/media", onlyReader{bytes.NewReader(content)})
	w := httptest.NewRecorder()
	m.handler.ServeHTTP(w, r)
	return m.uploaded(w.Header().Get("Location"), w.Code)
}

func (m *mediaHost) uploaded(location string, status int) uuid.UUID {
	id, err := uuid.Parse(strings.TrimPrefix(location, "/media/"))
	if status != http.StatusCreated || err != nil {
		m.t.Fatalf("an upload: %d %v", status, err)
	}
	return id
}

// discarding is a client that drops what it is sent.
type discarding struct {
	http.ResponseWriter
	bytes int64
}

func (d *discarding) Write(p []byte) (int, error) {
	d.bytes += int64(len(p))
	return len(p), nil
}

func (m *mediaHost) download(id uuid.UUID) {
	r := httptest.NewRequestWithContext(m.ctx, http.MethodGet, "/media/"+id.String()+"/content", nil)
	w := &discarding{ResponseWriter: httptest.NewRecorder()}
	m.handler.ServeHTTP(w, r)
	if w.bytes != fileBytes {
		m.t.Fatalf("%d bytes came back", w.bytes)
	}
}

func (m *mediaHost) uploadTo(server *httptest.Server, content []byte) uuid.UUID {
	r, err := http.NewRequestWithContext(m.ctx, http.MethodPost, server.URL+"/media", onlyReader{bytes.NewReader(content)})
	if err != nil {
		m.t.Fatal(err)
	}
	header, status := m.do(server, r)
	return m.uploaded(header.Get("Location"), status)
}

func (m *mediaHost) downloadFrom(server *httptest.Server, id uuid.UUID) {
	r, err := http.NewRequestWithContext(m.ctx, http.MethodGet, server.URL+"/media/"+id.String()+"/content", nil)
	if err != nil {
		m.t.Fatal(err)
	}
	if header, _ := m.do(server, r); header.Get("Content-Length") != strconv.Itoa(fileBytes) {
		m.t.Fatalf("%s bytes came back", header.Get("Content-Length"))
	}
}

func (m *mediaHost) do(server *httptest.Server, r *http.Request) (http.Header, int) {
	answer, err := server.Client().Do(r)
	if err != nil {
		m.t.Fatal(err)
	}
	_, err = io.Copy(io.Discard, answer.Body)
	if err = errors.Join(err, answer.Body.Close()); err != nil {
		m.t.Fatal(err)
	}
	return answer.Header, answer.StatusCode
}

// film is a film with the samples of content, whose index comes last and has a track of places.
func film(content []byte) []byte {
	box := func(kind string, parts ...[]byte) []byte {
		body := bytes.Join(parts, nil)
		return append(append(binary.BigEndian.AppendUint32(nil, uint32(8+len(body))), kind...), body...)
	}
	numbers := func(all ...uint32) (b []byte) {
		for _, n := range all {
			b = binary.BigEndian.AppendUint32(b, n)
		}
		return b
	}
	const places, each = 25 * 60, 100 // a minute, each with its place
	chunks := numbers(0, places)
	for i := range uint32(places) {
		chunks = append(chunks, numbers(1000+i*fileBytes/places/2)...)
	}
	track := func(handler string, tables ...[]byte) []byte {
		return box("trak", box("mdia", box("hdlr", numbers(0, 0), []byte(handler), make([]byte, 12)), box("minf", box("stbl", tables...))))
	}
	head := box("ftyp", []byte("isom\x00\x00\x00\x00isom"))
	index := box("moov", track("soun"), track("meta", box("stsc", numbers(0, 1, 1, 1, 1)), box("stsz", numbers(0, each, places)), box("stco", chunks)))
	return bytes.Join([][]byte{head, box("mdat", content[:fileBytes-len(head)-8-len(index)]), index}, nil)
}

// heapOfUploads is what the heap grows by for each upload that is under way: of photographs, or
// of films that are spooled, whichever is more.
func (m *mediaHost) heapOfUploads() uint64 {
	return max(m.heapOf(photograph(2000, 1500)), m.heapOf(film(make([]byte, fileBytes))))
}

func (m *mediaHost) heapOf(content []byte) uint64 {
	half := len(content) / 2
	var arrived, done sync.WaitGroup
	goOn := make(chan struct{})
	before := liveHeap()
	arrived.Add(uploadsInFlight)
	for range uploadsInFlight {
		done.Go(func() {
			body := io.MultiReader(bytes.NewReader(content[:half]), &gate{arrived: &arrived, open: goOn}, bytes.NewReader(content[half:]))
			if _, err := m.UploadMedia(m.ctx, sender(0), chat.NewMedia{Body: body}); err != nil {
				m.t.Error(err)
			}
		})
	}
	arrived.Wait()
	grown := liveHeap() - before
	close(goOn)
	done.Wait()
	return grown / uploadsInFlight
}

// gate is a reader that yields nothing, and that late.
type gate struct {
	arrived *sync.WaitGroup
	open    chan struct{}
}

func (g *gate) Read([]byte) (int, error) {
	g.arrived.Done()
	<-g.open
	return 0, io.EOF
}

func liveHeap() uint64 {
	runtime.GC()
	var now runtime.MemStats
	runtime.ReadMemStats(&now)
	return now.HeapAlloc
}

// thumbnailOf is the median time of the first requests for a photograph's thumbnail, on one core,
// and the most that one allocates.
func (m *mediaHost) thumbnailOf(content []byte, rounds int) (took time.Duration, memory uint64) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	var times []time.Duration
	for range rounds {
		upload, err := m.UploadMedia(m.ctx, sender(0), chat.NewMedia{Body: bytes.NewReader(content)})
		if err != nil {
			m.t.Fatal(err)
		}
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		began := time.Now()
		_, small, err := m.OpenThumbnail(m.ctx, sender(0), upload.ID)
		times = append(times, time.Since(began))
		runtime.ReadMemStats(&after)
		memory = max(memory, after.TotalAlloc-before.TotalAlloc)
		if err != nil {
			m.t.Fatal(err)
		}
		_ = small.Close()
	}
	slices.Sort(times)
	return times[rounds/2], memory
}

// photograph is a JPEG that compresses about as a photograph does.
func photograph(w, h int) []byte {
	m := image.NewRGBA(image.Rect(0, 0, w, h))
	random := rand.New(rand.NewPCG(1, 2))
	for y := range h {
		for x := range w {
			n := uint8(random.UintN(24))
			m.SetRGBA(x, y, color.RGBA{uint8(x*200/w) + n, uint8(y*200/h) + n, uint8((x+y)*200/(w+h)) + n, 255})
		}
	}
	var encoded bytes.Buffer
	if err := jpeg.Encode(&encoded, m, &jpeg.Options{Quality: 85}); err != nil {
		panic(err) // into memory
	}
	return encoded.Bytes()
}

func (r mediaResults) markdown(b *strings.Builder) {
	fmt.Fprintf(b, `## Media

Files of %d MiB, stored in a folder by storage.Dir, beside an io.Copy of the same bytes into
a file of the same folder, with fsync. "Served" has a connection of this machine's in
between, with the client in the same process. A photograph's thumbnail is made by its first
request, on one core. All this was measured while the disk was
idle.

`, fileBytes>>20)
	rate := func(d time.Duration) string { return fmt.Sprintf("%.0f MiB/s", fileBytes/(1<<20)/d.Seconds()) }
	against := func(d time.Duration) string { return fmt.Sprintf("%.2f ×", r.copied.Seconds()/d.Seconds()) }
	judged := func(text string, met bool) string {
		if met {
			return text
		}
		return text + ", **missed**"
	}
	goal := fmt.Sprintf("≥ %.1f ×", copyGoal)
	met := func(d time.Duration) bool { return r.copied.Seconds()/d.Seconds() >= copyGoal }
	table(b, []string{"what", "goal", "reached", "measured"}, [][]string{
		{"io.Copy and fsync", "", "", rate(r.copied)},
		{"upload through the handler, against io.Copy", goal, judged(against(r.up), met(r.up)), rate(r.up)},
		{"download through the handler, against io.Copy", goal, judged(against(r.down), met(r.down)), rate(r.down)},
		{"upload of a film that is stripped, its index last, against io.Copy", goal, judged(against(r.film), met(r.film)), rate(r.film)},
		{"upload, served", "", against(r.upServed), rate(r.upServed)},
		{"download, served", "", against(r.downServed), rate(r.downServed)},
		{"heap of an upload in flight", "≤ 1 MiB", judged(thousands(float64(r.uploadHeap)/1024)+" KiB", r.uploadHeap <= uploadHeapGoal), ""},
		{"thumbnail of 12 megapixels", "≤ " + short(thumbnailGoal), judged(short(r.thumbnail), r.thumbnail <= thumbnailGoal), ""},
		{"thumbnail of 48 megapixels", "≤ " + short(largeGoal), judged(short(r.largeThumbnail), r.largeThumbnail <= largeGoal), ""},
		{"all that it allocates", "≤ 128 MiB", judged(thousands(float64(r.thumbnailMemory>>20))+" MiB", r.thumbnailMemory <= memoryGoal), ""},
	})
}
