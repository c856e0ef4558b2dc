// Package jsonvalue encodes JSON texts by their values, so that two texts have the same
// encoding exactly if they say the same in other words.
package jsonvalue

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Append appends an encoding of the JSON text to dst. It does not depend on white space,
// on the order of an object's keys, on how characters are escaped, or on how a number is
// spelled: numbers are compared by their exact decimal values, so that 1, 1.0 and 10e-1
// are the same, and 0.1 and 0.10000000000000001 are not. An exponent of more than 18
// digits is compared by its spelling. A key that an object has more than once is kept as
// often, in that order, since readers differ about which one counts.
//
// No encoding is the beginning of another.
func Append(dst []byte, text []byte) ([]byte, error) {
	tokens := json.NewDecoder(bytes.NewReader(text))
	tokens.UseNumber()
	return appendNext(dst, tokens)
}

// appendNext encodes the next value of tokens.
func appendNext(dst []byte, tokens *json.Decoder) ([]byte, error) {
	token, err := tokens.Token()
	if err != nil {
		return nil, err
	}
	switch t := token.(type) {
	case nil:
		return append(dst, 'n'), nil
	case bool:
		if t {
			return append(dst, 't'), nil
		}
		return append(dst, 'f'), nil
	case string:
		return AppendString(append(dst, 's'), t), nil
	case json.Number:
		return AppendString(append(dst, 'd'), decimal(t.String())), nil
	case json.Delim:
		if t == '{' {
			return appendObject(append(dst, 'o'), tokens)
		}
		return appendArray(append(dst, 'a'), tokens)
	}
	return nil, fmt.Errorf("jsonvalue: unknown token %v", token)
}

// AppendString appends a string and its length.
func AppendString(dst []byte, s string) []byte {
	dst = strconv.AppendInt(dst, int64(len(s)), 10)
	dst = append(dst, ':')
	return append(dst, s...)
}

const end = 'e'

func appendArray(dst []byte, tokens *json.Decoder) (_ []byte, err error) {
	for tokens.More() {
		if dst, err = appendNext(dst, tokens); err != nil {
			return nil, err
		}
	}
	_, err = tokens.Token() // the bracket
	return append(dst, end), err
}

type member struct {
	key   string
	value []byte
}

func appendObject(dst []byte, tokens *json.Decoder) ([]byte, error) {
	var members []member
	for tokens.More() {
		key, err := tokens.Token()
		if err != nil {
			return nil, err
		}
		value, err := appendNext(nil, tokens)
		if err != nil {
			return nil, err
		}
		members = append(members, member{key.(string), value})
	}
	slices.SortStableFunc(members, func(a, b member) int { return strings.Compare(a.key, b.key) })
	for _, m := range members {
		dst = append(AppendString(dst, m.key), m.value...)
	}
	_, err := tokens.Token() // the bracket
	return append(dst, end), err
}

// decimal returns the one spelling of a number: its digits without zeros at either end,
// and the power of ten that they are multiplied by.
func decimal(number string) string {
	sign := ""
	if rest, negative := strings.CutPrefix(number, "-"); negative {
		sign, number = "-", rest
	}
	mantissa, exponent := number, int64(0)
	if at := strings.IndexAny(number, "eE"); at >= 0 {
		var ok bool
		if exponent, ok = smallExponent(number[at+1:]); !ok {
			return sign + number
		}
		mantissa = number[:at]
	}
	whole, fraction, _ := strings.Cut(mantissa, ".")
	digits := strings.TrimLeft(whole+fraction, "0")
	if digits == "" {
		return "0" // -0 too
	}
	significant := strings.TrimRight(digits, "0")
	exponent += int64(len(digits)-len(significant)) - int64(len(fraction))
	return sign + significant + "e" + strconv.FormatInt(exponent, 10)
}

// smallExponent reads an exponent that a sum of lengths cannot take out of an int64.
func smallExponent(text string) (int64, bool) {
	sign := int64(1)
	switch text[0] {
	case '-':
		sign, text = -1, text[1:]
	case '+':
		text = text[1:]
	}
	text = strings.TrimLeft(text, "0")
	if text == "" {
		return 0, true
	}
	if len(text) > 18 {
		return 0, false
	}
	n, err := strconv.ParseInt(text, 10, 64)
	return sign * n, err == nil
}
