package schema_test

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"gorm.io/gorm"
)

// forbiddenWrites each break one rule that the database keeps.
func forbiddenWrites() []rawWrite {
	return slices.Concat(forbiddenRooms(), forbiddenMembers(), forbiddenRestrictions(), forbiddenMessages(), forbiddenReferences())
}

func forbiddenRooms() []rawWrite {
	all := []rawWrite{
		{"a second room of a pair", rawPrivate(values{"private_a": aliceID, "private_b": bobID})},
		{"a pair in the reversed order", rawPrivate(values{"private_a": daveID, "private_b": carolID})},
		{"a pair of one", rawPrivate(values{"private_a": carolID, "private_b": carolID})},
		{"half a pair", rawPrivate(values{"private_b": nil})},
		{"the other half of a pair", rawPrivate(values{"private_a": nil})},
		{"a pair reversed later", rawExec("UPDATE chat_rooms SET private_a = private_b, private_b = private_a WHERE id = ?", thePrivate)},
		{"half a pair later", rawExec("UPDATE chat_rooms SET private_a = NULL WHERE id = ?", thePrivate)},
		{"a group with a pair", rawInsert("chat_rooms", values{"private_a": carolID, "private_b": daveID})},
		{"a private room with an owner", rawPrivate(values{"owner_id": aliceID})},
		{"a private room that is public", rawPrivate(values{"is_public": true})},
		{"a private room made public", rawExec("UPDATE chat_rooms SET is_public = ? WHERE id = ?", func(*rawScene) any { return true }, thePrivate)},
		{"a private room given an owner", rawExec("UPDATE chat_rooms SET owner_id = ? WHERE id = ?", aliceID, thePrivate)},
		{"a living group without an owner", rawInsert("chat_rooms", values{"owner_id": nil})},
		{"an ownerless group with an owner", rawInsert("chat_rooms", values{"ownerless": true})},
		{"an ownerless group that loses that", rawExec("UPDATE chat_rooms SET ownerless = NULL WHERE id = ?", theGroup)},
		{"an ownerless private room", rawPrivate(values{"ownerless": true})},
		{"a private room with a key", rawPrivate(values{"key": "k"})},
		{"a deleted room with a key", rawExec("UPDATE chat_rooms SET key = 'k' WHERE id = ?", theDeleted)},
		{"a key of two rooms", func(s *rawScene, tx *gorm.DB) error {
			if err := rawExec("UPDATE chat_rooms SET key = 'k' WHERE id = ?", theGroup)(s, tx); err != nil {
				return fmt.Errorf("the first of them: %w", errors.New(err.Error()))
			}
			return rawExec("UPDATE chat_rooms SET key = 'k' WHERE id = ?", theChannel)(s, tx)
		}},
		{"an empty key", rawInsert("chat_rooms", values{"key": ""})},
		{"a key of 256 bytes", rawInsert("chat_rooms", values{"key": strings.Repeat("ü", 128)})},
		{"a group that loses its owner", rawExec("UPDATE chat_rooms SET owner_id = NULL WHERE id = ?", theGroup)},
		{"a channel that loses its owner", rawExec("UPDATE chat_rooms SET owner_id = NULL WHERE id = ?", theChannel)},
		{"a deleted group with an owner", rawExec("UPDATE chat_rooms SET owner_id = ? WHERE id = ?", bobID, theDeleted)},
		{"a group deleted with its owner", rawExec("UPDATE chat_rooms SET deleted_at = created_at WHERE id = ?", theGroup)},
		{"a private room deleted with its pair", rawExec("UPDATE chat_rooms SET deleted_at = created_at WHERE id = ?", thePrivate)},
		{"a deleted room with members", rawExec("UPDATE chat_rooms SET member_count = 1 WHERE id = ?", theDeleted)},
		{"an owner who is not counted", rawExec("UPDATE chat_rooms SET member_count = 0 WHERE id = ?", theGroup)},
		{"a private room of three", rawExec("UPDATE chat_rooms SET member_count = 3 WHERE id = ?", thePrivate)},
		{"a private room without a history", rawPrivate(values{"history_visibility": "joined"})},
		{"a deleted room with an avatar", rawExec("UPDATE chat_rooms SET avatar_id = ? WHERE id = ?", theFree, theDeleted)},
		{"an owner who is no member", rawExec("UPDATE chat_rooms SET owner_id = ? WHERE id = ?", daveID, theGroup)},
		{"an owner who leaves", rawExec("DELETE FROM chat_room_users WHERE room_id = ? AND user_id = ?", theGroup, aliceID)},
		{"an owner who becomes another", rawExec("UPDATE chat_room_users SET user_id = ? WHERE room_id = ? AND user_id = ?", daveID, theGroup, aliceID)},
		{"one avatar of two rooms", func(s *rawScene, tx *gorm.DB) error {
			err := rawExec("UPDATE chat_rooms SET avatar_id = ? WHERE id = ?", theFree, theGroup)(s, tx)
			if err != nil {
				return fmt.Errorf("the first of them: %w", errors.New(err.Error()))
			}
			return rawExec("UPDATE chat_rooms SET avatar_id = ? WHERE id = ?", theFree, theChannel)(s, tx)
		}},
		{"a room's id twice", rawInsert("chat_rooms", values{"id": theGroup})},
	}
	for column, wrong := range map[string][]any{
		"type": {"club", "", nil, "Group"}, "default_permissions": {-1, 512, nil}, "last_seq": {-1, nil}, "last_number": {-1, nil},
		"history_visibility": {nil, "", "shared"}, "member_count": {nil, -1}, "name": {nil}, "description": {nil}, "is_public": {nil}, "created_at": {nil}, "updated_at": {nil},
	} {
		for _, value := range wrong {
			all = append(all, rawWrite{fmt.Sprintf("a room with %s %v", column, value), rawInsert("chat_rooms", values{column: value})})
		}
	}
	return all
}

