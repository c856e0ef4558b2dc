import type { RoomEntry } from "df-chat-client";
import { useEffect, useState } from "preact/hooks";
import { useChat, useReadable } from "../context";
import type { Room } from "../types";
import { List } from "./list";

// Archive lists the rooms that one has put away: the server does not list them with the others.
export function Archive({ current, menu }: { current: string | null; menu(entry: RoomEntry, at: Element | { x: number; y: number }): void }) {
  const { client, lang: { t }, attempt, store } = useChat();
  const entries = useReadable(store.rooms);
  const [rooms, setRooms] = useState<Room[] | null>(null);
  const [next, setNext] = useState<string | null>(null);
  const load = (cursor?: string) => attempt(async () => {
    const page = await (client.chatRoomList as (p: object) => Promise<{ items: unknown[]; next: string | null }>)({ hidden: true, cursor, limit: 50 });
    setRooms((had) => [...(cursor ? had ?? [] : []), ...page.items as Room[]]);
    setNext(page.next);
  });
  useEffect(() => { void load(); }, [entries.length]);
  if (!rooms) return <p class="none"><i class="spin" /></p>;
  if (rooms.length === 0) return <p class="none">{t("none_archived")}</p>;
  return <>
    <List entries={rooms.map((room) => ({ room: room as never, draft: null, waiting: 0, failed: 0, typing: [] }))} current={current} menu={menu} />
    {next && <button type="button" class="button" onClick={() => load(next)}>{t("more_results")}</button>}
  </>;
}
