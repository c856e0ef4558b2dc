package strip

import (
	"bytes"
	"io"

	"github.com/go-df/chat/internal/picture"
)

// cover reads a picture in a sound without what it does not need.
func cover(r io.Reader) io.Reader {
	head := make([]byte, 12)
	n, _ := io.ReadFull(r, head)
	head = head[:n]
	whole := io.MultiReader(bytes.NewReader(head), r)
	switch {
	case bytes.HasPrefix(head, []byte("\xff\xd8\xff")):
		return picture.NewStripper(whole)
	case bytes.HasPrefix(head, []byte(pngMagic)):
		return newPNG(whole)
	case bytes.HasPrefix(head, []byte("GIF8")):
		return newGIF(whole)
	case n == len(head) && bytes.HasPrefix(head, []byte("RIFF")):
		return newWebP(whole)
	}
	return whole
}

// lazy makes a reader when it is first read.
type lazy struct {
	make func() io.Reader
	made io.Reader
}

func (l *lazy) Read(b []byte) (int, error) {
	if l.made == nil {
		l.made = l.make()
	}
	return l.made.Read(b)
}
