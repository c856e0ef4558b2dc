package words_test

import (
	"testing"

	"github.com/go-df/chat/internal/words"
)

func BenchmarkKeys(b *testing.B) {
	for name, text := range map[string]string{
		"ascii": "Shall we meet a1 or b123 at noon? Say c12345 to the others", "russian": "Встретимся завтра у входа, хорошо? Скажи остальным",
		"japanese": "東京タワーで会いましょう。明日の午後三時",
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				words.Keys(text)
			}
		})
	}
}
