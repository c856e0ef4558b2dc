package storagetest

import (
	"errors"
	"io"
	"io/fs"
	"strings"
	"testing"
	"testing/iotest"
)

func testRoundTrip(t *testing.T, s Store) {
	for name, data := range map[string]string{
		"empty": "",
		"byte":  "x",
		"text":  "hello, world\n",
		"bytes": "\x00\xff\r\n\x1a\xfe\x00",
		"more":  content(100_000),
	} {
		for how, reader := range map[string]io.Reader{
			"plain":    strings.NewReader(data),
			"end":      iotest.DataErrReader(strings.NewReader(data)), // the last bytes come with io.EOF
			"halves":   iotest.HalfReader(strings.NewReader(data)),
			"hesitant": hesitant(data),
		} {
			key := "storagetest-" + name + "-" + how
			put(t, s, key, reader)
			wantObject(t, s, key, data)
			wantObject(t, s, key, data) // once more: reading uses nothing up
		}
	}
}

// testLargeObject stores more than S3 takes as one part of an upload.
func testLargeObject(t *testing.T, s Store) {
	const size = 12<<20 + 1
	put(t, s, key, stream(size))
	r, err := s.Open(t.Context(), key)
	if err != nil {
		t.Fatalf("Open: %v", err)
	}
	defer closeReader(t, r)
	if same, err := sameBytes(r, stream(size)); err != nil || !same {
		t.Errorf("%d bytes come back the same: %v, %v", size, same, err)
	}
}

func testMissing(t *testing.T, s Store) {
	wantMissing(t, s, key)
	put(t, s, key+"-longer", strings.NewReader("x"))
	wantMissing(t, s, key)
}

func testNoOverwrite(t *testing.T, s Store) {
	put(t, s, key, strings.NewReader("first"))
	for _, data := range []string{"second, and longer", "", "first"} {
		err := s.Put(t.Context(), key, strings.NewReader(data))
		if !errors.Is(err, fs.ErrExist) {
			t.Errorf("Put of a key that exists: %v; want an error that matches fs.ErrExist", err)
		}
		wantObject(t, s, key, "first")
	}
}

func testDelete(t *testing.T, s Store) {
	for range 2 {
		if err := s.Delete(t.Context(), key); err != nil {
			t.Errorf("Delete of what is not there: %v", err)
		}
	}
	put(t, s, key, strings.NewReader("first"))
	put(t, s, key+"2", strings.NewReader("other"))
	for range 2 {
		if err := s.Delete(t.Context(), key); err != nil {
			t.Errorf("Delete: %v", err)
		}
		wantMissing(t, s, key)
	}
	put(t, s, key, strings.NewReader("second"))
	wantObject(t, s, key, "second")
	wantObject(t, s, key+"2", "other")
}

// testReaders reads one object by several readers, of which one stops half way.
func testReaders(t *testing.T, s Store) {
	data := content(200_000)
	put(t, s, key, strings.NewReader(data))
	half, err := s.Open(t.Context(), key)
	if err != nil {
		t.Fatalf("Open: %v", err)
	}
	whole, err := s.Open(t.Context(), key)
	if err != nil {
		t.Fatalf("second Open: %v", err)
	}
	buf := make([]byte, len(data)/2)
	if _, err := io.ReadFull(half, buf); err != nil || string(buf) != data[:len(buf)] {
		t.Errorf("the first half is not as stored: %v", err)
	}
	closeReader(t, half)
	if got, err := io.ReadAll(whole); err != nil || string(got) != data {
		t.Errorf("beside another reader, the object is not as stored: %v", err)
	}
	closeReader(t, whole)
	wantObject(t, s, key, data)
	if err := s.Delete(t.Context(), key); err != nil {
		t.Errorf("Delete of what was read: %v", err)
	}
	wantMissing(t, s, key)
}

// testRanges reads parts the way http.ServeContent does, if the store has seekable objects.
func testRanges(t *testing.T, s Store) {
	data := content(100_000)
	put(t, s, key, strings.NewReader(data))
	r, err := s.Open(t.Context(), key)
	if err != nil {
		t.Fatalf("Open: %v", err)
	}
	defer closeReader(t, r)
	seeker, ok := r.(io.ReadSeeker)
	if !ok {
		t.Skip("objects of this store are not seekable")
	}
	if size, err := seeker.Seek(0, io.SeekEnd); err != nil || size != int64(len(data)) {
		t.Fatalf("Seek to the end: %d, %v; want %d", size, err, len(data))
	}
	if n, err := seeker.Read(make([]byte, 1)); n != 0 || !errors.Is(err, io.EOF) {
		t.Errorf("Read at the end: %d, %v; want io.EOF", n, err)
	}
	for _, at := range [][2]int{{0, 10}, {99_990, 10}, {5, 0}, {31_000, 40_000}, {7, 1}, {0, 100_000}} {
		start, length := at[0], at[1]
		if got, err := seeker.Seek(int64(start), io.SeekStart); err != nil || got != int64(start) {
			t.Fatalf("Seek(%d): %d, %v", start, got, err)
		}
		part := make([]byte, length)
		if _, err := io.ReadFull(seeker, part); err != nil || string(part) != data[start:start+length] {
			t.Errorf("%d bytes from %d on are not as stored: %v", length, start, err)
		}
	}
	if _, err := seeker.Seek(-1, io.SeekStart); err == nil {
		t.Error("Seek to before the start is no error")
	}
}
