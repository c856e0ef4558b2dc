import type { ID, RoomEvents, RoomState, Timestamp, Update, UpdateHello } from "./api.js";
import { Problem } from "./problem.js";

/** What a stream adds to the updates of the server. */
export interface UpdateRoomReset {
  /** Events of the room are no longer kept: the room and its messages are to be read again. */
  kind: "room_reset";
  room_id: ID;
  seq: number;
  created_at: Timestamp;
}

export type StreamUpdate = Update | UpdateRoomReset;

/** Where a sequence delivers to, and where it gets what is missing. */
export interface SequenceHost {
  deliver(update: StreamUpdate, cursor: string): void;
  /** events returns a page of the events of a room after a seq. */
  events(room: ID, after: number): Promise<RoomEvents>;
  /** caughtUp is called when all that the last hello told of was delivered. */
  caughtUp(states: readonly RoomState[]): void;
}

// For so long nothing comes, in milliseconds, before a backlog is taken to be at its end.
const quiet = 1000;

/**
 * Sequence makes of what connections deliver each event of each room once and in order: it
 * drops repeats by seq, and gets what is missing.
 */
export class Sequence {
  private readonly seqs: Map<ID, number>;
  private promised: readonly RoomState[] = [];
  private timer: ReturnType<typeof setTimeout> | undefined;
  private tail: Promise<void> = Promise.resolve();
  private ended = false;
  cursor: string | undefined;
  /**
   * Set where hellos are as new as what came before them: in the tab that has the connection. In
   * others a poll may be ahead of what that tab tells.
   */
  authoritative = false;

  constructor(private readonly host: SequenceHost, after: string | undefined, seqs: Iterable<readonly [ID, number]>) {
    this.cursor = after;
    this.seqs = new Map(seqs);
  }

  /** push takes an update in; it rejects when something missing cannot be had at present. */
  push(update: Update, cursor: string, resumed: boolean): Promise<void> {
    return this.queue(() => this.take(update, cursor, resumed));
  }

  /** catchUp gets all that the last hello told of and the connection did not deliver. */
  catchUp(): Promise<void> {
    return this.queue(async () => {
      clearTimeout(this.timer);
      const states = this.promised;
      for (const state of states) {
        const known = this.seqs.get(state.room_id);
        if (known === undefined) this.seqs.set(state.room_id, state.seq);
        else if (known < state.seq) await this.fill(state.room_id, state.seq, "");
      }
      this.promised = [];
      if (states.length > 0 && !this.ended) this.host.caughtUp(states);
    });
  }

  end(): void {
    this.ended = true;
    clearTimeout(this.timer);
  }

  private queue(work: () => Promise<void>): Promise<void> {
    const done = this.tail.then(() => this.ended ? undefined : work());
    this.tail = done.catch(() => undefined);
    return done;
  }

  private async take(update: Update, cursor: string, resumed: boolean): Promise<void> {
    switch (update.kind) {
      case "hello":
        this.hello(update, cursor, resumed);
        break;
      case "reset":
        for (const state of this.promised) this.seqs.set(state.room_id, state.seq);
        this.deliver(update, cursor);
        break;
      case "room_state":
        for (const state of update.rooms) this.seqs.set(state.room_id, Math.max(state.seq, this.seqs.get(state.room_id) ?? 0));
        this.deliver(update, cursor);
        break;
      default:
        await this.event(update, cursor);
    }
    if (this.promised.length > 0) {
      clearTimeout(this.timer);
      this.timer = setTimeout(() => this.later(quiet), quiet);
    }
  }

  // What cannot be had at present is asked for again, as long as no hello tells of more.
  private later(wait: number): void {
    this.catchUp().catch(() => {
      clearTimeout(this.timer);
      const next = Math.min(2 * wait, 60_000);
      if (!this.ended) this.timer = setTimeout(() => this.later(next), next);
    });
  }

  // After a cursor the events that are missing are about to come; without one they never do.
  private hello(update: UpdateHello, cursor: string, resumed: boolean): void {
    const there = new Set<ID>();
    for (const state of update.rooms) {
      there.add(state.room_id);
      const known = this.seqs.get(state.room_id);
      if (known === undefined && !resumed) this.seqs.set(state.room_id, state.seq);
      if (known !== undefined && known > state.seq && this.authoritative) { // the log is another one
        this.seqs.set(state.room_id, state.seq);
        this.deliver({ kind: "room_reset", room_id: state.room_id, seq: state.seq, created_at: update.created_at }, cursor);
      }
    }
    for (const room of [...this.seqs.keys()]) if (!there.has(room)) this.seqs.delete(room);
    this.promised = update.rooms;
    this.deliver(update, cursor);
  }

  private async event(update: Update, cursor: string): Promise<void> {
    if (!("seq" in update) || update.seq === undefined) return this.deliver(update, cursor);
    const { room_id: room, seq } = update;
    const known = this.seqs.get(room);
    if (known !== undefined && seq <= known) {
      return this.moveTo(cursor);
    }
    if (known !== undefined && seq > known + 1) await this.fill(room, seq - 1, "");
    if (seq <= (this.seqs.get(room) ?? 0)) { // the page had it already
      return this.moveTo(cursor);
    }
    this.seqs.set(room, seq);
    this.deliver(update, cursor);
  }

  // fill delivers the events of a room up to a seq.
  private async fill(room: ID, upTo: number, cursor: string): Promise<void> {
    for (;;) {
      const after = this.seqs.get(room) ?? 0;
      if (after >= upTo || this.ended) return;
      let page: RoomEvents;
      try {
        page = await this.host.events(room, after);
      } catch (error) {
        if (!(error instanceof Problem) || error.status !== 403 && error.status !== 404) throw error;
        this.seqs.set(room, upTo); // one is no longer there: nothing more is to be had
        return;
      }
      if (page.reset || page.items.length === 0) {
        this.seqs.set(room, upTo);
        this.deliver({ kind: "room_reset", room_id: room, seq: upTo, created_at: new Date().toISOString() }, cursor);
        return;
      }
      for (const update of page.items) {
        if (!("seq" in update) || update.seq <= (this.seqs.get(room) ?? 0)) continue;
        this.seqs.set(room, update.seq);
        this.deliver(update, cursor);
      }
    }
  }

  private deliver(update: StreamUpdate, cursor: string): void {
    if (this.ended) return;
    this.moveTo(cursor);
    this.host.deliver(update, this.cursor ?? "");
  }

  // moveTo goes on from a cursor; "" is none, of what is delivered beside the stream.
  private moveTo(cursor: string): void {
    if (cursor !== "") this.cursor = cursor;
  }
}
