package inputs_test

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/go-df/chat"
	"github.com/go-df/chat/internal/chatsuite"
)

// hostileName is a line of names.txt, which says what it means.
type hostileName struct {
	name, want string
	err        error
}

func hostileNames(t testing.TB) (names []hostileName) {
	t.Helper()
	lines := string(chatsuite.Must(os.ReadFile(filepath.Join(hostileFolder, "names.txt")))(t))
	for line := range strings.Lines(lines) {
		if line = strings.TrimSpace(line); line == "" || line[0] == '#' {
			continue
		}
		columns := strings.Split(line, "\t")
		quoted := chatsuite.Must(strconv.QuotedPrefix(columns[0]))(t)
		n := hostileName{name: chatsuite.Must(strconv.Unquote(quoted))(t)}
		if times, repeated := strings.CutPrefix(columns[0][len(quoted):], "*"); repeated {
			n.name = strings.Repeat(n.name, chatsuite.Must(strconv.Atoi(times))(t))
		}
		switch columns[1] {
		case "=":
			n.want = n.name
		case "ErrInvalid":
			n.err = chat.ErrInvalid
		case "ErrTooLarge":
			n.err = chat.ErrTooLarge
		default:
			n.want = chatsuite.Must(strconv.Unquote(columns[1]))(t)
		}
		names = append(names, n)
	}
	return names
}

func TestHostileNames(t *testing.T) {
	chatsuite.Run(t, func(t *testing.T, h *chatsuite.Host) {
		names := hostileNames(t)
		if len(names) < 60 {
			t.Errorf("there are %d names only", len(names))
		}
		for _, n := range names {
			media, err := h.UploadMedia(h.Ctx, h.Alice, chat.NewMedia{FileName: n.name, Body: strings.NewReader("x")})
			switch {
			case n.err != nil:
				limit := map[error]int64{chat.ErrTooLarge: 255}[n.err]
				chatsuite.WantFieldError(t, err, n.err, "file_name", limit)
			case err != nil:
				t.Errorf("%q: %v", n.name, err)
			default:
				found := chatsuite.Must(h.Media(h.Ctx, h.Alice, media.ID))(t)
				if media.FileName != n.want || found.FileName != n.want {
					t.Errorf("%q is %q, and %q when read, want %q", n.name, media.FileName, found.FileName, n.want)
				}
			}
		}
		if h.Store.Len() == 0 {
			t.Error("nothing was stored")
		}
	})
}
