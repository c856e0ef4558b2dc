//go:build race

package vp8l

func init() { raceDetector = true }
