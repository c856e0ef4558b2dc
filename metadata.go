package chat

import (
	"bytes"
	"database/sql/driver"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf16"
)

// Metadata is a JSON object of the host's own, kept as it came:
//
//	chat.NewMessage{Text: "Your order", Metadata: chat.Metadata(`{"order": 42}`)}
type Metadata []byte

// String returns the object, or "" when there is none.
func (m Metadata) String() string { return string(m) }

// MarshalJSON writes the object, or null.
func (m Metadata) MarshalJSON() ([]byte, error) { return json.RawMessage(m).MarshalJSON() }

// UnmarshalJSON keeps the object as it is.
func (m *Metadata) UnmarshalJSON(data []byte) error {
	*m = append((*m)[:0], data...)
	return nil
}

// Scan reads a JSON column.
func (m *Metadata) Scan(src any) error {
	switch v := src.(type) {
	case nil:
		*m = nil
	case string:
		*m = Metadata(v)
	case []byte:
		*m = bytes.Clone(v)
	default:
		return fmt.Errorf("chat: cannot read metadata from %T", src)
	}
	return nil
}

// Value binds the object as text, NULL when there is none.
func (m Metadata) Value() (driver.Value, error) {
	if len(m) == 0 {
		return nil, nil
	}
	return string(m), nil
}

// text is the object as text, nil when there is none.
func (m Metadata) text() *string {
	if len(m) == 0 {
		return nil
	}
	text := string(m)
	return &text
}

// checkMetadata also makes null and blank the same as none.
func (l Limits) checkMetadata(m *Metadata) error {
	trimmed := bytes.TrimSpace(*m)
	if len(trimmed) == 0 || string(trimmed) == "null" {
		*m = nil
		return nil
	}
	if len(trimmed) > l.MetadataBytes {
		return tooLarge("metadata", CodeTooLong, int64(l.MetadataBytes), "bytes")
	}
	if reason := unstorableTextReason(string(trimmed)); reason != "" {
		return invalid("metadata", CodeInvalidText, "%s", reason)
	}
	if trimmed[0] != '{' || !json.Valid(trimmed) {
		return invalid("metadata", CodeInvalidJSON, "is not a JSON object")
	}
	if hasLoneSurrogate(trimmed) {
		return invalid("metadata", CodeInvalidText, "contains half of a surrogate pair")
	}
	if reason := unstorableReason(trimmed); reason != "" {
		return invalid("metadata", CodeInvalidJSON, "%s", reason)
	}
	*m = trimmed
	return nil
}

// hasLoneSurrogate reports whether there is an escaped surrogate without its other half, which
// PostgreSQL stores and then refuses to read by ->>, failing the host's query.
func hasLoneSurrogate(text []byte) bool {
	for i := 0; i < len(text); i++ {
		if text[i] != '\\' {
			continue
		}
		first := escaped(text[i:])
		if !utf16.IsSurrogate(first) {
			i++ // what is escaped may be a backslash
			continue
		}
		if utf16.DecodeRune(first, escaped(text[i+6:])) == unicode.ReplacementChar {
			return true
		}
		i += 11
	}
	return false
}

// escaped reads the \uXXXX that text begins with, or -1.
func escaped(text []byte) rune {
	if len(text) < 6 || text[0] != '\\' || text[1] != 'u' {
		return -1
	}
	unit, err := strconv.ParseUint(string(text[2:6]), 16, 16)
	if err != nil {
		return -1
	}
	return rune(unit)
}

// metadataDepth is far below where PostgreSQL's parser runs out of stack, an error
// that would cost the host its transaction.
const metadataDepth = 64

// unstorableReason returns why a valid JSON text cannot be stored and queried, or "".
func unstorableReason(text []byte) string {
	tokens, depth := json.NewDecoder(bytes.NewReader(text)), 0
	tokens.UseNumber()
	for {
		token, err := tokens.Token()
		if err != nil {
			return ""
		}
		switch t := token.(type) {
		case json.Delim:
			if t == '{' || t == '[' {
				depth++
			} else {
				depth--
			}
			if depth > metadataDepth {
				return "is nested too deeply"
			}
		case string:
			if strings.ContainsRune(t, 0) {
				return "contains a NUL character"
			}
		}
	}
}
