package bustest_test

import (
	"testing"

	"go.uber.org/goleak"

	"github.com/go-df/chat"
	"github.com/go-df/chat/bus/bustest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestMemory(t *testing.T) {
	bustest.Run(t, func(*testing.T) func() chat.Bus {
		bus := &bustest.Memory{}
		return func() chat.Bus { return bus }
	})
}
