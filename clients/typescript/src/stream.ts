import type { ID, RoomEvents, RoomState, Update, Updates } from "./api.js";
import type { Caller } from "./call.js";
import { Connection, onWake } from "./connection.js";
import { Problem } from "./problem.js";
import { Sequence, type StreamUpdate } from "./sequence.js";
import { backoff, sleep } from "./time.js";

/** `offline`: three attempts failed, or the browser says so; it is tried on. */
export type StreamStatus = "connecting" | "online" | "offline" | "signed_out" | "closed";

/** What a stream calls. None of the functions may throw. */
export interface StreamHandler {
  /**
   * onUpdate gets each update: a hello first, and at each new connection; then of each room
   * every event once and in the order of seq. After a reset the rooms and messages are to be
   * read again, after a room_reset those of one room. The cursor is where to go on from after
   * this update.
   */
  onUpdate(update: StreamUpdate, cursor: string): void;
  /** onStatus gets each change of the status. */
  onStatus?(status: StreamStatus, problem: Problem | null): void;
  /** onCaughtUp is called when all that the last hello told of was delivered, with what it told. */
  onCaughtUp?(states: readonly RoomState[]): void;
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

/** What the tab that has the connection tells the others, and what they ask it. */
type TabMessage =
  | { type: "update"; update: Update; cursor: string; resumed: boolean }
  | { type: "status"; status: StreamStatus }
  | { type: "alive" }
  | { type: "lost" }
  | { type: "ask" };

// A tab that hears nothing for so long asks the server itself, in milliseconds.
const unheard = 60_000;
const aliveEach = 10_000;

/** openStream connects, in this tab or through the one that has the connection. */
export function openStream(caller: Caller, options: StreamOptions): Stream {
  return new SharedStream(caller, options);
}

class SharedStream implements Stream {
  status: StreamStatus = "connecting";
  leader = false;
  private readonly ended = new AbortController();
  private readonly sequence: Sequence;
  private readonly channel: BroadcastChannel | undefined;
  private connection: Connection | undefined;
  private heard = 0;
  private catching = false;
  private told = 0;
  private forgotten = false;

  constructor(private readonly caller: Caller, private readonly options: StreamOptions) {
    this.sequence = new Sequence({
      deliver: (update, cursor) => options.onUpdate(update, cursor),
      events: (room, after) => caller.call("roomEventList", { room, after, limit: 100 }, { signal: this.ended.signal }) as Promise<RoomEvents>,
      caughtUp: (states) => options.onCaughtUp?.(states),
    }, options.after, options.seqs ?? []);
    if (options.signal?.aborted) {
      this.close();
      return;
    }
    options.signal?.addEventListener("abort", () => this.close(), { once: true });
    const locks = options.locks === undefined ? globalThis.navigator?.locks : options.locks;
    if (options.share === undefined || !locks || typeof BroadcastChannel === "undefined") {
      void this.lead();
      return;
    }
    const name = "df-chat-stream:" + options.share;
    this.channel = new BroadcastChannel(name);
    this.channel.onmessage = (event: MessageEvent<TabMessage>) => this.hear(event.data);
    void this.follow();
    locks.request(name, { signal: this.ended.signal }, () => this.lead()).catch(() => undefined); // closed before it was granted
  }

  get cursor(): string | undefined {
    return this.sequence.cursor;
  }

  wake(): void {
    if (this.connection !== undefined) this.connection.wake();
    else void this.poll();
  }

  close(): void {
    if (this.ended.signal.aborted) return;
    this.ended.abort();
    this.sequence.end();
    this.channel?.close();
    this.become("closed", null);
  }

  // lead keeps the connection, for this tab and those that listen.
  private lead(): Promise<void> {
    if (this.ended.signal.aborted) return Promise.resolve();
    this.leader = this.sequence.authoritative = true;
    this.connection = new Connection(this.caller, {
      cursor: () => this.sequence.cursor,
      update: (update, cursor, resumed) => {
        this.tell({ type: "update", update, cursor, resumed });
        return this.receive(update, cursor, resumed);
      },
      lost: () => {
        this.sequence.cursor = undefined;
        this.forgotten = true;
        this.tell({ type: "lost" });
      },
      alive: () => {
        if (Date.now() - this.told > aliveEach) this.tell({ type: "alive" });
      },
      status: (status, problem) => {
        this.tell({ type: "status", status });
        this.become(status, problem);
      },
    }, this.ended.signal);
    return this.connection.run();
  }

  // A cursor that the server does not know is as good as a reset.
  private async receive(update: Update, cursor: string, resumed: boolean): Promise<void> {
    await this.sequence.push(update, cursor, resumed);
    if (this.forgotten && update.kind === "hello") {
      this.forgotten = false;
      await this.sequence.push({ kind: "reset", created_at: update.created_at }, cursor, resumed);
    }
  }

  // follow listens to the tab that has the connection, until this one gets it.
  private async follow(): Promise<void> {
    const off = onWake(() => {
      if (!this.leader) void this.poll();
    });
    this.tell({ type: "ask" });
    for (this.heard = 0; !this.ended.signal.aborted && !this.leader;) {
      if (Date.now() - this.heard > unheard) {
        this.heard = Date.now();
        await this.poll();
      }
      await sleep(1000, this.ended.signal).catch(() => undefined);
    }
    off();
  }

  private hear(message: TabMessage): void {
    if (message.type === "ask") {
      if (this.leader) this.tell({ type: "status", status: this.status });
      return;
    }
    if (this.leader) return;
    this.heard = Date.now();
    if (message.type === "status") this.become(message.status, null);
    if (message.type === "lost") this.forgotten = true;
    // What cannot be filled in now is found again by the next poll.
    if (message.type === "update") this.receive(message.update, message.cursor, message.resumed).catch(() => (this.heard = 0));
  }

  // poll gets what this tab has not heard.
  private async poll(): Promise<void> {
    if (this.catching) return;
    this.catching = true;
    try {
      for (let more = true; more && !this.ended.signal.aborted && !this.leader;) {
        const after = this.sequence.cursor;
        const page = await this.caller.call("eventPoll", { after }, { signal: this.ended.signal }) as Updates;
        for (const [i, update] of page.updates.entries()) {
          await this.receive(update, i === page.updates.length - 1 ? page.cursor : "", after !== undefined);
        }
        more = after !== undefined && page.updates.length > 1;
      }
      if (this.status === "connecting" && !this.leader) this.become("online", null);
    } catch (error) {
      await this.refused(error);
    } finally {
      this.catching = false;
    }
  }

  private async refused(error: unknown): Promise<void> {
    if (!(error instanceof Problem) || this.leader || this.ended.signal.aborted) return;
    if (error.status === 400 && this.sequence.cursor !== undefined) {
      this.sequence.cursor = undefined;
      this.forgotten = true;
      this.heard = 0;
    } else if (error.status === 401) {
      this.become("signed_out", error);
    } else {
      await sleep(backoff(2), this.ended.signal).catch(() => undefined);
      this.heard = 0;
    }
  }

  private tell(message: TabMessage): void {
    if (this.channel === undefined || this.ended.signal.aborted) return;
    this.told = Date.now();
    this.channel.postMessage(message);
  }

  private become(status: StreamStatus, problem: Problem | null): void {
    if (this.status === status || this.status === "closed") return;
    this.status = status;
    this.options.onStatus?.(status, problem);
  }
}
