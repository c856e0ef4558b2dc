CREATE INDEX chat_messages_words ON chat_messages USING gin (words) WITH (gin_pending_list_limit = 256) WHERE words IS NOT NULL;
-- What was written by a program that does not know of the index.
CREATE INDEX chat_messages_unworded ON chat_messages (room_id, number) WHERE words IS NULL AND deleted_at IS NULL;
