-- The index refers to messages by docid and keeps no copy of them; what it would
-- keep, and reads when a message is to be taken out, is in the view.
CREATE VIEW chat_message_words_source AS
	SELECT docid AS rowid, 'r' || replace(room_id, '-', '') AS room, text FROM chat_messages WHERE deleted_at IS NULL;
CREATE VIRTUAL TABLE chat_message_words USING fts4(content="chat_message_words_source", room, text,
	matchinfo=fts3, tokenize=unicode61 "remove_diacritics=0" "separators={{.UnknownSeparators}}");
CREATE TRIGGER chat_message_words_insert AFTER INSERT ON chat_messages WHEN new.deleted_at IS NULL BEGIN
	INSERT INTO chat_message_words (docid, room, text) VALUES (new.docid, 'r' || replace(new.room_id, '-', ''), new.text);
END;
CREATE TRIGGER chat_message_words_before_update BEFORE UPDATE OF docid, room_id, text, deleted_at ON chat_messages
WHEN old.deleted_at IS NULL BEGIN
	DELETE FROM chat_message_words WHERE docid = old.docid;
END;
CREATE TRIGGER chat_message_words_after_update AFTER UPDATE OF docid, room_id, text, deleted_at ON chat_messages
WHEN new.deleted_at IS NULL BEGIN
	INSERT INTO chat_message_words (docid, room, text) VALUES (new.docid, 'r' || replace(new.room_id, '-', ''), new.text);
END;
CREATE TRIGGER chat_message_words_delete BEFORE DELETE ON chat_messages WHEN old.deleted_at IS NULL BEGIN
	DELETE FROM chat_message_words WHERE docid = old.docid;
END;
INSERT INTO chat_message_words (chat_message_words) VALUES ('rebuild');
