CREATE TABLE chat_meta (
	key   text NOT NULL PRIMARY KEY,
	value text NOT NULL
);

CREATE TABLE chat_media (
	id            text NOT NULL PRIMARY KEY,
	user_id       {{.User}}{{.References}},
	key           text NOT NULL UNIQUE,
	state         text NOT NULL CHECK (state IN ('pending', 'ready', 'released')),
	file_name     text NOT NULL,
	content_type  text NOT NULL,
	size          bigint NOT NULL CHECK (size >= 0),
	width         bigint,
	height        bigint,
	duration_ms   bigint CHECK (duration_ms >= 0),
	sha256        text NOT NULL,
	thumbnail_key text,
	created_at    datetime NOT NULL
);
CREATE INDEX chat_media_user ON chat_media (user_id, id);
-- An empty key says that no thumbnail can be made.
CREATE UNIQUE INDEX chat_media_thumbnail ON chat_media (thumbnail_key) WHERE thumbnail_key <> '';

-- last_deleted_number is that of the last tombstone: who has read on from there has none
-- among what is unread. The messages before first_number were removed. import_untold says
-- that messages were imported of which no event tells yet.
CREATE TABLE chat_rooms (
	id                  text NOT NULL PRIMARY KEY,
	type                text NOT NULL CHECK (type IN ('private_messages', 'group', 'channel')),
	name                text NOT NULL,
	description         text NOT NULL,
	avatar_id           text REFERENCES chat_media (id),
	is_public           boolean NOT NULL,
	key                 text CHECK (key <> '' AND length(CAST(key AS blob)) <= 255),
	ownerless           boolean NOT NULL DEFAULT 0,
	owner_id            {{.User}}{{.References}},
	default_permissions bigint NOT NULL CHECK (default_permissions BETWEEN 0 AND 511),
	history_visibility  text NOT NULL CHECK (history_visibility IN ('all', 'joined')),
	member_count        bigint NOT NULL CHECK (member_count >= 0),
	private_a           {{.User}}{{.References}},
	private_b           {{.User}}{{.References}},
	last_seq            bigint NOT NULL CHECK (last_seq >= 0),
	first_number        bigint NOT NULL DEFAULT 1 CHECK (first_number >= 1),
	last_number         bigint NOT NULL CHECK (last_number >= 0),
	last_deleted_number bigint NOT NULL DEFAULT 0 CHECK (last_deleted_number >= 0),
	import_untold       boolean NOT NULL DEFAULT false,
	last_message_at     datetime,
	slow_mode           int NOT NULL DEFAULT 0 CHECK (slow_mode BETWEEN 0 AND 21600),
	metadata            text,
	created_at          datetime NOT NULL,
	updated_at          datetime NOT NULL,
	deleted_at          datetime,
	UNIQUE (private_a, private_b),
	CONSTRAINT chat_rooms_numbers CHECK (first_number <= last_number + 1),
	CONSTRAINT chat_rooms_pair CHECK ((private_a IS NULL) = (private_b IS NULL) AND private_a < private_b),
	CONSTRAINT chat_rooms_pair_is_private CHECK (private_a IS NULL OR type = 'private_messages'),
	CONSTRAINT chat_rooms_private CHECK (type <> 'private_messages' OR (owner_id IS NULL AND NOT ownerless AND key IS NULL AND NOT is_public
		AND history_visibility = 'all' AND member_count <= 2)),
	CONSTRAINT chat_rooms_owner CHECK (type = 'private_messages' OR (owner_id IS NULL) = (ownerless OR deleted_at IS NOT NULL)),
	CONSTRAINT chat_rooms_owner_counts CHECK (owner_id IS NULL OR member_count >= 1),
	CONSTRAINT chat_rooms_deleted CHECK (deleted_at IS NULL OR (private_a IS NULL AND key IS NULL AND avatar_id IS NULL AND member_count = 0)),
	-- The owner is a member, at every commit.
	CONSTRAINT chat_rooms_owner_is_member FOREIGN KEY (id, owner_id)
		REFERENCES chat_room_users (room_id, user_id) DEFERRABLE INITIALLY DEFERRED
);
CREATE UNIQUE INDEX chat_rooms_avatar ON chat_rooms (avatar_id) WHERE avatar_id IS NOT NULL;
CREATE UNIQUE INDEX chat_rooms_key ON chat_rooms (key) WHERE key IS NOT NULL;
CREATE INDEX chat_rooms_public ON chat_rooms (created_at, id) WHERE is_public AND deleted_at IS NULL;
CREATE INDEX chat_rooms_deleted_at ON chat_rooms (deleted_at) WHERE deleted_at IS NOT NULL;
-- Without these, and those on what else refers to users, to delete a user reads whole tables.
CREATE INDEX chat_rooms_owner_id ON chat_rooms (owner_id) WHERE owner_id IS NOT NULL;
CREATE INDEX chat_rooms_private_b ON chat_rooms (private_b) WHERE private_b IS NOT NULL;

