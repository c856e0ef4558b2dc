package main

import (
	"bytes"
	"os"
	"testing"
)

func TestDataAreUpToDate(t *testing.T) {
	t.Chdir("..")
	files, err := generateAll()
	if err != nil {
		t.Fatal(err)
	}
	for path, want := range files {
		got, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got, want) {
			t.Errorf("%s is not what go generate makes", path)
		}
	}
}
