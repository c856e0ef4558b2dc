import type { Readable, Store } from "df-chat-client";
import type { Language } from "./i18n";
import { authorOf, previewOf, titleOf } from "./names";
import type { Room } from "./types";

// watchUnread calls told with the sum of what is unread, each time it changes.
export function watchUnread(store: Store, told: (messages: number, mentions: number) => void): () => void {
  let last = "";
  const look = () => {
    const { unmuted } = store.unread.get(), now = `${unmuted.messages} ${unmuted.mentions}`;
    if (now !== last) told(unmuted.messages, unmuted.mentions);
    last = now;
  };
  look();
  return store.unread.subscribe(look);
}

// badgeTitle puts the number of unread messages before the title of the page.
export function badgeTitle(unread: number) {
  const plain = document.title.replace(/^\(\d+\+?\) /, "");
  const title = unread > 0 ? `(${unread > 99 ? "99+" : unread}) ${plain}` : plain;
  if (document.title !== title) document.title = title;
}

// notify shows the system's notifications of messages that come while nobody looks at the
// page, where the user has allowed them.
export function notify(store: Store, language: () => Language, me: Readable<{ id: string } | null>, open: (room: string) => void): () => void {
  const seen = new Map<string, number>();
  let begun = false;
  const look = () => {
    const fresh: Room[] = [];
    for (const entry of store.rooms.get()) {
      const room = entry.room as unknown as Room, before = seen.get(room.id);
      seen.set(room.id, room.last_number);
      if (begun && room.last_number > (before ?? 0) && room.unread > 0 && !room.muted && room.last_message?.user?.id !== me.get()?.id) fresh.push(room);
    }
    begun ||= store.loaded.get();
    if (!fresh.length || typeof Notification === "undefined" || Notification.permission !== "granted") return;
    if (document.visibilityState === "visible" && document.hasFocus()) return;
    for (const room of fresh.slice(0, 3)) show(room, language(), open);
  };
  look();
  return store.rooms.subscribe(look);
}

function show(room: Room, lang: Language, open: (room: string) => void) {
  const m = room.last_message;
  if (!m || m.deleted_at) return;
  const by = room.type === "private_messages" ? "" : `${authorOf(lang, m)}: `;
  try {
    // A tag of the message: each tab shows it, and the system only one.
    const shown = new Notification(titleOf(lang, room), { body: by + previewOf(lang, m).slice(0, 180), tag: m.id, ...(room.other?.avatar_url && { icon: room.other.avatar_url }) });
    shown.onclick = () => { window.focus(); open(room.id); shown.close(); };
  } catch {
    // Some phones let only service workers notify.
  }
}
