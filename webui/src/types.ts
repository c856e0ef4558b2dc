// What the component reads of the API. Fields with a question mark are those that not every
// server has: what hangs on them is offered where they are there.

export interface User { id: string; name?: string; avatar_url?: string }
export type Permission = "can_add_users" | "can_remove_users" | "can_create_messages" | "can_delete_messages" | "can_delete_own_messages"
  | "can_edit_messages" | "can_edit_own_messages" | "can_edit_room" | "can_delete_room";
export const permissions: readonly Permission[] = ["can_create_messages", "can_edit_own_messages", "can_delete_own_messages", "can_add_users",
  "can_remove_users", "can_edit_messages", "can_delete_messages", "can_edit_room", "can_delete_room"];

export interface Media {
  id: string; kind?: "image" | "video" | "audio" | "file"; file_name: string; content_type: string; size: number; width: number | null; height: number | null;
  url: string; // "" of what an update told of, until its address is known
  thumbnail_url?: string | null;
}

// MediaHead is the first file of a message, where only that is shown.
export interface MediaHead { id: string; file_name: string; content_type: string; width: number | null; height: number | null; url: string; thumbnail_url?: string | null }

export interface Head {
  id: string; number: number; user: User | null; author_kind: "user" | "system" | "erased"; text: string; deleted_at: string | null;
  media_count: number; media_type?: string | null; media_id?: string | null; media?: MediaHead | null;
}

export interface Reaction { reaction: string; count: number; mine: string | null; users?: User[] }

export interface LastMessage {
  id: string; room_id: string; number: number; user: User | null; author_kind: "user" | "system" | "erased"; text: string;
  media?: Media[] | MediaHead | null; media_count?: number; media_type?: string | null; created_at: string; deleted_at: string | null;
}

export interface Message {
  id: string; room_id: string; number: number; user: User | null; author_kind: "user" | "system" | "erased"; text: string; media: Media[];
  client_id?: string | null; reply_to: Head | null; reply_to_id: string | null; reactions: Reaction[];
  created_at: string; edited_at: string | null; deleted_at: string | null;
  version?: string; mentions?: User[]; mention_room?: boolean; reply_count?: number;
}

export interface Room {
  id: string; type: "private_messages" | "group" | "channel"; name: string; description: string; avatar_url: string | null;
  avatar_thumbnail_url?: string | null; is_public: boolean; is_member: boolean; owner: User | null; other: (User & { last_seen_at?: string | null }) | null;
  default_permissions: Permission[]; my_permissions: Permission[]; muted: boolean; muted_until?: string | null; unread: number;
  mention_count?: number; last_read_number: number; last_number: number; last_seq: number; last_message_at: string | null; last_message?: LastMessage | null;
  member_count?: number; pinned?: boolean; hidden?: boolean; marked_unread?: number | null; slow_mode?: number;
  history_visibility?: "all" | "joined"; updated_at: string; created_at: string;
}

export interface Member {
  room_id: string; user: User; is_owner: boolean; permissions: Permission[] | null; effective_permissions: Permission[];
  last_seen_at: string | null; last_read_number: number; created_at: string;
}

export interface Ban { user: User; banned_by: User | null; reason: string; until: string | null; created_at: string }

// Pin is a message that is pinned in its room.
export interface Pin { message: Message; pinned_by: User | null; created_at: string }

// isUnread reports whether something in a room is unread, or marked as such.
export const isUnread = (room: Room) => room.unread > 0 || (room.marked_unread ?? null) !== null;
