package chat

import (
	"context"

	"github.com/go-df/chat/internal/schema"
)

// FTS4 keeps what each transaction brings as a part of its own, and merges sixteen of a size: a search of
// 1,000 rooms looks for a thousand words in each part, of which there are some thirty then.

const (
	mergePages = "200" // of a part that one transaction writes at most
	mergeSteps = 10_000
)

// mergeSearch merges the parts of SQLite's index of messages, some pages a transaction. FTS5 does that by itself,
// as does PostgreSQL.
func (s *Service) mergeSearch(ctx context.Context) error {
	if s.searchIndex() != schema.SearchFTS4 {
		return nil
	}
	for range mergeSteps {
		merged, err := write(ctx, s, System, func(c *call) (bool, error) {
			if parts, err := queryAll(c.conn, scanValue[int64], "SELECT count(*) FROM chat_message_words_segdir GROUP BY level HAVING count(*) > 1"); err != nil || len(parts) == 0 {
				return true, err
			}
			_, err := c.exec("INSERT INTO chat_message_words (chat_message_words) VALUES ('merge=" + mergePages + ",2')")
			return false, err
		})
		if err != nil || merged {
			return err
		}
	}
	return nil
}
