import type { Kept, Table, Write } from "./kept.js";

// Milliseconds in which changes are put together.
const gather = 100;

/** What writes need of their store. */
export interface WritesHost {
  kept(): Kept | null;
  /** Whether this tab keeps the rooms, and where to go on: the one that has the connection does. */
  leads(): boolean;
  onProblem(problem: unknown): void;
}

/** Writes are changes of what is kept, which are made together a moment later. */
export class Writes {
  private readonly waiting = new Map<string, Write>();
  private timer: ReturnType<typeof setTimeout> | null = null;

  constructor(private readonly host: WritesHost) {}

  /** add makes a change soon; a later one of the same key takes its place. */
  add(change: Write): void {
    this.waiting.set(change.table + "/" + change.key, change);
    this.timer ??= setTimeout(this.flush, gather);
  }

  /** drop forgets a change that waits. */
  drop(table: Table, key: string): void {
    this.waiting.delete(table + "/" + key);
  }

  clear(): void {
    this.waiting.clear();
  }

  /** flush makes all changes now. */
  readonly flush = (): void => {
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer = null;
    const changes = [...this.waiting.values()].filter(({ table }) => this.host.leads() || table !== "rooms" && table !== "meta");
    this.waiting.clear();
    void this.host.kept()?.write(changes).catch((error) => this.host.onProblem(error));
  };
}
