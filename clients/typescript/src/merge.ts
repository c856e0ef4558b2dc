import type { Media, Message, MessageHead, Room, RoomUser, UpdatedMedia, UpdatedMember, UpdatedMessage, UpdatedRoom, User, UserID } from "./api.js";

/** What else is known, to complete an update with, which has ids of users and no addresses of media. */
export interface Known {
  user(id: UserID): User;
  head(message: string): MessageHead | undefined;
}

/**
 * mergeMessage returns a message as an update has it, with what is known of it already, and
 * whether something is missing that only the server has.
 */
export function mergeMessage(known: Message | undefined, update: UpdatedMessage, from: Known): { message: Message; partial: boolean } {
  const { user_id, media: shown, reactions, mentions, reply_to_number: _, ...same } = update;
  const files = new Map(known?.media.map((one) => [one.id, one]));
  const media = shown.map((one) => files.get(one.id) ?? placeOf(one));
  const mine = new Map(known?.reactions.map((one) => [one.reaction, one.mine]));
  let replyTo: MessageHead | null = null;
  if (update.reply_to_id !== null) replyTo = from.head(update.reply_to_id) ?? (known?.reply_to?.id === update.reply_to_id ? known.reply_to : null);
  const message: Message = {
    ...known, ...same, media,
    user: user_id === null ? null : from.user(user_id),
    reactions: reactions.map(({ user_ids, ...one }) => ({ ...one, mine: mine.get(one.reaction) ?? null, users: user_ids.map((id) => from.user(id)) })),
    reply_to: replyTo,
    mentions: mentions.map((id) => from.user(id)),
  };
  const partial = media.some((one) => one.url === "") || update.reply_to_id !== null && replyTo === null;
  return { message, partial };
}

// placeOf returns a file by what an update tells of it: where its content is only the server knows.
function placeOf(update: UpdatedMedia): Media {
  return { ...update, sha256: "", url: "", thumbnail_url: null, created_at: "" };
}

/** withUser returns a message with what is known of a user, wherever it shows them; the same where it does not. */
export function withUser(message: Message, user: User): Message {
  const { mentions, reactions, reply_to } = message;
  const other = (one: User | null | undefined) => one?.id === user.id && one !== user;
  if (![message.user, reply_to?.user, ...mentions, ...reactions.flatMap((one) => one.users)].some(other)) return message;
  const put = <T extends User | null>(one: T) => other(one) ? user : one;
  return {
    ...message, user: put(message.user), reply_to: reply_to && { ...reply_to, user: put(reply_to.user) },
    mentions: mentions.map(put), reactions: reactions.map((one) => ({ ...one, users: one.users.map(put) })),
  };
}

/** headOf returns what replies show of a message. */
export function headOf(message: Message): MessageHead {
  return {
    id: message.id, number: message.number, user: message.user, author_kind: message.author_kind, text: message.text,
    media: message.media[0] ?? null, media_count: message.media.length, metadata: message.metadata,
    created_at: message.created_at, edited_at: message.edited_at, deleted_at: message.deleted_at,
  };
}

/** lastOf returns what the list of rooms shows of a message, and whether files are missing. */
export function lastOf(room: Room, update: UpdatedMessage, user: (id: UserID) => User): { last: MessageHead; partial: boolean } {
  const known = room.last_message?.id === update.id ? room.last_message : undefined;
  const first = update.media[0];
  const media = first === undefined ? null : known?.media?.id === first.id ? known.media : placeOf(first);
  const last: MessageHead = {
    id: update.id, number: update.number, user: update.user_id === null ? null : user(update.user_id), author_kind: update.author_kind,
    text: update.text, media, media_count: update.media.length, metadata: update.metadata,
    created_at: update.created_at, edited_at: update.edited_at, deleted_at: update.deleted_at,
  };
  return { last, partial: media !== null && media.url === "" };
}

/** mergeRoom returns a room as an update has it, and whether only the server knows the rest. */
export function mergeRoom(known: Room, update: UpdatedRoom): { room: Room; partial: boolean } {
  const { owner_id, ...same } = update;
  const partial = update.avatar_id !== known.avatar_id || owner_id !== (known.owner?.id ?? null)
    || update.default_permissions.join() !== known.default_permissions.join();
  return { room: { ...known, ...same }, partial };
}

/** mergeMember returns a member as an update has them. */
export function mergeMember(known: RoomUser | undefined, update: UpdatedMember, from: Known): RoomUser {
  const { user_id, created_by, ...same } = update;
  return {
    last_seen_at: null, last_read_number: 0, ...known, ...same,
    user: from.user(user_id), created_by: created_by === null ? null : from.user(created_by),
  };
}

/** byActivity sorts rooms as the server does: the newest message first. */
export function byActivity(a: Room, b: Room): number {
  const at = a.last_message_at ?? a.created_at, bt = b.last_message_at ?? b.created_at;
  return compareTimes(bt, at) || (a.id < b.id ? 1 : -1);
}

/** asListed sorts rooms as the server does: pinned ones first, then the newest message first. */
export function asListed(a: Room, b: Room): number {
  if (a.pinned !== b.pinned) return a.pinned ? -1 : 1;
  const at = a.last_message_at ?? a.created_at, bt = b.last_message_at ?? b.created_at;
  return compareTimes(bt, at) || (a.id < b.id ? 1 : -1);
}

/** compareTimes compares two times in UTC, whatever the number of digits. */
export function compareTimes(a: string, b: string): number {
  const x = padded(a), y = padded(b);
  return x < y ? -1 : x > y ? 1 : 0;
}

function padded(time: string): string {
  const [seconds, digits] = time.replace("Z", "").split(".");
  return seconds + "." + (digits ?? "").padEnd(9, "0");
}
