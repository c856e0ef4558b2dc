package chat_test

import (
	"bytes"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"io"
	"mime"
	"strings"
	"testing"

	"github.com/go-df/chat"
	"github.com/go-df/chat/internal/chatsuite"
)

func TestOnlyPicturesFilmsAndSoundsAreShown(t *testing.T) {
	t.Parallel()
	for kind, want := range map[string]string{
		"image/png": "inline", "image/jpeg": "inline", "image/gif": "inline", "image/webp": "inline",
		"image/avif": "inline", "image/bmp": "inline", "video/mp4": "inline", "video/webm": "inline", "video/quicktime": "inline",
		"video/x-m4v": "inline", "audio/mpeg": "inline", "audio/ogg": "inline", "audio/wav": "inline", "audio/flac": "inline",
		"audio/mp4": "inline", "audio/aac": "inline", "audio/webm": "inline", "image/heic": "attachment", "video/3gpp": "attachment",
		"text/html; charset=utf-8": "attachment", "image/svg+xml": "attachment", "application/pdf": "attachment",
		"application/octet-stream": "attachment", "text/plain; charset=utf-8": "attachment", "": "attachment",
		"IMAGE/PNG": "attachment", "image/png; x": "attachment",
	} {
		as, got := (&chat.Media{ContentType: kind}).ContentHeaders()
		if got != want || want == "inline" && as != kind || want == "attachment" && as != "application/octet-stream" {
			t.Errorf("%s is served as %s, %s", kind, as, got)
		}
	}
}

func TestNoNameBreaksOutOfTheHeader(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"cat.png":                   `attachment; filename="cat.png"`,
		"my cat (1).png":            `attachment; filename="my cat (1).png"`,
		"":                          `attachment`,
		"a\"b.png":                  `attachment; filename="a_b.png"; filename*=UTF-8''a%22b.png`,
		"a\\b":                      `attachment; filename="ab"`,
		"a\r\nSet-Cookie: x=1":      `attachment; filename="aSet-Cookie_ x_1"; filename*=UTF-8''aSet-Cookie%3A%20x%3D1`,
		"a\x00b":                    `attachment; filename="ab"`,
		"\u202egpj.exe":             `attachment; filename="gpj.exe"`,
		"a;b=c":                     `attachment; filename="a_b_c"; filename*=UTF-8''a%3Bb%3Dc`,
		"%41%22.png":                `attachment; filename="_41_22.png"; filename*=UTF-8''%2541%2522.png`,
		"日本.png":                    `attachment; filename="__.png"; filename*=UTF-8''%E6%97%A5%E6%9C%AC.png`,
		"../x":                      `attachment; filename="..x"`,
		"a\xffb":                    `attachment; filename="ab"`,
		strings.Repeat("\u202e", 9): `attachment`,
		"a'b*c":                     `attachment; filename="a_b_c"; filename*=UTF-8''a%27b%2Ac`,
		"tab\there":                 `attachment; filename="tabhere"`,
		"line\u2028separator":       `attachment; filename="line_separator"; filename*=UTF-8''line%E2%80%A8separator`,
		"back`tick":                 "attachment; filename=\"back_tick\"; filename*=UTF-8''back%60tick",
	} {
		_, got := (&chat.Media{FileName: name}).ContentHeaders()
		if got != want {
			t.Errorf("%q: %s, want %s", name, got, want)
		}
		if kind, params, err := mime.ParseMediaType(got); err != nil || kind != "attachment" || len(params) > 1 {
			t.Errorf("%q: %s is read as %s %v, %v", name, got, kind, params, err)
		}
	}
}

// plainPicture is one of one colour.
func plainPicture(w, h int) *image.Paletted {
	return image.NewPaletted(image.Rect(0, 0, w, h), color.Palette{color.RGBA{200, 30, 30, 255}, color.RGBA{}})
}

func encoded(t testing.TB, encode func(io.Writer) error) string {
	t.Helper()
	var b bytes.Buffer
	chatsuite.NoError(t, encode(&b))
	return b.String()
}

func pngOf(t testing.TB, w, h int) string {
	return encoded(t, func(to io.Writer) error { return png.Encode(to, plainPicture(w, h)) })
}

// photo is a JPEG as a phone takes it: lying on its side, with the place in it.
func photo(t testing.TB, w, h int) string {
	plain := encoded(t, func(to io.Writer) error { return jpeg.Encode(to, plainPicture(w, h), nil) })
	exif := "\xff\xe1\x00\x2cExif\x00\x00II\x2a\x00\x08\x00\x00\x00\x01\x00" +
		"\x12\x01\x03\x00\x01\x00\x00\x00\x06\x00\x00\x00" + "\x00\x00\x00\x00" + "GPS-SECRET"
	return plain[:2] + exif + plain[2:]
}

// uploadFile uploads a file of Alice's.
func uploadFile(t testing.TB, h *chatsuite.Host, content string) *chat.Media {
	t.Helper()
	return chatsuite.Must(h.UploadMedia(h.Ctx, h.Alice, chat.NewMedia{FileName: "a picture", Body: strings.NewReader(content)}))(t)
}
