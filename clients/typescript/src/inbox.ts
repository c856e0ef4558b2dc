import type { ID } from "./api.js";
import type { Client } from "./client.js";
import { Problem } from "./problem.js";
import type { Rooms } from "./rooms.js";

// Milliseconds in which requests for single rooms are put together, and how many the whole list
// is read instead of.
const gather = 100;
const fewest = 20;

/** What reading the list of rooms needs of the store. */
export interface InboxHost {
  readonly client: Client;
  readonly list: Rooms;
  readonly signal: AbortSignal;
  clock(): number;
  /** loaded is called when all rooms were read. */
  loaded(): void;
  onProblem(problem: unknown): void;
}

/** Inbox reads rooms from the server: all of them, or those of which something is not known. */
export class Inbox {
  private readonly asked = new Set<ID>();
  private asking = false;
  private refreshing: Promise<void> | null = null;

  constructor(private readonly host: InboxHost) {}

  /** refresh reads the whole list. */
  refresh(): Promise<void> {
    return this.refreshing ??= this.readAll().finally(() => (this.refreshing = null));
  }

  /** refreshSoon does, and tells the host what goes wrong. */
  refreshSoon(): void {
    void this.refresh().catch((error) => this.host.onProblem(error));
  }

  private async readAll(): Promise<void> {
    const { client, list, signal } = this.host;
    const begun = this.host.clock(), seen = new Set<ID>();
    for (const hidden of [undefined, true]) {
      for (let cursor: string | undefined | null; cursor !== null;) {
        const since = this.host.clock();
        const page = await client.chatRoomList({ limit: 100, hidden, cursor }, { signal });
        for (const room of page.items) {
          seen.add(room.id);
          list.apply(room, since);
        }
        cursor = page.next;
      }
    }
    // A room that moved up meanwhile is on no page that was read; an update has told of it.
    for (const id of list.ids()) if (!seen.has(id) && !list.changedSince(id, begun)) this.ask(id);
    this.host.loaded();
  }

  /** ask reads a room again, soon. */
  ask(id: ID): void {
    this.asked.add(id);
    if (this.asking) return;
    this.asking = true;
    setTimeout(() => {
      this.asking = false;
      this.askNow();
    }, gather);
  }

  askNow(): void {
    const ids = [...this.asked];
    if (ids.length === 0 || this.host.signal.aborted) return;
    this.asked.clear();
    if (ids.length > fewest) this.refreshSoon();
    else for (const id of ids) void this.read(id);
  }

  private async read(id: ID): Promise<void> {
    const { client, list, signal } = this.host;
    const since = this.host.clock();
    try {
      list.apply(await client.chatRoomRetrieve({ room: id }, { signal }), since);
    } catch (error) {
      if (error instanceof Problem && (error.status === 404 || error.status === 403)) return list.remove(id);
      if (!signal.aborted) this.asked.add(id); // asked again when the connection is back
      this.host.onProblem(error);
    }
  }
}