-- hidden_number is the room's last_number when the member archived it. marked_unread is
-- the number from which on messages are unread although they have been read, and
-- marked_own how many of these are the member's own.
CREATE TABLE chat_room_users (
	room_id          text NOT NULL REFERENCES chat_rooms (id),
	user_id          {{.User}} NOT NULL{{.References}},
	permissions      bigint CHECK (permissions BETWEEN 0 AND 511),
	muted            boolean NOT NULL,
	muted_until      datetime,
	hidden_number    bigint CHECK (hidden_number >= 0),
	pinned           boolean NOT NULL,
	created_by       {{.User}}{{.References}},
	last_seen_at     datetime,
	last_read_number bigint NOT NULL,
	joined_number    bigint NOT NULL CHECK (joined_number >= 0),
	marked_unread    bigint CHECK (marked_unread >= 1),
	marked_own       bigint CHECK (marked_own >= 0),
	last_sent_at     datetime,
	created_at       datetime NOT NULL,
	PRIMARY KEY (room_id, user_id),
	-- What a member does not see is never unread.
	CONSTRAINT chat_room_users_read CHECK (last_read_number >= joined_number),
	CONSTRAINT chat_room_users_muted CHECK (muted OR muted_until IS NULL),
	CONSTRAINT chat_room_users_marked CHECK ((marked_unread IS NULL) = (marked_own IS NULL) AND marked_unread <= last_read_number
		AND marked_unread > joined_number)
) WITHOUT ROWID;
-- With all that sorts and leaves out rooms of an inbox: without it, to cut a page of a thousand
-- rooms reads as many pages of the table.
CREATE INDEX chat_room_users_user ON chat_room_users (user_id, room_id, pinned, hidden_number, muted, muted_until);
CREATE INDEX chat_room_users_created_by ON chat_room_users (created_by) WHERE created_by IS NOT NULL;

-- What outlives a membership: the permissions that the user lacked of the room's
-- default, and a ban.
CREATE TABLE chat_restrictions (
	room_id      text NOT NULL REFERENCES chat_rooms (id),
	user_id      {{.User}} NOT NULL{{.References}},
	denied       bigint NOT NULL CHECK (denied BETWEEN 0 AND 511),
	banned_at    datetime,
	banned_until datetime,
	banned_by    {{.User}}{{.References}},
	reason       text,
	PRIMARY KEY (room_id, user_id),
	CONSTRAINT chat_restrictions_something CHECK (denied <> 0 OR banned_at IS NOT NULL),
	CONSTRAINT chat_restrictions_ban CHECK ((banned_at IS NULL) = (reason IS NULL)
		AND (banned_at IS NOT NULL OR (banned_until IS NULL AND banned_by IS NULL)))
) WITHOUT ROWID;
CREATE INDEX chat_restrictions_user ON chat_restrictions (user_id);
CREATE INDEX chat_restrictions_banned_by ON chat_restrictions (banned_by) WHERE banned_by IS NOT NULL;