// noBan is a restriction that is no ban, with some columns changed.
func noBan(changes values) values {
	row := values{"banned_at": nil, "banned_until": nil, "banned_by": nil, "reason": nil}
	maps.Copy(row, changes)
	return row
}

func forbiddenRestrictions() []rawWrite {
	all := []rawWrite{
		{"a restriction twice", func(s *rawScene, tx *gorm.DB) error {
			if err := rawInsert("chat_restrictions", nil)(s, tx); err != nil {
				return fmt.Errorf("the first of them: %w", errors.New(err.Error()))
			}
			return rawInsert("chat_restrictions", noBan(nil))(s, tx)
		}},
		{"a restriction of nothing", rawInsert("chat_restrictions", noBan(values{"denied": 0}))},
		{"an end of no ban", rawInsert("chat_restrictions", noBan(values{"banned_until": time.Now()}))},
		{"somebody who banned nobody", rawInsert("chat_restrictions", noBan(values{"banned_by": aliceID}))},
		{"a reason of no ban", rawInsert("chat_restrictions", noBan(values{"reason": "spam"}))},
		{"a ban without a beginning", rawInsert("chat_restrictions", values{"banned_at": nil})},
	}
	for column, wrong := range map[string][]any{
		"denied": {-1, 512, nil}, "reason": {nil}, "room_id": {nil}, "user_id": {nil},
	} {
		for _, value := range wrong {
			all = append(all, rawWrite{fmt.Sprintf("a restriction with %s %v", column, value), rawInsert("chat_restrictions", values{column: value})})
		}
	}
	return all
}

