package browser_test

import (
	"encoding/json"
	"fmt"
	"sync"
	"testing"
	"time"
)

// A thousand rooms and ten thousand messages: what is seen first is there at once, and
// scrolling through all of it moves nothing that is on the screen.
func TestLarge(t *testing.T) {
	if testing.Short() {
		t.Skip("it makes 10,000 messages")
	}
	s := serve(t, "-users", "10")
	var group struct{ ID string }
	must(t, json.Unmarshal([]byte(s.request("alice", "POST", "/chat/rooms", `{"name":"Ten thousand","members":[{"user_id":"2"}]}`)), &group))
	each(8, 1000, func(n int) {
		s.request("alice", "POST", "/chat/rooms", fmt.Sprintf(`{"name":"Room %d","members":[{"user_id":"2"}]}`, n))
	})
	each(12, 10000, func(n int) {
		text := fmt.Sprintf("Message %d", n)
		if n%7 == 0 {
			text += " which is longer, so that it takes two lines or three of them, as people's messages do when there is something to tell, or when nobody listens"
		}
		s.request([]string{"alice", "bob"}[n/3%2], "POST", "/chat/rooms/"+group.ID+"/messages", fmt.Sprintf(`{"text":%q}`, text))
	})
	s.request("alice", "PUT", "/chat/rooms/"+group.ID+"/users/me/read", `{"number":10000}`)

	alice := s.open("alice", desktop)
	alice.wait(`$room("Ten thousand")`)
	alice.wait(`document.querySelector("df-chat").shadowRoot.querySelector(".end")`)
	alice.enter("Ten thousand")
	time.Sleep(time.Second) // until it is kept
	figures := eval[string](alice, `(async () => {
		const el = document.querySelector("df-chat"), room = el.room, parent = el.parentNode;
		el.remove();
		await new Promise((r) => setTimeout(r, 1500));
		const begun = performance.now(), fresh = document.createElement("df-chat");
		fresh.setAttribute("base", "/chat"); fresh.setAttribute("user", "1"); fresh.setAttribute("room", room);
		parent.append(fresh);
		const frame = () => new Promise((r) => requestAnimationFrame(() => setTimeout(r)));
		let list = 0, messages = 0;
		while (!list || !messages) {
			await frame();
			if (!list && fresh.shadowRoot.querySelector(".room")) list = performance.now() - begun;
			if (!messages && fresh.shadowRoot.querySelector("li[data-number]")) messages = performance.now() - begun;
		}
		return "the list after " + list.toFixed(0) + " ms, messages after " + messages.toFixed(0) + " ms" })()`)
	t.Log("first render with what is kept:", figures)
	alice.scrollThrough(10000)
}

// scrollThrough reads a history to its beginning and back, and fails for what jumps.
func (w *window) scrollThrough(messages int) {
	w.t.Helper()
	type run struct {
		Pages  int
		Worst  float64
		Most   int
		First  int
		Last   int
		Millis float64
	}
	const walk = `(async (up) => {
		const box = $(".scroller"), frame = () => new Promise((r) => requestAnimationFrame(() => r()));
		const rows = () => $$("li[data-number]"), edge = () => Number(up ? rows()[0].dataset.number : rows().at(-1).dataset.number);
		let pages = 0, worst = 0, most = 0; const begun = performance.now();
		for (let idle = 0; idle < 120 && performance.now() - begun < 600000;) {
			const was = edge();
			box.scrollTop = up ? -(box.scrollHeight - box.clientHeight) + 300 : -300;
			await frame();
			const top = box.getBoundingClientRect().top, el = rows().find((e) => e.getBoundingClientRect().bottom > top + 1), n = el.dataset.number;
			const place = () => $('li[data-number="' + n + '"]')?.getBoundingClientRect().top;
			const y = place();
			for (let i = 0; i < 40 && edge() === was; i++) { await frame(); worst = Math.max(worst, Math.abs(place() - y)); }
			await frame();
			worst = Math.max(worst, Math.abs((place() ?? y) - y));
			if (edge() === was) { idle += 40; if (up ? $(".start") : !$(".jump") ) break; } else { pages++; idle = 0; }
			most = Math.max(most, rows().length);
		}
		const all = rows();
		return { Pages: pages, Worst: worst, Most: most, First: Number(all[0].dataset.number), Last: Number(all.at(-1).dataset.number), Millis: performance.now() - begun };
	})`
	up := eval[run](w, walk+"(true)")
	w.t.Logf("upwards: %+v", up)
	down := eval[run](w, walk+"(false)")
	w.t.Logf("downwards: %+v", down)
	if up.First != 1 || down.Last < messages {
		w.t.Errorf("scrolled from %d to %d", up.First, down.Last)
	}
	if up.Worst > 1 || down.Worst > 1 {
		w.t.Errorf("something jumped by %.1f and %.1f pixels", up.Worst, down.Worst)
	}
	if up.Most > 300 || down.Most > 300 {
		w.t.Errorf("there were %d and %d messages in the page", up.Most, down.Most)
	}
}

// each calls f for 1 to n, several at a time.
func each(atOnce, n int, f func(int)) {
	var wait sync.WaitGroup
	next := make(chan int)
	for range atOnce {
		wait.Go(func() {
			for i := range next {
				f(i)
			}
		})
	}
	for i := 1; i <= n; i++ {
		next <- i
	}
	close(next)
	wait.Wait()
}
