-- The index refers to messages by docid and keeps no copy of their words; what it would
-- keep, and reads when a message is to be taken out, is in the view.
CREATE VIEW chat_message_words_source AS SELECT docid, words FROM chat_messages WHERE words IS NOT NULL;
CREATE VIRTUAL TABLE chat_message_words USING fts5(words, content='chat_message_words_source', content_rowid='docid',
	columnsize=0, detail=none, tokenize=ascii);
CREATE TRIGGER chat_message_words_insert AFTER INSERT ON chat_messages WHEN new.words IS NOT NULL BEGIN
	INSERT INTO chat_message_words (rowid, words) VALUES (new.docid, new.words);
END;
CREATE TRIGGER chat_message_words_before_update BEFORE UPDATE OF docid, words ON chat_messages WHEN old.words IS NOT NULL BEGIN
	INSERT INTO chat_message_words (chat_message_words, rowid, words) VALUES ('delete', old.docid, old.words);
END;
CREATE TRIGGER chat_message_words_after_update AFTER UPDATE OF docid, words ON chat_messages WHEN new.words IS NOT NULL BEGIN
	INSERT INTO chat_message_words (rowid, words) VALUES (new.docid, new.words);
END;
CREATE TRIGGER chat_message_words_delete BEFORE DELETE ON chat_messages WHEN old.words IS NOT NULL BEGIN
	INSERT INTO chat_message_words (chat_message_words, rowid, words) VALUES ('delete', old.docid, old.words);
END;
INSERT INTO chat_message_words (chat_message_words) VALUES ('rebuild');
-- A word is looked for in each part that the index is in: it begins as one.
INSERT INTO chat_message_words (chat_message_words) VALUES ('optimize');
-- What was written by a program that does not know of the index.
CREATE INDEX chat_messages_unworded ON chat_messages (room_id, number) WHERE words IS NULL AND deleted_at IS NULL;
