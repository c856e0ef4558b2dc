module github.com/go-df/chat/heicpreview

go 1.26.0

replace github.com/go-df/chat => ..

require (
	github.com/gen2brain/avif v0.4.4
	github.com/gen2brain/heic v0.4.5
	github.com/tetratelabs/wazero v1.12.0
)

require (
	github.com/ebitengine/purego v0.8.3 // indirect
	golang.org/x/sys v0.44.0 // indirect
)
