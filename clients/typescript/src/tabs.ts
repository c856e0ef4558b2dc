import type { ID, Message } from "./api.js";
import type { Draft, OutboxEntry } from "./store_types.js";

/** What tabs tell each other beside updates. */
export type TabMessage =
  | { type: "entry"; room: ID; id: string; entry: OutboxEntry | null; message: Message | undefined }
  | { type: "draft"; room: ID; draft: Draft | null };

/** Tabs are the other tabs of one user, where the browser lets them talk. */
export class Tabs {
  private channel: BroadcastChannel | null = null;

  constructor(private readonly hear: (message: TabMessage) => void) {}

  open(name: string): void {
    if (typeof BroadcastChannel === "undefined") return;
    this.channel = new BroadcastChannel("df-chat-store:" + name);
    this.channel.onmessage = (event: MessageEvent<TabMessage>) => this.hear(event.data);
  }

  tell(message: TabMessage): void {
    this.channel?.postMessage(message);
  }

  close(): void {
    this.channel?.close();
    this.channel = null;
  }
}
