import type { ID, Message, MessageHead, Room } from "./api.js";
import { headOf } from "./merge.js";
import type { OutboxEntry, Outgoing, UnreadTotals } from "./store_types.js";

/** writeOf returns an entry of the outbox for a message. */
export function writeOf(room: ID, message: Outgoing, id: string, order: number): OutboxEntry {
  const answered = message.reply_to ?? null;
  return {
    id, room_id: room, order, text: message.text ?? "",
    files: (message.files ?? []).map((file) => {
      const { blob, width, height } = "blob" in file ? file : { blob: file, width: null, height: null };
      return { name: (blob as Partial<File>).name ?? "", type: blob.type, size: blob.size, blob, width, height, sent: 0, media: null };
    }),
    reply_to: answered === null ? null : isMessage(answered) ? headOf(answered) : answered,
    fields: { ...message.fields, ...(message.metadata == null ? {} : { metadata: message.metadata }) },
    created_at: new Date().toISOString(), state: "waiting", problem: null,
  };
}

function isMessage(one: Message | MessageHead): one is Message {
  return "room_id" in one;
}

/** totals returns what is unread in some rooms. */
export function totals(rooms: readonly Room[]): UnreadTotals {
  const of = (some: readonly Room[]) => {
    const unread = some.filter((room) => room.unread > 0);
    return {
      messages: unread.reduce((sum, room) => sum + room.unread, 0), rooms: unread.length,
      mentions: some.reduce((sum, room) => sum + mentionsIn(room), 0),
    };
  };
  return { ...of(rooms), unmuted: of(rooms.filter((room) => !room.muted)) };
}

// Servers before mentions do not count them.
function mentionsIn(room: Room): number {
  return (room as { mention_count?: number }).mention_count ?? 0;
}
