package browser_test

import (
	"path/filepath"
	"testing"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
)

// A film has its player, of its size, before any of it has come, keeps that when it has, and plays.
// testdata/film.webm is three seconds of a test picture, 240 × 180 pixels, in VP8:
//
//	ffmpeg -f lavfi -i testsrc=size=240x180:rate=5:duration=3 -c:v libvpx -b:v 20k -crf 60 -g 100 \
//		-auto-alt-ref 0 -an -fflags +bitexact -flags:v +bitexact film.webm
func TestFilm(t *testing.T) { onDatabases(t, film) }

func film(t *testing.T, s *server) {
	alice, bob := s.open("alice", desktop), s.open("bob", desktop)
	alice.enter("Bob")
	bob.enter("Alice")
	bob.away() // from the film
	withhold := func(withheld bool) {
		bob.command(chromedp.Call(bob.ctx, network.SetBlockedURLs, network.SetBlockedURLsParams{
			URLPatterns: []*network.BlockPattern{{URLPattern: s.url + "/chat/media/:media/content", Block: withheld}},
		}))
	}
	withhold(true)
	path, err := filepath.Abs("testdata/film.webm")
	must(t, err)
	eval[bool](alice, `(() => { window.$file = $(".composer input[type=file]"); return true })()`)
	must(t, chromedp.Do(alice.ctx, chromedp.SetUploadFiles(chromedp.JSPath(`window.$file`), []string{path})))
	alice.wait(`$(".attached li")`)
	alice.say("A film")
	alice.delivered("A film")

	const player = `$message("A film")?.querySelector("figure.player video")`
	bob.wait(player + `?.controls && ` + player + `.error`) // it was asked for, and has not come
	type shown struct {
		Width, Height, Ratio float64
		Loaded               bool
	}
	look := `(() => { const film = ` + player + `, r = film.getBoundingClientRect(); return { Width: r.width, Height: r.height, Ratio: r.width / r.height, Loaded: film.readyState > 0 } })()`
	before := eval[shown](bob, look)
	if before.Loaded || before.Width < 100 || before.Ratio < 1.32 || before.Ratio > 1.35 {
		t.Errorf("before it has come the film is shown as %+v, not 4 to 3", before)
	}
	bob.shot("withheld")
	withhold(false)
	eval[bool](bob, `(() => { `+player+`.load(); return true })()`)
	bob.wait(player + `.readyState >= 1`)
	after := eval[shown](bob, look)
	if size := eval[[]int](bob, `[`+player+`.videoWidth, `+player+`.videoHeight]`); size[0] != 240 || size[1] != 180 {
		t.Errorf("the film has %v pixels", size)
	}
	if after.Width != before.Width || after.Height != before.Height {
		t.Errorf("when it has come the film is shown as %+v, and before as %+v", after, before)
	}
	eval[bool](bob, `(async () => { const film = `+player+`; film.muted = true; await film.play(); return true })()`)
	bob.wait(player + `.currentTime > 0.5 && ` + player + `.readyState >= 2`)
	bob.wait(player + `.ended`)
	bob.shot("played")
	alice.wait(player + `.readyState >= 1 && ` + player + `.videoWidth === 240`)
}
