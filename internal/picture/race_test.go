//go:build race

package picture

func init() { raceDetector = true }
