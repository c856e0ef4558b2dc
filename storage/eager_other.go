//go:build !linux || arm

package storage

import "os"

func startWriting(*os.File, int64, int64) {}
