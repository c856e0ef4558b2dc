// Command generate writes the hostile files that the tests of uploads are made with.
//
// Pictures are put together bit by bit, without the encoders of the standard library:
// what those write changes between versions of Go, and these files must not.
package main

import (
	"flag"
	"fmt"
	"log"
	"os"
	"path/filepath"
)

// secret is in everything that must be gone from a stored JPEG, and stays in what
// must be kept.
const (
	secret = "GPS-SECRET"
	stays  = "MUST-STAY"
)

func main() {
	to := flag.String("to", "files", "the folder to write to")
	flag.Parse()
	for name, data := range corpus() {
		if err := os.WriteFile(filepath.Join(*to, name), data, 0o600); err != nil {
			log.Fatal(err)
		}
	}
}

func corpus() files {
	all := files{}
	for _, group := range []func(files){
		polyglots, documents, markup, pngs, pngBombs, jpegs, jpegMetadata, brokenJPEGs,
		gifs, webps, mp4s, sounds, phones, damaged, plain,
	} {
		group(all)
	}
	return all
}

// files are contents by name.
type files map[string][]byte

// add puts a file together from strings and bytes.
func (f files) add(name string, parts ...any) {
	if _, twice := f[name]; twice {
		panic(name + " is there twice")
	}
	f[name] = cat(parts...)
}

// cat joins strings, bytes and slices of bytes.
func cat(parts ...any) []byte {
	all := []byte{}
	for _, part := range parts {
		switch part := part.(type) {
		case string:
			all = append(all, part...)
		case []byte:
			all = append(all, part...)
		case byte:
			all = append(all, part)
		default:
			panic(fmt.Sprintf("a part is a %T", part))
		}
	}
	return all
}
