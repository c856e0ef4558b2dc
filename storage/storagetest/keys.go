package storagetest

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"
	"sync"
	"testing"
)

// testKeys stores under keys that every store takes, some of which resemble each other.
func testKeys(t *testing.T, s Store) {
	keys := []string{
		"s", "S", "0", "-", "_", "ab", "storagetest", "storagetest.", "storagetest-k", "storagetest-K",
		"storagetest..k", "storagetest_k", "storagetest.k.txt", "storagetest-k.tmp", "tmp", "0190c5a2-7f3e-7c41-9d6b-2f1e8a7b6c5d",
		strings.Repeat("k", 127), strings.Repeat("k", 128), strings.Repeat("-", 128),
	}
	for _, key := range keys {
		wantMissing(t, s, key)
		put(t, s, key, strings.NewReader("data of "+key))
	}
	for _, key := range keys {
		wantObject(t, s, key, "data of "+key)
	}
	for i, key := range keys {
		if err := s.Delete(t.Context(), key); err != nil {
			t.Errorf("Delete(%q): %v", key, err)
		}
		wantMissing(t, s, key)
		if i+1 < len(keys) {
			wantObject(t, s, keys[i+1], "data of "+keys[i+1])
		}
	}
}

var oddKeys = []string{
	".", "..", ".hidden", "../" + key, "../../../../../../../../tmp/" + key, "./" + key, "/" + key, "/etc/passwd",
	key + "/", key + "/.", key + "/..", key + "/../" + key, "other/../" + key, key + "/inside", "a//b", "~", "~/x",
	`..\` + key, `C:\` + key, "C:", "NUL:", key + ":stream", key + "\x00", "\x00", key + "\n", "%2e%2e%2f" + key, "%00",
	" ", key + " ", " " + key, "*", "?", "ключ", "😀", "\xff\xfe", "\u202e", strings.Repeat("k", 1000), strings.Repeat("../", 400),
}

// testOddKeys uses keys that the library never makes. A store may refuse one, each time, or
// keep it like any other, but must not take it for another key.
func testOddKeys(t *testing.T, s Store) {
	if err := s.Put(t.Context(), "", strings.NewReader("data")); err == nil {
		t.Error("Put with an empty key is no error")
	}
	put(t, s, key, strings.NewReader("mine"))
	kept := map[string]bool{}
	for _, odd := range oddKeys {
		err := s.Put(t.Context(), odd, strings.NewReader("data of "+odd))
		kept[odd] = err == nil
		if errors.Is(err, fs.ErrExist) {
			t.Errorf("Put(%q) found another object: %v", odd, err)
		}
		wantObject(t, s, key, "mine")
	}
	for _, odd := range oddKeys {
		if kept[odd] {
			wantObject(t, s, odd, "data of "+odd)
		} else if r, err := s.Open(t.Context(), odd); err == nil {
			t.Errorf("Put refused %q, but Open finds something", odd)
			closeReader(t, r)
		}
	}
	for _, odd := range oddKeys {
		if err := s.Delete(t.Context(), odd); err != nil && kept[odd] {
			t.Errorf("Delete(%q): %v", odd, err)
		}
		wantObject(t, s, key, "mine")
	}
}

// testConcurrentKeys has many goroutines use keys of their own.
func testConcurrentKeys(t *testing.T, s Store) {
	var wg sync.WaitGroup
	for i := range 16 {
		wg.Go(func() {
			key, data := fmt.Sprintf("%s-%d", key, i), content(10_000+i)
			for range 5 {
				if err := s.Put(t.Context(), key, strings.NewReader(data)); err != nil {
					t.Errorf("Put: %v", err)
					return
				}
				if err := s.Put(t.Context(), key, strings.NewReader("x")); !errors.Is(err, fs.ErrExist) {
					t.Errorf("second Put: %v; want an error that matches fs.ErrExist", err)
				}
				if got, err := tryRead(t, s, key); err != nil || got != data {
					t.Errorf("read beside others: %d bytes, %v; want %d", len(got), err, len(data))
				}
				if err := s.Delete(t.Context(), key); err != nil {
					t.Errorf("Delete: %v", err)
				}
			}
		})
	}
	wg.Wait()
}

// testConcurrentPuts has many goroutines store under one key: one of them succeeds.
func testConcurrentPuts(t *testing.T, s Store) {
	for round := range 5 {
		key := fmt.Sprintf("%s-%d", key, round)
		winner := -1
		for i, err := range putAtOnce(t, s, key) {
			switch {
			case err == nil && winner >= 0:
				t.Errorf("both %d and %d stored the same key", winner, i)
			case err == nil:
				winner = i
			case !errors.Is(err, fs.ErrExist):
				t.Errorf("Put beside others: %v; want an error that matches fs.ErrExist", err)
			}
		}
		if winner < 0 {
			t.Fatal("none of several Puts of a key succeeded")
		}
		wantObject(t, s, key, content(50_000+winner))
	}
}

// putAtOnce has eight goroutines store under one key, of which none gets the end of its
// data before all are there. That makes sure they meet.
func putAtOnce(t *testing.T, s Store, key string) (errs [8]error) {
	var all, puts sync.WaitGroup
	all.Add(len(errs))
	for i := range errs {
		puts.Go(func() {
			arrive := sync.OnceFunc(all.Done)
			defer arrive() // a store may refuse without reading
			errs[i] = s.Put(t.Context(), key, io.MultiReader(
				strings.NewReader(content(50_000+i)),
				then(func() error { arrive(); all.Wait(); return nil }),
			))
		})
	}
	puts.Wait()
	return errs
}
