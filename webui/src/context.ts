import type { Client, Readable, Store, User } from "df-chat-client";
import { type ComponentChildren, createContext } from "preact";
import { useContext, useLayoutEffect, useReducer } from "preact/hooks";
import type { Language } from "./i18n";

// Server is what this server allows and has, as far as it says so.
export interface Server {
  search: boolean;
  uploads: boolean;
  directory: boolean;
  reactions: readonly string[] | null;
  textLength: number;
  files: number;
  fileSize: number;
}

// Chat is what all parts of the component share.
export interface Chat {
  store: Store;
  client: Client;
  lang: Language;
  me: User | null;
  server: Server;
  compact: boolean;
  // open shows a room, at a message where one is given; null: no room.
  open(room: string | null, number?: number): void;
  // show opens a dialog in place of the one before; null closes it.
  show(dialog: ComponentChildren | null): void;
  // say is for screen readers, toast for everybody.
  say(text: string): void;
  toast(text: string, action?: { label: string; run(): void }): void;
  // attempt runs something and, when it is refused, shows why in words. It reports whether it went well.
  attempt(run: () => Promise<unknown>): Promise<boolean>;
  // source returns where an <img> or <video> finds a file: a promise where it has to be fetched with the token.
  source(url: string): string | Promise<string>;
}

export const ChatContext = createContext<Chat>(null!);
export const useChat = () => useContext(ChatContext);

// useReadable draws a part again when a value of the store has changed.
export function useReadable<T>(readable: Readable<T>): T {
  const [, redraw] = useReducer((n: number) => n + 1, 0);
  const value = readable.get();
  useLayoutEffect(() => {
    if (readable.get() !== value) redraw(undefined as never);
    return readable.subscribe(() => redraw(undefined as never));
  }, [readable]);
  return value;
}
