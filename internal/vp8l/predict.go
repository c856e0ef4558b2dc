package vp8l

// black is opaque.
const black = 0xFF000000

// predict undoes a prediction of row[1:]. Above are the pixels above all of row and one more.
func predict(mode uint32, row, above []uint32) {
	predicted := predictors[mode]
	left, corner := row[0], above[0]
	for i := range row[1:] {
		top := above[i+1]
		left = add(row[i+1], predicted(left, top, corner, above[i+2]))
		row[i+1] = left
		corner = top
	}
}

// predictors are the modes: what is expected between the pixel to the left, that on top, and those in
// the corners at its left and right. The last two the format does not have.
var predictors = [16]func(left, top, corner, right uint32) uint32{
	func(_, _, _, _ uint32) uint32 { return black },
	func(left, _, _, _ uint32) uint32 { return left },
	func(_, top, _, _ uint32) uint32 { return top },
	func(_, _, _, right uint32) uint32 { return right },
	func(_, _, corner, _ uint32) uint32 { return corner },
	func(left, top, _, right uint32) uint32 { return average(average(left, right), top) },
	func(left, _, corner, _ uint32) uint32 { return average(left, corner) },
	func(left, top, _, _ uint32) uint32 { return average(left, top) },
	func(_, top, corner, _ uint32) uint32 { return average(corner, top) },
	func(_, top, _, right uint32) uint32 { return average(top, right) },
	func(left, top, corner, right uint32) uint32 {
		return average(average(left, corner), average(top, right))
	},
	func(left, top, corner, _ uint32) uint32 { return nearer(left, top, corner) },
	func(left, top, corner, _ uint32) uint32 { return gradient(left, top, corner) },
	func(left, top, corner, _ uint32) uint32 { return halfGradient(average(left, top), corner) },
	func(_, _, _, _ uint32) uint32 { return 0 },
	func(_, _, _, _ uint32) uint32 { return 0 },
}

// add adds colours, each channel for itself, and wraps around.
func add(a, b uint32) uint32 {
	const even, odd = 0x00FF00FF, 0xFF00FF00
	return (a&even+b&even)&even | (a&odd+b&odd)&odd
}

// average is of each channel, rounded down.
func average(a, b uint32) uint32 { return a&b + (a^b)>>1&0x7F7F7F7F }

// nearer is left or top, whichever is nearer to left + top - corner in all.
func nearer(left, top, corner uint32) uint32 {
	var toLeft, toTop int
	for shift := 0; shift < 32; shift += 8 {
		l, t, c := int(left>>shift&0xFF), int(top>>shift&0xFF), int(corner>>shift&0xFF)
		toLeft += max(t-c, c-t)
		toTop += max(l-c, c-l)
	}
	if toLeft < toTop {
		return left
	}
	return top
}

func gradient(left, top, corner uint32) (sum uint32) {
	for shift := 0; shift < 32; shift += 8 {
		l, t, c := int(left>>shift&0xFF), int(top>>shift&0xFF), int(corner>>shift&0xFF)
		sum |= clamped(l+t-c) << shift
	}
	return sum
}

func halfGradient(middle, corner uint32) (sum uint32) {
	for shift := 0; shift < 32; shift += 8 {
		m, c := int(middle>>shift&0xFF), int(corner>>shift&0xFF)
		sum |= clamped(m+(m-c)/2) << shift
	}
	return sum
}

func clamped(v int) uint32 { return uint32(min(max(v, 0), 255)) }
