import type {
  ID, Media, Message, MessageHead, Metadata, NewMessage, NewRoom, Reaction, Room, RoomPatch, RoomUser, RoomUserPatch, User, UserID,
} from "./api.js";
import type { Client } from "./client.js";
import type { Problem, StoredProblem } from "./problem.js";

/**
 * A value that changes: get returns the one of now, which is never changed itself, and
 * subscribe calls a listener after each change until what it returned is called.
 */
export interface Readable<T> {
  get(): T;
  subscribe(listener: () => void): () => void;
}

/**
 * Where the store stands with the server. `starting`: nothing is known yet. `connecting`: what
 * is shown may be old. `online`: it is not. `offline`: the browser, or three attempts, say that
 * there is no way through; it is tried on. `signed_out`: the server wants another token, see
 * Store.wake.
 */
export type Status = "starting" | "connecting" | "online" | "offline" | "signed_out" | "closed";

/** What openStore takes. */
export interface StoreOptions {
  /**
   * Who is signed in, as the host knows it. Absent: the server is asked, and while it cannot
   * be, who was signed in last in this browser is taken: then Store.clear must be called when a user
   * signs out.
   */
  user?: UserID | undefined;
  /** In place of the global indexedDB; null: nothing is kept. */
  indexedDB?: IDBFactory | null | undefined;
  /** In place of navigator.locks; null: each tab has a stream of its own. */
  locks?: LockManager | null | undefined;
  /** How many messages a room's window has at most. Defaults to 300. */
  window?: number | undefined;
  /** How many messages a page has. Defaults to 50. */
  page?: number | undefined;
  /** Is told of what went wrong in the background and is tried again, for a log. */
  onProblem?: ((problem: unknown) => void) | undefined;
}

/** What is written and not yet sent. */
export interface Draft {
  readonly text: string;
  /** The message that it answers. */
  readonly reply_to: MessageHead | null;
}

/** A file that is to be sent with a message. */
export interface OutboxFile {
  readonly name: string;
  readonly type: string;
  readonly size: number;
  readonly blob: Blob;
  /** Pixels, where they were given: see SizedFile. */
  readonly width: number | null;
  readonly height: number | null;
  /** Bytes that have left. */
  readonly sent: number;
  /** What it was stored as, once it was. */
  readonly media: Media | null;
}

/** A message that the server has not confirmed. Its id is the client id that it is sent with. */
export interface OutboxEntry {
  readonly id: string;
  readonly room_id: ID;
  /** The order in which the entries of a room are sent. */
  readonly order: number;
  readonly text: string;
  readonly files: readonly OutboxFile[];
  readonly reply_to: MessageHead | null;
  /** Other fields of the message: metadata and, where the server has them, mentions. */
  readonly fields: Omit<NewMessage, "text" | "media_ids" | "reply_to_id" | "client_id">;
  readonly created_at: string;
  /** `failed`: the server refused it, see problem; it stays until it is retried or discarded. */
  readonly state: "waiting" | "sending" | "failed";
  readonly problem: StoredProblem | null;
}

/** A picture or a film of which it is known how large it is shown, in pixels. */
export interface SizedFile {
  readonly blob: Blob | File;
  readonly width: number;
  readonly height: number;
}

/** What to send. */
export interface Outgoing {
  text?: string | undefined;
  files?: readonly (Blob | File | SizedFile)[] | undefined;
  reply_to?: Message | MessageHead | null | undefined;
  metadata?: Metadata | null | undefined;
  /** Other fields of NewMessage, such as mentions. */
  fields?: OutboxEntry["fields"] | undefined;
}

/** A room in the list. */
export interface RoomEntry {
  readonly room: Room;
  readonly draft: Draft | null;
  /** How many messages wait to be sent, and how many were refused. */
  readonly waiting: number;
  readonly failed: number;
  /** Who is writing, without oneself. */
  readonly typing: readonly User[];
}

/** What is unread in all rooms, as the list has it. */
export interface UnreadTotals {
  readonly messages: number;
  readonly rooms: number;
  readonly mentions: number;
  /** Without rooms that are muted. */
  readonly unmuted: { readonly messages: number; readonly rooms: number; readonly mentions: number };
}

