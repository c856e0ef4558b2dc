import type { ID, UserID } from "./api.js";
import type { Client } from "./client.js";
import type { Drafts } from "./drafts.js";
import type { Inbox } from "./inbox.js";
import type { KeptWindows } from "./kept_windows.js";
import type { Outbox } from "./outbox.js";
import type { Pace } from "./pace.js";
import type { Reads } from "./reads.js";
import type { Receipts } from "./receipts.js";
import type { Rooms } from "./rooms.js";
import type { OutboxEntry, Outgoing, RoomView } from "./store_types.js";
import type { Users } from "./users.js";

/** What a room needs of its store. */
export interface RoomHost {
  /** ready resolves when what was kept is known, and with it what waits to be sent. */
  readonly ready: Promise<void>;
  readonly client: Client;
  readonly users: Users;
  readonly list: Rooms;
  readonly inbox: Inbox;
  readonly drafts: Drafts;
  readonly reads: Reads;
  readonly pace: Pace;
  readonly receipts: Receipts;
  readonly windows: KeptWindows;
  readonly signal: AbortSignal;
  /** How many messages a page has, and a window at most. */
  readonly page: number;
  readonly most: number;
  me(): UserID | null;
  /** Null until it is known who is signed in. */
  outbox(): Outbox | null;
  gone(id: ID): boolean;
  /** clock orders responses and updates: see RoomWindow. */
  clock(): number;
  typing(id: ID): RoomView["typing"];
  sendTyping(id: ID): void;
  enqueue(id: ID, message: Outgoing): Promise<OutboxEntry>;
  onProblem(problem: unknown): void;
}
