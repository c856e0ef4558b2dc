package main

import (
	"bytes"
	"os"
	"testing"
)

func TestDataAreUpToDate(t *testing.T) {
	t.Chdir("..")
	text, err := os.ReadFile(source)
	if err != nil {
		t.Fatal(err)
	}
	want, err := generate(string(text))
	if err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(target)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s is not what go generate makes of %s", target, source)
	}
}