-- docid is what a full-text index refers to: unlike an implicit rowid, VACUUM keeps it.
-- words is what the index of messages keeps of a text. Without the index, in tombstones, and in
-- what was written by a program that does not know of the index, it is NULL.
CREATE TABLE chat_messages (
	docid       integer PRIMARY KEY,
	id          text NOT NULL UNIQUE,
	room_id     text NOT NULL REFERENCES chat_rooms (id),
	number      bigint NOT NULL CHECK (number >= 1),
	user_id     {{.User}}{{.References}},
	author_kind text NOT NULL CHECK (author_kind IN ('user', 'system', 'erased')),
	text        text NOT NULL,
	reply_to_id text REFERENCES chat_messages (id) ON DELETE SET NULL,
	client_id   text,
	input_hash  text CHECK (length(input_hash) = 32),
	metadata    text,
	created_at  datetime NOT NULL,
	edited_at   datetime,
	deleted_at  datetime,
	words       text,
	UNIQUE (room_id, number),
	CONSTRAINT chat_messages_author CHECK ((author_kind = 'user') = (user_id IS NOT NULL)),
	CONSTRAINT chat_messages_hashed CHECK ((client_id IS NULL) = (input_hash IS NULL)),
	CONSTRAINT chat_messages_erased CHECK (author_kind <> 'erased' OR client_id IS NULL)
);
CREATE INDEX chat_messages_user ON chat_messages (user_id, id) WHERE user_id IS NOT NULL;
-- The tombstones among a member's unread messages.
CREATE INDEX chat_messages_deleted ON chat_messages (room_id, number, user_id) WHERE deleted_at IS NOT NULL;
CREATE INDEX chat_messages_reply ON chat_messages (reply_to_id, number) WHERE reply_to_id IS NOT NULL;
CREATE UNIQUE INDEX chat_messages_client ON chat_messages (room_id, client_id, user_id) WHERE client_id IS NOT NULL;
CREATE UNIQUE INDEX chat_messages_system_client ON chat_messages (room_id, client_id) WHERE client_id IS NOT NULL AND author_kind = 'system';

CREATE TABLE chat_message_media (
	message_id text NOT NULL REFERENCES chat_messages (id),
	media_id   text NOT NULL UNIQUE REFERENCES chat_media (id),
	sequence   int NOT NULL CHECK (sequence >= 0),
	PRIMARY KEY (message_id, sequence)
);

CREATE TABLE chat_reactions (
	id         text NOT NULL PRIMARY KEY,
	message_id text NOT NULL REFERENCES chat_messages (id),
	user_id    {{.User}} NOT NULL{{.References}},
	reaction   text NOT NULL CHECK (reaction <> ''),
	created_at datetime NOT NULL,
	UNIQUE (message_id, user_id, reaction)
) WITHOUT ROWID;
CREATE INDEX chat_reactions_user ON chat_reactions (user_id, created_at);
CREATE INDEX chat_reactions_first ON chat_reactions (message_id, reaction, created_at, id, user_id);

-- Whom a message mentions: users in its author's order, and everybody in the room as one
-- row without a user. created_at is the message's. Users have no foreign key, for which a
-- send would wait for whoever holds a user's row: EraseUser removes theirs.
CREATE TABLE chat_mentions (
	room_id    text NOT NULL,
	number     bigint NOT NULL,
	sequence   int NOT NULL CHECK (sequence >= 0),
	user_id    {{.User}},
	created_at datetime NOT NULL,
	PRIMARY KEY (room_id, number, sequence),
	FOREIGN KEY (room_id, number) REFERENCES chat_messages (room_id, number)
) WITHOUT ROWID;
CREATE UNIQUE INDEX chat_mentions_user ON chat_mentions (user_id, room_id, number) WHERE user_id IS NOT NULL;
CREATE UNIQUE INDEX chat_mentions_room ON chat_mentions (room_id, number) WHERE user_id IS NULL;

CREATE TABLE chat_pins (
	message_id text NOT NULL PRIMARY KEY REFERENCES chat_messages (id),
	room_id    text NOT NULL REFERENCES chat_rooms (id),
	user_id    {{.User}}{{.References}},
	created_at datetime NOT NULL
) WITHOUT ROWID;
CREATE INDEX chat_pins_room ON chat_pins (room_id, created_at);
CREATE INDEX chat_pins_user ON chat_pins (user_id) WHERE user_id IS NOT NULL;

CREATE TABLE chat_events (
	id         integer PRIMARY KEY AUTOINCREMENT,
	room_id    text NOT NULL REFERENCES chat_rooms (id),
	seq        bigint NOT NULL CHECK (seq >= 1),
	kind       text NOT NULL,
	message_id text,
	user_id    {{.User}},
	actor_id   {{.User}},
	created_at datetime NOT NULL,
	UNIQUE (room_id, seq)
);

INSERT INTO chat_meta (key, value) VALUES
	('epoch', lower(hex(randomblob(16)))),
	('migration_hash', '{{.MigrationHash}}'),
	('user_id_type', '{{.UserType}}'),
	('users_table', '{{.UsersTable}}');
