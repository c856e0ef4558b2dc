import type { ID, Message, UserID } from "./api.js";
import type { OutboxEntry } from "./store_types.js";
import type { RoomWindow } from "./window.js";

/** What showing unsent messages needs of their room. */
export interface UnsentHost {
  readonly window: RoomWindow;
  me(): UserID | null;
  outbox(): readonly OutboxEntry[];
  /** need asks the server for a message. */
  need(number: number): void;
}

/** Unsent are the messages that are shown as not sent yet: none of them is shown as a message too. */
export class Unsent {
  private readonly identified = new Map<ID, string | undefined>(); // messages' client ids, where a response has told
  private readonly landing = new Map<number, OutboxEntry>(); // the server has them; what comes before them is not here yet

  constructor(private readonly host: UnsentHost) {}

  /** arrived takes that a response has told of a message, and with it of its client id. */
  arrived(message: Message): void {
    this.identified.set(message.id, message.client_id);
  }

  /** land keeps an entry that the server has until its message has its place. */
  land(number: number, entry: OutboxEntry): void {
    if (this.host.window.isAside(number)) this.landing.set(number, entry);
  }

  clear(): void {
    this.landing.clear();
  }

  /** shown returns the entries that are shown, in their order. */
  shown(): readonly OutboxEntry[] {
    for (const number of this.landing.keys()) if (!this.host.window.isAside(number)) this.landing.delete(number);
    const landing = [...this.landing.values()].sort((a, b) => a.order - b.order), waiting = this.waiting();
    return landing.length === 0 ? waiting : [...landing, ...waiting];
  }

  // waiting returns the entries without those whose message is shown: another tab may have sent one,
  // or have been closed before it knew. An own message that only an update told of may be any that
  // says the same, until the server tells its client id.
  private waiting(): readonly OutboxEntry[] {
    const outbox = this.host.outbox(), me = this.host.me(), { messages } = this.host.window;
    if (outbox.length === 0) return outbox;
    // What an update has told of a message since is shown, and has no client id.
    const sent = new Set(messages.map((message) => message.client_id ?? this.identified.get(message.id)));
    const unclear = messages.filter((one) => one.user?.id === me && one.client_id === undefined && !this.identified.has(one.id));
    const shown = (entry: OutboxEntry) => sent.has(entry.id) || unclear.some((one) => {
      const same = one.text === entry.text && one.reply_to_id === (entry.reply_to?.id ?? null);
      if (same) this.host.need(one.number);
      return same;
    });
    return outbox.some(shown) ? outbox.filter((entry) => !shown(entry)) : outbox;
  }
}
