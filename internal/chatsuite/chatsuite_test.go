package chatsuite_test

import (
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// Programs that import the module must not link the tests' helpers.
func TestOnlyTestsImportIt(t *testing.T) {
	const self = "github.com/go-df/chat/internal/chatsuite"
	list := exec.CommandContext(t.Context(), "go", "list", "-f", `{{.ImportPath}} {{join .Imports " "}}`, "github.com/go-df/chat/...")
	output, err := list.Output()
	if err != nil {
		t.Fatal(err)
	}
	packages := 0
	for line := range strings.Lines(string(output)) {
		imports := strings.Fields(line)
		if packages++; slices.Contains(imports[1:], self) {
			t.Errorf("%s imports it outside of its tests", imports[0])
		}
	}
	if packages < 10 {
		t.Errorf("only %d packages were found", packages)
	}
}
