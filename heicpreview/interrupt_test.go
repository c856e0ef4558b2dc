//go:build nodynamic

package heicpreview

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"image"
	"io"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"testing"
	"time"

	"github.com/tetratelabs/wazero"
)

// sections are a module of WebAssembly with a function run of this code, and 64 KiB of memory.
func sections(code ...byte) []byte {
	section := func(id byte, content ...byte) []byte { return append([]byte{id, byte(len(content))}, content...) }
	body := append([]byte{0}, code...) // no local variables
	return slices.Concat([]byte("\x00asm\x01\x00\x00\x00"),
		section(1, 1, 0x60, 0, 0),                                   // a function's type, () → ()
		section(3, 1, 0),                                            // a function of it
		section(5, 1, 1, 1, 1),                                      // a memory
		section(7, 1, 3, 'r', 'u', 'n', 0, 0),                       // its name
		section(10, append([]byte{1, byte(len(body))}, body...)...)) // the code
}

// engineOf is an engine whose decoder runs a module, and calls begin before that.
func engineOf(t *testing.T, module []byte, begin func()) *engine {
	t.Helper()
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	if _, err := w.Write(module); err != nil || w.Close() != nil {
		t.Fatal(err)
	}
	var (
		machine  wazero.Runtime
		compiled wazero.CompiledModule
		config   wazero.ModuleConfig
		once     func()
		code     = packed.Bytes()
	)
	return &engine{runtime: &machine, module: &compiled, config: &config, code: &code, begin: &once, decoder: func(io.Reader) (image.Image, error) {
		m, err := machine.InstantiateModule(context.Background(), compiled, config)
		if err != nil {
			return nil, err
		}
		begin()
		_, err = m.ExportedFunction("run").Call(context.Background())
		return image.NewGray(image.Rect(0, 0, 1, 1)), errors.Join(err, m.Close(context.Background()))
	}}
}

// A decoder that would go on for ever ends with the context.
func TestDecoderThatDoesNotEnd(t *testing.T) {
	for name, code := range map[string][]byte{
		"a loop":           {0x03, 0x40, 0x0c, 0, 0x0b, 0x0b},                                                       // loop, br 0, end
		"a loop in a loop": {0x03, 0x40, 0x03, 0x40, 0x01, 0x0b, 0x0c, 0, 0x0b, 0x0b},                               // with one that ends
		"behind constants": {0x41, 0x83, 0x03, 0x1a, 0x43, 3, 0x40, 3, 0x40, 0x1a, 0x03, 0x40, 0x0c, 0, 0x0b, 0x0b}, // which look like loops
	} {
		ctx, cancel := context.WithCancel(t.Context())
		if _, err := engineOf(t, sections(code...), cancel).decode(ctx, nil, 1<<20); !errors.Is(err, context.Canceled) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// The Go runtime stops the program for a moment to collect garbage, for which all goroutines have to stand
// still: one that does not would stop the program for good, tests included.
func TestGarbageIsCollectedMeanwhile(t *testing.T) {
	const child = "HEICPREVIEW_TEST_CHILD"
	if os.Getenv(child) == "" {
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		again := exec.CommandContext(ctx, os.Args[0], "-test.run=^"+t.Name()+"$")
		again.Env = append(os.Environ(), child+"=1")
		if out, err := again.CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		return
	}
	for range 5 {
		ctx, cancel := context.WithCancel(t.Context())
		began := func() {
			go func() {
				for range 5 {
					runtime.GC()
				}
				cancel()
			}()
		}
		loop := sections(0x03, 0x40, 0x0c, 0, 0x0b, 0x0b) // loop, br 0, end
		if _, err := engineOf(t, loop, began).decode(ctx, nil, 1<<20); !errors.Is(err, context.Canceled) {
			t.Errorf("%v", err)
		}
	}
}

func TestDecoderThatEnds(t *testing.T) {
	for range 3 {
		m, err := engineOf(t, sections(0x01, 0x0b), func() {}).decode(t.Context(), nil, 1<<20)
		if err != nil || m == nil {
			t.Errorf("%v, %v", m, err)
		}
	}
}

// What is not known is refused, rather than run without an end.
func TestCodeThatIsNotKnown(t *testing.T) {
	whole := sections(0x01, 0x0b)
	for name, module := range map[string][]byte{
		"an instruction":     sections(0xfe, 0x00, 0x0b), // of threads
		"an instruction, fc": sections(0xfc, 0x20, 0x0b),
		"an instruction, fd": sections(0xfd, 0x80, 0x02, 0x0b),
		"cut off":            whole[:len(whole)-1],
		"nothing":            nil,
	} {
		if _, err := interruptible(module); !errors.Is(err, errCode) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestCopiedPictures(t *testing.T) {
	r := image.Rect(0, 0, 3, 2)
	for _, m := range []image.Image{image.NewYCbCr(r, image.YCbCrSubsampleRatio420), image.NewGray(r), image.NewRGBA(r), image.NewNRGBA(r), image.NewRGBA64(r), image.NewNRGBA64(r)} {
		c, err := copied(m)
		if err != nil || c == m || c.Bounds() != r || c.At(1, 1) != m.At(1, 1) || c.ColorModel() != m.ColorModel() {
			t.Errorf("%T: %v, %v", m, c, err)
		}
	}
	if _, err := copied(image.NewPaletted(r, nil)); err == nil {
		t.Error("a kind that no decoder makes is copied")
	}
}
