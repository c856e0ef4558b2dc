import type { ID, Update } from "./api.js";
import type { Caller } from "./call.js";
import type { Problem } from "./problem.js";

/** `offline`: three attempts failed, or the browser says so; it is tried on. */
export type StreamStatus = "connecting" | "online" | "offline" | "signed_out" | "closed";

/** What a stream calls. Neither function may throw. */
export interface StreamHandler {
  /**
   * onUpdate gets each update: a hello first, and at each new connection; then of each room
   * every event once and in the order of seq. After a reset the rooms and messages are to be
   * read again. The cursor is where to go on from after this update.
   */
  onUpdate(update: Update, cursor: string): void;
  /** onStatus gets each change of the status. */
  onStatus?(status: StreamStatus, problem: Problem | null): void;
}

/** What stream takes. */
export interface StreamOptions extends StreamHandler {
  /** The cursor to go on from. Absent: from now on. */
  after?: string | undefined;
  /** The last seq that is known of rooms: what came after it is delivered. */
  seqs?: Iterable<readonly [ID, number]> | undefined;
  /**
   * share makes one connection serve all tabs that share the same name, which must
   * differ from user to user. Absent, or where the browser has no Web Locks: no sharing.
   */
  share?: string | undefined;
  /** In place of navigator.locks; null: no sharing. */
  locks?: LockManager | null | undefined;
  /** Closes the stream. */
  signal?: AbortSignal | undefined;
}

/** An open stream. */
export interface Stream {
  readonly status: StreamStatus;
  /** Where to go on from; undefined before the first update. */
  readonly cursor: string | undefined;
  /** Whether this tab has the connection, for others too. */
  readonly leader: boolean;
  /** wake connects at once where it waits to: there is a new token, or the page is back. */
  wake(): void;
  close(): void;
}

export function openStream(_caller: Caller, _options: StreamOptions): Stream {
  throw new Error("not yet");
}
