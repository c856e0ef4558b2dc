package bench_test

import (
	"fmt"
	"html"
	"math"
	"strings"
)

// picture is an SVG being drawn.
type picture struct {
	strings.Builder
	width, height int
}

func newPicture(width, height int) *picture {
	p := &picture{width: width, height: height}
	fmt.Fprintf(&p.Builder, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" width="%d" height="%d" font-family="sans-serif" font-size="12">
<rect width="100%%" height="100%%" fill="#fff"/>
`, width, height, width, height)
	return p
}

func (p *picture) text(x, y float64, anchor, style, text string) {
	fmt.Fprintf(&p.Builder, `<text x="%.1f" y="%.1f" text-anchor="%s" %s>%s</text>`+"\n", x, y, anchor, style, html.EscapeString(text))
}

func (p *picture) line(x1, y1, x2, y2 float64, color string, width float64) {
	fmt.Fprintf(&p.Builder, `<line x1="%.1f" y1="%.1f" x2="%.1f" y2="%.1f" stroke="%s" stroke-width="%.1f"/>`+"\n", x1, y1, x2, y2, color, width)
}

func (p *picture) bar(x, y, width, height float64, color string) {
	fmt.Fprintf(&p.Builder, `<rect x="%.1f" y="%.1f" width="%.1f" height="%.1f" fill="%s"/>`+"\n", x, y, max(width, 1), height, color)
}

func (p *picture) end() string { return p.String() + "</svg>\n" }

const (
	strong = `font-weight="bold" fill="#222"`
	plain  = `fill="#222"`
	faint  = `fill="#666" font-size="10"`
	grid   = "#ddd"
)

// round up to a number that reads well on an axis.
func nice(x float64) float64 {
	if x <= 0 {
		return 1
	}
	step := math.Pow(10, math.Floor(math.Log10(x)))
	for _, m := range []float64{1, 1.5, 2, 3, 4, 5, 8, 10} {
		if m*step >= x {
			return m * step
		}
	}
	return x
}

// series is one line of a panel.
type series struct {
	name, color string
	values      []float64
}

// panel is a picture of lines over the same few places.
type panel struct {
	title  string
	places []string
	lines  []series
}

// linePanels draws panels in rows of two.
func linePanels(title, across string, panels []panel) string {
	const width, height, left, top = 420, 250, 60, 60
	p := newPicture(2*width+20, 40+(len(panels)+1)/2*height+30)
	p.text(20, 26, "start", strong+` font-size="15"`, title)
	for i, panel := range panels {
		p.lines(panel, float64(i%2*width+left), float64(i/2*height+top), width-left-20, height-75)
	}
	p.text(float64(p.width)/2, float64(p.height-12), "middle", faint, across)
	return p.end()
}

func (p *picture) lines(panel panel, x, y, width, height float64) {
	top := 0.0
	for _, s := range panel.lines {
		for _, v := range s.values {
			top = max(top, v)
		}
	}
	top = nice(top)
	p.text(x, y-10, "start", strong, panel.title)
	for i := range 5 {
		at := y + height - height*float64(i)/4
		p.line(x, at, x+width, at, grid, 1)
		p.text(x-6, at+4, "end", faint, thousands(top*float64(i)/4))
	}
	place := func(i int) float64 { return x + width*(float64(i)+0.5)/float64(len(panel.places)) }
	for i, name := range panel.places {
		p.text(place(i), y+height+15, "middle", faint, name)
	}
	for k, s := range panel.lines {
		for i, v := range s.values {
			at := y + height - height*v/top
			fmt.Fprintf(&p.Builder, `<circle cx="%.1f" cy="%.1f" r="3.5" fill="%s"/>`+"\n", place(i), at, s.color)
			if i > 0 {
				p.line(place(i-1), y+height-height*s.values[i-1]/top, place(i), at, s.color, 2)
			}
		}
		p.bar(x+8, y+6+float64(k)*16, 12, 4, s.color)
		p.text(x+26, y+12+float64(k)*16, "start", faint, s.name)
	}
}

// pair is a reading's median and 99th percentile at two sizes.
type pair struct {
	name  string
	small [2]float64
	large [2]float64
}

// barPanel is a picture of horizontal bars.
type barPanel struct {
	title string
	pairs []pair
}

// barPanels draws a panel below another. Bars end at the median, thin lines at the
// 99th percentile.
func barPanels(title, across, small, large string, panels []barPanel) string {
	const left, width, step = 250, 520, 34
	height := 70
	for _, panel := range panels {
		height += 60 + len(panel.pairs)*step
	}
	p := newPicture(left+width+60, height)
	p.text(20, 26, "start", strong+` font-size="15"`, title)
	p.bar(20, 38, 12, 8, lightBlue)
	p.text(38, 46, "start", faint, small)
	p.bar(170, 38, 12, 8, blue)
	p.text(188, 46, "start", faint, large)
	p.text(340, 46, "start", faint, across)
	y := 80.0
	for _, panel := range panels {
		top := 0.0
		for _, r := range panel.pairs {
			top = max(top, r.small[1], r.large[1])
		}
		top = nice(top)
		p.text(20, y, "start", strong, panel.title)
		bottom := y + 14 + float64(len(panel.pairs)*step)
		for i := range 5 {
			at := left + width*float64(i)/4
			p.line(at, y+8, at, bottom, grid, 1)
			p.text(at, bottom+14, "middle", faint, fmt.Sprintf("%.3g ms", top*float64(i)/4))
		}
		for i, r := range panel.pairs {
			at := y + 16 + float64(i*step)
			p.text(left-8, at+15, "end", plain, r.name)
			for k, values := range [][2]float64{r.small, r.large} {
				row := at + float64(k)*12
				p.bar(left, row, width*values[0]/top, 9, []string{lightBlue, blue}[k])
				p.line(left, row+4.5, left+width*values[1]/top, row+4.5, "#444", 1)
			}
		}
		y = bottom + 46
	}
	return p.end()
}

const (
	blue      = "#1f5fa8"
	lightBlue = "#8ab8e8"
	orange    = "#d9822b"
	gray      = "#888"
)
