import type { ID, Message } from "./api.js";
import type { Kept } from "./kept.js";
import type { RoomWindow } from "./window.js";
import type { Writes } from "./writes.js";

const most = 100; // messages of a window, and windows

/** What is kept of a window. */
export interface KeptWindow {
  readonly messages: readonly Message[];
  readonly has_before: boolean;
  readonly saved_at: number;
}

/** KeptWindows are the newest messages of rooms, to show before the server is asked. */
export class KeptWindows {
  constructor(private readonly kept: () => Kept | null, private readonly writes: Writes) {}

  async get(room: ID): Promise<KeptWindow | undefined> {
    return await this.kept()?.get("windows", room) as KeptWindow | undefined;
  }

  /** put keeps the end of a window that shows the newest messages. */
  put(room: ID, window: RoomWindow): void {
    if (!window.loaded || window.hasAfter) return;
    const messages = window.messages.slice(-most);
    const value: KeptWindow = { messages, has_before: window.hasBefore || messages.length < window.messages.length, saved_at: Date.now() };
    this.writes.add({ table: "windows", key: room, value });
  }

  drop(room: ID): void {
    this.writes.add({ table: "windows", key: room });
  }

  /** prune deletes those that were kept longest ago. */
  async prune(): Promise<void> {
    const windows = await this.kept()?.all("windows") as [string, KeptWindow][] | undefined ?? [];
    const oldest = windows.sort((a, b) => b[1].saved_at - a[1].saved_at).slice(most);
    await this.kept()?.write(oldest.map(([key]) => ({ table: "windows", key })));
  }
}
