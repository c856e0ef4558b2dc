package chattest_test

import (
	"testing"

	"github.com/go-df/chat/chattest"
)

// BenchmarkNew is what a test pays for a chat in memory: five milliseconds are the goal.
func BenchmarkNew(b *testing.B) {
	chattest.New(b) // makes the template
	for b.Loop() {
		chattest.New(b)
	}
}
