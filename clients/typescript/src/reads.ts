import type { ID } from "./api.js";
import type { Client } from "./client.js";
import { Problem } from "./problem.js";
import type { Rooms } from "./rooms.js";
import type { Writes } from "./writes.js";

// Milliseconds in which markers are put together.
const gather = 100;

/** What read markers need of their store. */
export interface ReadsHost {
  readonly client: Client;
  readonly list: Rooms;
  readonly writes: Writes;
  readonly signal: AbortSignal;
  /** Whether it is certain who is signed in. */
  maySend(): boolean;
  tick(): number;
  onProblem(problem: unknown): void;
}

/** Reads move one's read markers: at once here, and on the server when it can be reached. */
export class Reads {
  private timer: ReturnType<typeof setTimeout> | null = null;

  constructor(private readonly host: ReadsHost) {}

  /** mark moves a room's marker up to a number, or to the newest message. */
  mark(id: ID, number?: number): void {
    const { list, writes } = this.host;
    const room = list.get(id);
    const upTo = number ?? room?.last_number ?? 0;
    if (room === undefined || upTo <= room.last_read_number && room.marked_unread === null) return;
    if (upTo <= (list.reads.get(id) ?? 0)) return;
    list.reads.set(id, upTo);
    writes.add({ table: "reads", key: id, value: upTo });
    list.read(id, upTo, this.host.tick());
    this.timer ??= setTimeout(() => {
      this.timer = null;
      this.sendAll();
    }, gather);
  }

  sendAll(): void {
    if (this.host.maySend()) for (const [room, number] of [...this.host.list.reads]) void this.send(room, number);
  }

  private async send(room: ID, number: number): Promise<void> {
    const { client, list, writes, signal } = this.host;
    try {
      await client.roomUserRead({ room, body: { number } }, { signal });
    } catch (error) {
      this.host.onProblem(error);
      if (!(error instanceof Problem) || error.temporary || error.status === 401) return; // sent again when the connection is back
    }
    if (list.reads.get(room) === number) {
      list.reads.delete(room);
      writes.add({ table: "reads", key: room });
    }
  }

  close(): void {
    if (this.timer !== null) clearTimeout(this.timer);
  }
}