/** A room that is open, with a window of its history. */
export interface RoomView {
  /** Null until it is known. */
  readonly room: Room | null;
  /** It was deleted, or one is no longer in it. */
  readonly gone: boolean;
  /**
   * Part of the history, ascending and without gaps, tombstones included. The media of a message
   * that an update told of have all but their addresses: `url` is "" until the server was asked.
   */
  readonly messages: readonly Message[];
  /** There are older ones before the window, newer ones after it. */
  readonly has_before: boolean;
  readonly has_after: boolean;
  /** One's own that are not sent yet, in their order: after the messages. */
  readonly outbox: readonly OutboxEntry[];
  /** What is being loaded; null: nothing. */
  readonly loading: "newest" | "before" | "after" | "around" | null;
  /** Why loading failed last; null since it did not. */
  readonly problem: Problem | null;
  readonly draft: Draft | null;
  readonly typing: readonly User[];
  /** When one may send again in a room in slow mode, by Date.now(); null: now. What is sent earlier waits. */
  readonly send_at: number | null;
  /** Null until loadMembers; then kept up to date. Only rooms of up to 100 members have them. */
  readonly members: readonly RoomUser[] | null;
  /** Up to which number others have read, as far as it is known. */
  readonly receipts: ReadonlyMap<UserID, number>;
}

/** One room of a store. Its promises throw a Problem when the server refuses. */
export interface RoomStore {
  readonly id: ID;
  readonly view: Readable<RoomView>;
  /**
   * open shows what is kept of the room at once, then the newest messages or those around a
   * number, and keeps them up to date. Call close once for each open.
   */
  open(around?: number): Promise<void>;
  close(): void;
  loadNewest(): Promise<void>;
  /** loadBefore adds a page of older messages; what is then too many goes at the other end. */
  loadBefore(): Promise<void>;
  loadAfter(): Promise<void>;
  /** loadAround shows the messages around a number in place of the window. */
  loadAround(number: number): Promise<void>;
  loadMembers(): Promise<void>;
  /** send keeps a message until it is sent: it resolves when it is kept. */
  send(message: Outgoing): Promise<OutboxEntry>;
  /** retry sends what failed again, after what waits by now. */
  retry(entry: string): Promise<void>;
  /** discard gives up what is not being sent. */
  discard(entry: string): Promise<void>;
  edit(message: ID, text: string): Promise<void>;
  remove(message: ID): Promise<void>;
  react(message: ID, reaction: string): Promise<Reaction>;
  unreact(message: ID, reaction: string): Promise<void>;
  /** markRead moves one's marker up to a number, or to the newest message. Offline it does so later. */
  markRead(number?: number): void;
  /** markUnread shows the messages from a number on as unread; how far one has read stays. */
  markUnread(number: number): Promise<void>;
  setDraft(draft: Draft | null): void;
  /** typing tells the others that one is writing: call it at each key, it is sent once in 3 seconds. */
  typing(): void;
  update(patch: RoomPatch): Promise<Room>;
  /** updateMember changes a member's permissions or, of "me", mute, pinned and hidden. */
  updateMember(user: UserID | "me", patch: RoomUserPatch): Promise<RoomUser>;
  leave(): Promise<void>;
}

/** A store keeps what one user sees, for one page or for all tabs of a browser. */
export interface Store {
  readonly client: Client;
  /** Resolves when what was kept is shown; it needs no network where the user is known. */
  readonly ready: Promise<void>;
  readonly status: Readable<Status>;
  readonly me: Readable<User | null>;
  /** One's rooms but archived ones, as the server sorts them: pinned first, then the newest message first. */
  readonly rooms: Readable<readonly RoomEntry[]>;
  /** Rooms that one archived, sorted in the same way. */
  readonly archived: Readable<readonly RoomEntry[]>;
  /** The list was read whole since it was opened, rather than from what was kept. */
  readonly loaded: Readable<boolean>;
  readonly unread: Readable<UnreadTotals>;
  /** user returns what is known of a user, and asks for it when it is nothing. */
  user(id: UserID): Readable<User>;
  room(id: ID): RoomStore;
  createRoom(room: NewRoom): Promise<Room>;
  openPrivate(user: UserID): Promise<Room>;
  join(room: ID): Promise<Room>;
  /** refresh reads the list of rooms again. */
  refresh(): Promise<void>;
  /** wake connects at once: call it when there is a new token, or to try again now. */
  wake(): void;
  close(): Promise<void>;
  /** clear closes the store and deletes all that it keeps, what is not sent included: for signing out. */
  clear(): Promise<void>;
}