func forbiddenMembers() []rawWrite {
	all := []rawWrite{
		{"unread messages that are not seen", rawInsert("chat_room_users", values{"joined_number": 2, "last_read_number": 1})},
		{"a membership twice", rawInsert("chat_room_users", values{"user_id": bobID})},
		{"a mark after the read marker", rawInsert("chat_room_users", values{"last_read_number": 2, "marked_unread": 3, "marked_own": 0})},
		{"a mark from 0", rawInsert("chat_room_users", values{"last_read_number": 2, "marked_unread": 0, "marked_own": 0})},
		{"a mark with less than none of one's own", rawInsert("chat_room_users", values{"last_read_number": 2, "marked_unread": 1, "marked_own": -1})},
		{"a reaction twice", rawInsert("chat_reactions", values{"reaction": "👍"})},
		{"a reaction's id twice", rawInsert("chat_reactions", values{"id": theReaction})},
	}
	for column, wrong := range map[string][]any{
		"permissions": {-1, 512}, "last_read_number": {-1, nil}, "joined_number": {-1, nil}, "muted": {nil}, "muted_until": {time.Now()}, "hidden_number": {-1},
		"pinned": {nil}, "marked_unread": {1}, "marked_own": {0}, "room_id": {nil}, "user_id": {nil}, "created_at": {nil},
	} {
		for _, value := range wrong {
			all = append(all, rawWrite{fmt.Sprintf("a member with %s %v", column, value), rawInsert("chat_room_users", values{column: value})})
		}
	}
	for column, wrong := range map[string][]any{"reaction": {"", nil}, "message_id": {nil}, "user_id": {nil}, "created_at": {nil}} {
		for _, value := range wrong {
			all = append(all, rawWrite{fmt.Sprintf("a reaction with %s %v", column, value), rawInsert("chat_reactions", values{column: value})})
		}
	}
	return all
}

func forbiddenMessages() []rawWrite {
	all := []rawWrite{
		{"a number twice", rawInsert("chat_messages", values{"number": 2})},
		{"a message's id twice", rawInsert("chat_messages", values{"id": theMessage})},
		{"a client id twice", rawInsert("chat_messages", values{"client_id": "c"})},
		{"a client id of System's twice", rawInsert("chat_messages", values{"client_id": "c", "user_id": nil, "author_kind": "system"})},
		{"a user's message without its author", rawInsert("chat_messages", values{"user_id": nil})},
		{"an author of System's message", rawInsert("chat_messages", values{"author_kind": "system"})},
		{"an author of an erased user's message", rawInsert("chat_messages", values{"author_kind": "erased", "client_id": nil, "input_hash": nil})},
		{"a client id of an erased author", rawInsert("chat_messages", values{"user_id": nil, "author_kind": "erased"})},
		{"a client id without a hash", rawInsert("chat_messages", values{"input_hash": nil})},
		{"a hash without a client id", rawInsert("chat_messages", values{"client_id": nil})},
		{"an author taken from a message", rawExec("UPDATE chat_messages SET user_id = NULL WHERE id = ?", theMessage)},
		{"a hash taken from a message", rawExec("UPDATE chat_messages SET input_hash = NULL WHERE id = ?", theMessage)},
		{"a seq twice", rawInsert("chat_events", values{"seq": 1})},
		{"a medium in two messages", rawInsert("chat_message_media", values{"message_id": theSystem, "media_id": theBound})},
		{"a medium twice in a message", rawInsert("chat_message_media", values{"media_id": theBound})},
		{"two media in one place", rawInsert("chat_message_media", values{"sequence": 0})},
		{"a medium before the first", rawInsert("chat_message_media", values{"sequence": -1})},
		{"a user mentioned twice", rawInsert("chat_mentions", values{"user_id": bobID})},
		{"everybody mentioned twice", rawInsert("chat_mentions", values{"user_id": nil})},
		{"two mentions in one place", rawInsert("chat_mentions", values{"sequence": 0})},
		{"a mention before the first", rawInsert("chat_mentions", values{"sequence": -1})},
		{"a mention in another room", rawInsert("chat_mentions", values{"room_id": theChannel})},
		{"a mention in no message", rawInsert("chat_mentions", values{"number": 7})},
		{"a message pinned twice", rawInsert("chat_pins", values{"message_id": theMessage})},
		{"a pause of less than nothing", rawExec("UPDATE chat_rooms SET slow_mode = -1 WHERE id = ?", theGroup)},
		{"a pause of more than six hours", rawExec("UPDATE chat_rooms SET slow_mode = 21601 WHERE id = ?", theGroup)},
		{"a medium's id twice", rawInsert("chat_media", values{"id": theFree})},
		{"a store's key twice", rawExec("UPDATE chat_media SET key = (SELECT key FROM chat_media WHERE id = ?) WHERE id = ?", theBound, theFree)},
		{"a thumbnail's key twice", rawExec("UPDATE chat_media SET thumbnail_key = 't' WHERE id IN (?, ?)", theBound, theFree)},
	}
	for table, columns := range map[string]map[string][]any{
		"chat_messages": {"number": {0, -1, nil}, "room_id": {nil}, "text": {nil}, "created_at": {nil}, "author_kind": {nil, "", "host", "User"}, "input_hash": {"", "0"}},
		"chat_media": {
			"state": {"lost", "", nil}, "size": {-1, nil}, "key": {nil}, "file_name": {nil}, "content_type": {nil}, "sha256": {nil}, "created_at": {nil},
		},
		"chat_events":        {"seq": {0, nil}, "kind": {nil}, "room_id": {nil}, "created_at": {nil}},
		"chat_message_media": {"message_id": {nil}, "media_id": {nil}, "sequence": {nil}},
		"chat_mentions":      {"room_id": {nil}, "number": {nil}, "sequence": {nil}, "created_at": {nil}},
		"chat_pins":          {"message_id": {nil}, "room_id": {nil}, "created_at": {nil}},
	} {
		for column, wrong := range columns {
			for _, value := range wrong {
				all = append(all, rawWrite{fmt.Sprintf("%s with %s %v", table, column, value), rawInsert(table, values{column: value})})
			}
		}
	}
	return all
}

