//go:build !nodynamic

package heicpreview

import (
	"context"
	"image"
)

const noDynamic = false

type engine struct{}

var heicEngine, avifEngine = &engine{}, &engine{}

// decode is not reached: New has refused.
func (*engine) decode(context.Context, []byte, int64) (image.Image, error) { return nil, errDynamic }
