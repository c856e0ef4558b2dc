import type { ID } from "./api.js";

const longest = 2 ** 31 - 1; // milliseconds that a timer can wait

/** Ends are times, by Date.now(), at which something of a room ends: of a mute, or of a wait. */
export class Ends {
  private readonly times = new Map<ID, number>();
  private timer: ReturnType<typeof setTimeout> | null = null;

  /** ended is called for each room whose time has come. */
  constructor(private readonly ended: (room: ID) => void) {}

  get(room: ID): number | null {
    return this.times.get(room) ?? null;
  }

  /** set sets a room's time; null: nothing of it ends. */
  set(room: ID, at: number | null): void {
    if (this.get(room) === at) return;
    if (at === null) this.times.delete(room);
    else this.times.set(room, at);
    this.wait();
  }

  clear(): void {
    this.times.clear();
    this.wait();
  }

  private wait(): void {
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer = null;
    if (this.times.size === 0) return;
    const next = Math.min(...this.times.values()) - Date.now();
    this.timer = setTimeout(this.look, Math.max(0, Math.min(longest, next)));
    (this.timer as { unref?(): void }).unref?.(); // it keeps no program of Node's running
  }

  private readonly look = (): void => {
    const now = Date.now();
    const over = [...this.times].filter(([, at]) => at <= now).map(([room]) => room);
    for (const room of over) this.times.delete(room);
    this.wait();
    for (const room of over) this.ended(room);
  };
}
