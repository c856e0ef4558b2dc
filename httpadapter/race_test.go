//go:build race

package httpadapter_test

func init() { raceDetector = true }
