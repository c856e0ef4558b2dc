package main

// gifHead is a GIF's header with the four colours that all of them have.
func gifHead(width, height int) []byte {
	return cat("GIF89a", le16(width), le16(height), byte(0x81), byte(0), byte(0),
		"\x00\x00\x00\xff\x00\x00\x00\xff\x00\x00\x00\xff")
}

const gifEnd = "\x3b"

// gifFrame is a frame whose pixels are compressed already.
func gifFrame(left, top, width, height int, pixels []byte) []byte {
	all := cat(byte(0x2C), le16(left), le16(top), le16(width), le16(height), byte(0), byte(2))
	for len(pixels) > 0 {
		n := min(len(pixels), 255)
		all = cat(all, byte(n), pixels[:n])
		pixels = pixels[n:]
	}
	return cat(all, byte(0))
}

// LZW's codes behind those of the four colours.
const (
	lzwClear = 4
	lzwEnd   = 5
)

// stripes are pixels of four colours, hardly compressed.
func stripes(n int) []byte {
	var b lowFirst
	for i := range n {
		if i%2 == 0 {
			b.put(lzwClear, 3) // before the third code, which would have four bits
		}
		b.put(i/3%4, 3)
	}
	b.put(lzwEnd, 3)
	return b.data
}

// oneColour is n pixels, as small as LZW has them: each code is the one that is just
// being made, and stands for one pixel more than the last.
func oneColour(n int) []byte {
	var b lowFirst
	bits := 3
	for n > 0 {
		b.put(lzwClear, bits)
		bits = 3
		b.put(0, bits)
		n--
		for code := lzwEnd + 1; n > 0 && code < 4094; code++ {
			if code == 1<<bits {
				bits++
			}
			length := min(code-lzwClear, n)
			b.put(codeOf(length), bits)
			n -= length
		}
	}
	b.put(lzwEnd, bits)
	return b.data
}

// codeOf is the code for so many pixels.
func codeOf(length int) int {
	if length == 1 {
		return 0
	}
	return length + lzwClear
}

func smallGIF(behindHead ...any) []byte {
	return cat(gifHead(24, 16), cat(behindHead...), gifFrame(0, 0, 24, 16, stripes(24*16)), gifEnd)
}

func wideGIF() []byte {
	return cat(gifHead(640, 16), gifFrame(0, 0, 640, 16, stripes(640*16)), gifEnd)
}

func gifs(f files) {
	loop := cat("\x21\xff\x0bNETSCAPE2.0\x03\x01", le16(0), byte(0))
	f.add("gif-small.gif", smallGIF())
	f.add("gif-wide.gif", wideGIF())
	f.add("gif-87a.gif", "GIF87a", smallGIF()[6:])
	second := gifFrame(0, 0, 24, 16, stripes(24*16))
	f.add("gif-animated.gif", gifHead(24, 16), loop, second, second, second, gifEnd)
	f.add("gif-second-frame-broken.gif", gifHead(24, 16), loop, second, gifFrame(0, 0, 24, 16, []byte{0xFF, 0xFF}), gifEnd)
	f.add("gif-comment-script.gif", smallGIF("\x21\xfe\x1f<html><script>alert(1)</script>\x00"))
	f.add("gif-header-only.gif", gifHead(24, 16))
	f.add("gif-no-frame.gif", gifHead(24, 16), gifEnd)
	f.add("gif-width-0.gif", gifHead(0, 16), second, gifEnd)
	f.add("gif-height-0.gif", gifHead(24, 0), second, gifEnd)
	f.add("gif-frame-outside.gif", gifHead(24, 16), gifFrame(0, 0, 65535, 65535, stripes(100)), gifEnd)
	f.add("gif-frame-of-0.gif", gifHead(24, 16), gifFrame(0, 0, 0, 0, stripes(1)), gifEnd)
	f.add("gif-small-frame-on-large-canvas.gif", gifHead(2000, 1500), second, gifEnd)
	f.add("gif-code-size-12.gif", gifHead(24, 16), "\x2c\x00\x00\x00\x00\x18\x00\x10\x00\x00\x0c\x01\x00\x00", gifEnd)
	f.add("bomb-gif-65535x65535.gif", gifHead(65535, 65535), gifFrame(0, 0, 65535, 65535, stripes(100)), gifEnd)
	f.add("bomb-gif-lzw-1-megapixel.gif", gifHead(1000, 1000), gifFrame(0, 0, 1000, 1000, oneColour(1000*1000)), gifEnd)
	f.add("bomb-gif-lzw-39-megapixels.gif", gifHead(600, 65535), gifFrame(0, 0, 600, 65535, oneColour(600*65535)), gifEnd)
	f.add("bomb-gif-lzw-too-much.gif", gifHead(640, 1), gifFrame(0, 0, 640, 1, oneColour(10_000_000)), gifEnd)
}
