package jsonvalue_test

import (
	"bytes"
	"encoding/json"
	"math/big"
	"strings"
	"testing"

	"github.com/go-df/chat/internal/jsonvalue"
)

// Texts in a row are the same value, and no two rows are.
var values = [][]string{
	{`{}`, ` { } `, "{\n}"},
	{`[]`, "[ ]"}, {`null`}, {`true`}, {`false`}, {`""`}, {`"null"`}, {`"1"`}, {`[[]]`}, {`[{}]`}, {`{"":{}}`}, {`[null]`},
	{`{"a":1,"b":2}`, `{"b":2,"a":1}`, `{ "b" : 2 , "a" : 1 }`, "{\"b\":\t2,\r\n\"a\":1}", `{"\u0061":1,"b":2}`},
	{`{"a":2,"b":1}`}, {`{"a":1}`}, {`{"a":1,"b":2,"c":3}`}, {`{"a":{"b":2}}`}, {`{"a1":{},"b":2}`},
	{`{"a":1,"a":2}`, `{ "a" : 1, "a" : 2 }`}, {`{"a":2,"a":1}`}, {`{"a":2}`}, // readers differ about which counts
	{`[1,2]`, `[ 1, 2 ]`, `[1.0,2e0]`}, {`[2,1]`}, {`[12]`}, {`["1,2"]`}, {`[[1],2]`}, {`[1,[2]]`},
	{`"é"`, `"\u00e9"`, `"\u00E9"`}, {`"e\u0301"`}, // not normalised
	{`"😀"`, `"\ud83d\ude00"`, `"\uD83D\uDE00"`},
	{`"a/b"`, `"a\/b"`, `"\u0061/\u0062"`}, {`"\n"`, `"\u000a"`, `"\u000A"`}, {`"\\n"`, `"\u005cn"`}, {`"\""`, `"\u0022"`},
	{`"<&>"`, `"\u003c\u0026\u003e"`}, {`"\u2028"`, "\"\u2028\""},
	{`1`, `1.0`, `1.00`, `1e0`, `1E+0`, `1e-0`, `10e-1`, `0.1e1`, `100E-2`, `0.001e+3`, `1e00000000000000000000000`},
	{`0`, `-0`, `0.0`, `-0.00`, `0e5`, `-0E-7`, `0e999999`}, {`-1`, `-1.0`, `-10e-1`},
	{`10`, `1e1`, `10.0`, `1.0e1`}, {`100`, `1e2`}, {`0.1`, `1e-1`, `0.10`}, {`0.10000000000000001`}, {`0.1000000000000000055511151231257827`},
	{`9007199254740993`, `9007199254740993.0`, `9.007199254740993e15`}, {`9007199254740992`}, // of the same float64
	{`1e400`, `10e399`}, {`1e401`}, {`1e-400`, `0.1e-399`}, {`123456789012345678901234567890e5`, `12345678901234567890123456789e6`},
	{`1e999999999999999999999`}, {`2e999999999999999999999`}, {`-1e999999999999999999999`},
	{`1e-999999999999999999999`}, {`1e999999999999999999`, `10e999999999999999998`},
	{`{"a":[{"b":[1,{"c":"d","e":null}]}],"f":true}`, ` {"f":true ,"a":[ {"b":[1.0,{"e":null,"c":"\u0064"}]}]}`},
}

func encoded(t testing.TB, text string) string {
	t.Helper()
	got, err := jsonvalue.Append(nil, []byte(text))
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return string(got)
}

func TestTextsOfTheSameValueHaveTheSameEncoding(t *testing.T) {
	rows := map[string]int{}
	for i, row := range values {
		for _, text := range row {
			got := encoded(t, text)
			if first, known := rows[got]; known && first != i {
				t.Errorf("%s and %s have the same encoding %s", text, values[first][0], got)
			}
			rows[got] = i
			if want := encoded(t, row[0]); got != want {
				t.Errorf("%s is %s, want %s as of %s", text, got, want, row[0])
			}
		}
	}
}

func TestEncodingsAreAppended(t *testing.T) {
	got, err := jsonvalue.Append([]byte("before "), []byte(`[1]`))
	if err != nil || !strings.HasPrefix(string(got), "before ") || string(got) != "before "+encoded(t, `[1]`) {
		t.Errorf("%s, %v", got, err)
	}
	for _, bad := range []string{"", "{", `{"a"`, `{"a":`, `{"a":1`, "[1", `[1,`} {
		if got, err := jsonvalue.Append(nil, []byte(bad)); err == nil {
			t.Errorf("%s is encoded as %s", bad, got)
		}
	}
}

// Numbers are the same exactly if their values are.
func FuzzNumbers(f *testing.F) {
	for _, pair := range [][2]string{{"1", "1.0"}, {"-0", "0"}, {"10e-1", "1"}, {"1e5", "100000"}, {"0.5", "5e-1"}, {"1", "2"}} {
		f.Add(pair[0], pair[1])
	}
	f.Fuzz(func(t *testing.T, a, b string) {
		if len(a) > 12 || len(b) > 12 || !json.Valid([]byte(a)) || !json.Valid([]byte(b)) {
			return
		}
		x, isNumber := new(big.Rat).SetString(strings.TrimSpace(a))
		y, isToo := new(big.Rat).SetString(strings.TrimSpace(b))
		if !isNumber || !isToo {
			return
		}
		if same := encoded(t, a) == encoded(t, b); same != (x.Cmp(y) == 0) {
			t.Errorf("%s and %s are the same: %v", a, b, same)
		}
	})
}

// Whatever is valid is encoded, and so is what Go makes of it, alike.
func FuzzAppend(f *testing.F) {
	for _, row := range values {
		for _, text := range row {
			f.Add([]byte(text))
		}
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		if !json.Valid(text) {
			return
		}
		var compact bytes.Buffer
		if err := json.Compact(&compact, text); err != nil {
			t.Fatal(err)
		}
		if a, b := encoded(t, string(text)), encoded(t, compact.String()); a != b {
			t.Errorf("%s is %s, and compact %s", text, a, b)
		}
	})
}
