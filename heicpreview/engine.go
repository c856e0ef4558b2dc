//go:build nodynamic

package heicpreview

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"image"
	"io"
	"sync"
	_ "unsafe" // for go:linkname

	"github.com/gen2brain/avif"
	"github.com/gen2brain/heic"
	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/imports/wasi_snapshot_preview1"
)

const noDynamic = true

// The packages beneath make a runtime of their own, in which a decoder may take 4 GiB, when they
// first decode. They have no setting for it: what they keep is set here before they do.
// A version of theirs that keeps something else does not link, or fails TestMemoryIsBounded.
var (
	//go:linkname heicRuntime github.com/gen2brain/heic.rt
	heicRuntime wazero.Runtime
	//go:linkname heicModule github.com/gen2brain/heic.cm
	heicModule wazero.CompiledModule
	//go:linkname heicConfig github.com/gen2brain/heic.mc
	heicConfig wazero.ModuleConfig
	//go:linkname heicCode github.com/gen2brain/heic.heifWasm
	heicCode []byte
	//go:linkname heicInit github.com/gen2brain/heic.initOnce
	heicInit func()

	//go:linkname avifRuntime github.com/gen2brain/avif.rtd
	avifRuntime wazero.Runtime
	//go:linkname avifModule github.com/gen2brain/avif.cmd
	avifModule wazero.CompiledModule
	//go:linkname avifConfig github.com/gen2brain/avif.mc
	avifConfig wazero.ModuleConfig
	//go:linkname avifCode github.com/gen2brain/avif.decodeWasm
	avifCode []byte
	//go:linkname avifInit github.com/gen2brain/avif.initDecoderOnce
	avifInit func()
)

// engine runs a decoder, one picture at a time in the process.
type engine struct {
	turn    sync.Mutex
	decoder func(io.Reader) (image.Image, error)
	runtime *wazero.Runtime
	module  *wazero.CompiledModule
	config  *wazero.ModuleConfig
	code    *[]byte
	begin   *func()
	cache   wazero.CompilationCache

	unpacked []byte // code, so that it can be interrupted
}

// moduleName is what a running decoder is found by.
const moduleName = "decoder"

var (
	heicEngine = &engine{decoder: heic.Decode, runtime: &heicRuntime, module: &heicModule, config: &heicConfig, code: &heicCode, begin: &heicInit}
	avifEngine = &engine{decoder: avif.Decode, runtime: &avifRuntime, module: &avifModule, config: &avifConfig, code: &avifCode, begin: &avifInit}
)

// decode decodes a picture in a runtime of its own, which ends with ctx.
func (e *engine) decode(ctx context.Context, file []byte, memory int64) (shown image.Image, err error) {
	e.turn.Lock()
	defer e.turn.Unlock()
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	if err := e.start(ctx, memory); err != nil {
		return nil, err
	}
	running := &reserving{*e.runtime, func() {}}
	*e.runtime = running
	over, ended := make(chan struct{}), make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		defer close(ended)
		interrupt(func() api.Module { return running.Module(moduleName) }, over)
	})
	defer func() {
		close(over)
		if !stop() {
			<-ended
		}
		if fault := recover(); fault != nil {
			shown, err = nil, fmt.Errorf("the decoder panicked: %v", fault)
		}
		err = errors.Join(err, ctx.Err(), running.Close(context.WithoutCancel(ctx)))
		running.release()
	}()
	if shown, err = e.decoder(bytes.NewReader(file)); err != nil {
		return nil, err
	}
	return copied(shown)
}

// start makes the runtime. The code is compiled once.
func (e *engine) start(ctx context.Context, memory int64) error {
	const page = 64 << 10
	if e.cache == nil {
		e.cache = wazero.NewCompilationCache()
	}
	ctx = context.WithoutCancel(ctx)
	*e.begin = func() {}
	*e.config = wazero.NewModuleConfig().WithName(moduleName)
	*e.runtime = wazero.NewRuntimeWithConfig(ctx, wazero.NewRuntimeConfig().
		WithMemoryLimitPages(uint32(min(max(memory/page, 1), 1<<16))). // it is bounded
		WithCompilationCache(e.cache))
	if _, err := wasi_snapshot_preview1.Instantiate(ctx, *e.runtime); err != nil {
		return err
	}
	if e.unpacked == nil {
		packed, err := gzip.NewReader(bytes.NewReader(*e.code))
		if err != nil {
			return err
		}
		code, err := io.ReadAll(packed)
		if err != nil {
			return err
		}
		if e.unpacked, err = interruptible(code); err != nil {
			return err
		}
	}
	var err error
	*e.module, err = (*e.runtime).CompileModule(ctx, e.unpacked)
	return err
}
