package jsontuple_test

import (
	"reflect"
	"strings"
	"testing"

	"github.com/go-df/chat/internal/jsontuple"
)

// row is what the tests read.
type row struct {
	name  string
	size  int64
	label *string
	list  []string
}

func read(data string) (rows []row, err error) {
	r := jsontuple.New([]byte(data))
	for r.Open(); r.More(); {
		r.Open()
		one := row{name: r.Text(), size: r.Int(), label: jsontuple.Optional(&r, (*jsontuple.Reader).Text)}
		if !r.Null() {
			for r.Open(); r.More(); {
				one.list = append(one.list, r.Text())
			}
		}
		r.Close()
		rows = append(rows, one)
	}
	return rows, r.Err()
}

func TestRead(t *testing.T) {
	label := "tab\t, \"quoted\" \\ é 👍 😀"
	want := []row{
		{"a", 7, nil, nil},
		{"👍", -9223372036854775808, &label, []string{"x", "]", ""}},
		{"", 0, new(string), []string{}},
	}
	want[2].list = nil
	// As SQLite writes it, and as PostgreSQL does.
	for _, data := range []string{
		`[["a",7,null,null],["👍",-9223372036854775808,"tab\t, \"quoted\" \\ \u00e9 👍 \ud83d\ude00",["x","]",""]],["",0,"",[]]]`,
		"[[\"a\", 7, null, null], \n [\"👍\", -9223372036854775808, \"tab\\t, \\\"quoted\\\" \\\\ é 👍 😀\", [\"x\", \"]\", \"\"]], \n [\"\", 0, \"\", []]]",
	} {
		got, err := read(data)
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %+v, %v", data, got, err)
		}
	}
	if got, err := read("[]"); got != nil || err != nil {
		t.Errorf("of nothing: %+v, %v", got, err)
	}
}

// TestReadFails: what is not the JSON that is expected is an error, wherever it ends.
func TestReadFails(t *testing.T) {
	const data = `[["a\n",7,null,["x"]]]`
	for end := range len(data) {
		if got, err := read(data[:end]); err == nil {
			t.Errorf("%q: %+v", data[:end], got)
		}
	}
	for _, data := range []string{
		"{}", `["a"]`, `[[7,7,null,null]]`, `[["a","7",null,null]]`, `[["a",7.5,null,null]]`, `[["a",9223372036854775808,null,null]]`,
		`[["a",7,8,null]]`, `[["a",7,null,null,1]]`, `[["\x",7,null,null]]`, `[["a",7,null,"x"]]`, strings.Repeat("[", 100),
	} {
		if got, err := read(data); err == nil {
			t.Errorf("%q: %+v", data, got)
		}
	}
}
