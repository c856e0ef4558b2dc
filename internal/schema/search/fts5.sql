-- The index refers to messages by docid and keeps no copy of them.
CREATE VIEW chat_message_words_source AS
	SELECT docid, 'r' || replace(room_id, '-', '') AS room, text FROM chat_messages WHERE deleted_at IS NULL;
CREATE VIRTUAL TABLE chat_message_words USING fts5(room, text, content='chat_message_words_source', content_rowid='docid',
	columnsize=0, tokenize="unicode61 remove_diacritics 0 separators '{{.UnknownSeparators}}'");
CREATE TRIGGER chat_message_words_insert AFTER INSERT ON chat_messages WHEN new.deleted_at IS NULL BEGIN
	INSERT INTO chat_message_words (rowid, room, text) VALUES (new.docid, 'r' || replace(new.room_id, '-', ''), new.text);
END;
CREATE TRIGGER chat_message_words_before_update BEFORE UPDATE OF docid, room_id, text, deleted_at ON chat_messages
WHEN old.deleted_at IS NULL BEGIN
	INSERT INTO chat_message_words (chat_message_words, rowid, room, text)
	VALUES ('delete', old.docid, 'r' || replace(old.room_id, '-', ''), old.text);
END;
CREATE TRIGGER chat_message_words_after_update AFTER UPDATE OF docid, room_id, text, deleted_at ON chat_messages
WHEN new.deleted_at IS NULL BEGIN
	INSERT INTO chat_message_words (rowid, room, text) VALUES (new.docid, 'r' || replace(new.room_id, '-', ''), new.text);
END;
CREATE TRIGGER chat_message_words_delete BEFORE DELETE ON chat_messages WHEN old.deleted_at IS NULL BEGIN
	INSERT INTO chat_message_words (chat_message_words, rowid, room, text)
	VALUES ('delete', old.docid, 'r' || replace(old.room_id, '-', ''), old.text);
END;
INSERT INTO chat_message_words (chat_message_words) VALUES ('rebuild');
