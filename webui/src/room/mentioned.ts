import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import { useChat } from "../context";
import type { Message, Room } from "../types";

const most = 50; // mentions that are looked through

export interface Mentioned { numbers: readonly number[]; saw(shows: (number: number) => boolean): void }

// useMentioned returns the messages of a room that mention one and have not been on the screen,
// since what was unread when one came: opening a room reads it.
export function useMentioned(room: Room | null, messages: readonly Message[]): Mentioned {
  const chat = useChat(), me = chat.me?.id;
  const [numbers, set] = useState<readonly number[]>([]);
  const asked = useRef(false), newest = useRef<number | null>(null), now = useRef(numbers);
  now.current = numbers;
  const add = (found: readonly number[]) => { if (found.length) set((old) => [...new Set([...old, ...found])].sort((a, b) => a - b)); };
  if (room && newest.current === null) newest.current = room.last_number;
  useEffect(() => {
    if (!room || asked.current) return;
    asked.current = true;
    const { id, last_read_number: read } = room;
    if (!room.mention_count) return;
    chat.client.chatMentionList({ limit: most }).then(({ items }) => add(items.map((hit) => hit.message).filter((m) => m.room_id === id && m.number > read).map((m) => m.number)), () => {});
  }, [room !== null]);
  useEffect(() => {
    const fresh = messages.filter((m) => m.number > (newest.current ?? Infinity));
    if (fresh.length === 0) return;
    newest.current = fresh.at(-1)!.number;
    add(fresh.filter((m) => m.user?.id !== me && !m.deleted_at && (m.mention_room || m.mentions?.some((u) => u.id === me))).map((m) => m.number));
  }, [messages]);
  const saw = useCallback((shows: (number: number) => boolean) => {
    if (now.current.some(shows)) set(now.current.filter((n) => !shows(n)));
  }, []);
  return { numbers, saw };
}