func forbiddenReferences() (all []rawWrite) {
	for table, columns := range map[string][]string{
		"chat_rooms": {"avatar_id"}, "chat_room_users": {"room_id"}, "chat_restrictions": {"room_id"}, "chat_messages": {"room_id", "reply_to_id"},
		"chat_message_media": {"message_id", "media_id"}, "chat_reactions": {"message_id"}, "chat_events": {"room_id"}, "chat_mentions": {"room_id"},
		"chat_pins": {"message_id", "room_id"},
	} {
		for _, column := range columns {
			all = append(all, rawWrite{table + "." + column + " that dangles", rawInsert(table, values{column: nowhere})})
		}
	}
	for name, statement := range map[string]func(s *rawScene, tx *gorm.DB) error{
		"a room with members":      rawExec("DELETE FROM chat_rooms WHERE id = ?", theGroup),
		"a message with media":     rawExec("DELETE FROM chat_messages WHERE id = ?", theMessage),
		"a medium in a message":    rawExec("DELETE FROM chat_media WHERE id = ?", theBound),
		"a deleted room's members": rawExec("DELETE FROM chat_rooms WHERE id = ?", theDeleted),
	} {
		all = append(all, rawWrite{name + " deleted", statement})
	}
	return all
}

// forbiddenUsers hold where the host's table of users is named.
func forbiddenUsers() (all []rawWrite) {
	for table, columns := range map[string][]string{
		"chat_rooms": {"owner_id"}, "chat_room_users": {"user_id", "created_by"}, "chat_restrictions": {"user_id", "banned_by"}, "chat_messages": {"user_id"}, "chat_media": {"user_id"},
		"chat_reactions": {"user_id"}, "chat_pins": {"user_id"},
	} {
		for _, column := range columns {
			all = append(all, rawWrite{table + "." + column + " of nobody", rawInsert(table, values{column: noUser})})
		}
	}
	return append(all,
		rawWrite{"a private room with nobody", rawPrivate(values{"private_b": noUser})},
		rawWrite{"a user who owns rooms deleted", rawExec("DELETE FROM users WHERE id = ?", aliceID)},
		rawWrite{"a user who is a member deleted", rawExec("DELETE FROM users WHERE id = ?", bobID)},
		rawWrite{"a member's id changed", rawExec("UPDATE users SET id = ? WHERE id = ?", noUser, carolID)},
	)
}
