-- The words of a message as the search of messages defines them, which is the same
-- in every locale, and its room as one more word. A word is cut to what an index
-- takes, a text to what a tsvector takes.
CREATE FUNCTION chat_message_words(body text, room uuid) RETURNS tsvector
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE COST 1000 AS $function$
DECLARE
	t     text COLLATE "C" := lower(left(body, 250000) COLLATE "C");
	words text[];
BEGIN
	IF octet_length(t) = length(t) THEN
		t := regexp_replace(t, '[^a-z0-9]+', ' ', 'g');
	ELSE{{range .Folds}}
		IF t ~ '[{{.Within}}]' THEN
			t := translate(t, '{{.From}}', '{{.To}}');
		END IF;{{end}}
		t := regexp_replace(t, '[{{.Separators}}]+', ' ', 'g');
	END IF;
	words := array_remove(string_to_array(t, ' '), '');
	IF octet_length(t) > 2000 THEN
		words := ARRAY(SELECT left(word, 400) FROM unnest(words) AS word);
	END IF;
	RETURN array_to_tsvector(words || ('r' || replace(room::text, '-', '')));
END
$function$;
-- An expression costs hosts without it no column. Every search reads the whole list
-- of pending entries: it is kept short.
-- An index on an expression costs the table nothing while there is none. Every
-- search reads the whole list of pending entries: it is kept short.
CREATE INDEX chat_messages_words ON chat_messages USING gin (chat_message_words(text, room_id))
	WITH (gin_pending_list_limit = 256) WHERE deleted_at IS NULL;
