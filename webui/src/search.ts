import type { Chat } from "./context";
import type { Message, Room, User } from "./types";

// FoundMessage is a message, and where in its text the words are: from and to which characters, each of
// which may be two units of JavaScript's.
export interface FoundMessage { message: Message; matches: { start: number; end: number }[] }

// messageSearch returns a page of the messages with all the words of q.
export function messageSearch(chat: Chat, q: string, room?: string, cursor?: string, signal?: AbortSignal) {
  return chat.client.chatMessageSearch({ q, room, cursor, limit: 20 }, { signal, retries: 1 }) as unknown as Promise<{ items: FoundMessage[]; next: string | null }>;
}

// findUsers asks the host's directory or, where there is none, looks among whom one has in
// rooms of two.
export async function findUsers(chat: Chat, q: string, signal?: AbortSignal): Promise<User[]> {
  if (chat.server.directory) {
    const page = await (chat.client.userList as (p: object, o?: object) => Promise<{ items: User[] }>)({ q }, { signal, retries: 1 });
    return page.items;
  }
  const words = q.toLocaleLowerCase(), known = new Map<string, User>();
  for (const { room } of chat.store.rooms.get()) {
    const { other, last_message } = room as unknown as Room;
    for (const user of [other, last_message?.user]) if (user && user.id !== chat.me?.id) known.set(user.id, user);
  }
  return [...known.values()].filter((u) => (u.name ?? u.id).toLocaleLowerCase().includes(words));
}
