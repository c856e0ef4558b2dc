import type { ID, Message } from "./api.js";
import type { Client } from "./client.js";
import type { Kept, Write } from "./kept.js";
import { Problem } from "./problem.js";
import type { OutboxEntry, OutboxFile } from "./store_types.js";
import { backoff } from "./time.js";

/** What an outbox needs of its store. */
export interface OutboxHost {
  readonly client: Client;
  readonly kept: Kept;
  readonly locks: LockManager | null;
  readonly name: string;
  readonly signal: AbortSignal;
  /** maySend tells whether it is certain who is signed in. */
  maySend(): boolean;
  /** changed is called when the entries of a room have changed. */
  changed(room: ID): void;
  /** tell tells other tabs of an entry; null: it is discarded, or the server has it as a message. */
  tell(room: ID, id: string, entry: OutboxEntry | null, message?: Message): void;
  /** pause returns how many milliseconds one has to wait in a room in slow mode. */
  pause(room: ID): number;
  /** tooSoon takes how many are left, as the server has told. */
  tooSoon(room: ID, left: number): void;
  /** clock orders responses and updates: see RoomWindow. */
  clock(): number;
  sent(message: Message, since: number): void;
  refused(problem: Problem): void;
  onProblem(problem: unknown): void;
}

// A server that fails so often with an entry is not asked by itself any more.
const failures = 8;

/**
 * Outbox keeps what is to be sent until the server has it: the entries of a room one after the
 * other, in their order, by one tab at a time, and with the same client id at each attempt, by
 * which the server knows what it has already.
 */
export class Outbox {
  private readonly rooms = new Map<ID, readonly OutboxEntry[]>();
  private readonly written = new Set<string>(); // what another tab may have deleted
  private readonly gone = new Set<string>(); // what a read that began earlier may still find
  private readonly running = new Set<ID>();
  private readonly uploads = new Map<string, AbortController>();
  private readonly stored = new Set<string>(); // whose files were stored again
  private readonly sleepers = new Set<() => void>();
  private last = 0;

  constructor(private readonly host: OutboxHost) {}

  /** load reads what was kept, of one room or of all. */
  async load(room?: ID): Promise<void> {
    const before = new Set(this.written);
    const kept = (await this.host.kept.all("outbox")).map(([, value]) => value as OutboxEntry)
      .filter((entry) => (room === undefined || entry.room_id === room) && !this.gone.has(entry.id));
    const rooms = new Set([...kept.map((entry) => entry.room_id), ...(room === undefined ? [] : [room])]);
    for (const id of rooms) {
      const here = new Map(this.of(id).map((entry) => [entry.id, entry]));
      const there = kept.filter((entry) => entry.room_id === id);
      const merged = there.map((entry) => here.get(entry.id)?.state === "sending" ? here.get(entry.id)! : entry);
      for (const entry of here.values()) { // written since the read began
        if (!before.has(entry.id) && !there.some((other) => other.id === entry.id)) merged.push(entry);
      }
      for (const entry of there) this.written.add(entry.id);
      this.replace(id, merged);
    }
  }

  of(room: ID): readonly OutboxEntry[] {
    return this.rooms.get(room) ?? none;
  }

  all(): ID[] {
    return [...this.rooms.keys()].filter((room) => this.of(room).length > 0);
  }

  /** nextOrder is later than all before, in other tabs too as far as their clock goes. */
  nextOrder(): number {
    return this.last = Math.max(Date.now(), this.last + 1);
  }

  /** add keeps an entry, with other changes of what is kept, and sends it. */
  async add(entry: OutboxEntry, also: readonly Write[]): Promise<void> {
    this.replace(entry.room_id, [...this.of(entry.room_id), entry]);
    this.host.tell(entry.room_id, entry.id, entry);
    await this.keep([{ table: "outbox", key: entry.id, value: entry }, ...also]);
    this.written.add(entry.id);
    this.run(entry.room_id);
  }

  /** heard takes what another tab has told. */
  heard(room: ID, id: string, entry: OutboxEntry | null): void {
    const here = this.find(room, id);
    if (entry === null) this.gone.add(id);
    if (this.gone.has(id) ? here === undefined : here?.state === "sending") return;
    const others = this.of(room).filter((one) => one.id !== id);
    this.replace(room, entry === null || this.gone.has(id) ? others : [...others, entry]);
  }

  /** confirm drops an entry that the server has. */
  confirm(room: ID, id: string, message: Message): void {
    if (this.find(room, id) !== undefined) void this.drop(room, id, message);
  }

  async retry(room: ID, id: string): Promise<void> {
    const entry = this.find(room, id);
    if (entry?.state !== "failed") return;
    await this.set(entry, { state: "waiting", problem: null, order: this.nextOrder() });
    this.run(room);
  }

  async discard(room: ID, id: string): Promise<void> {
    const entry = this.find(room, id);
    const upload = this.uploads.get(id);
    if (entry === undefined || entry.state === "sending" && upload === undefined) return;
    const dropped = this.drop(room, id);
    upload?.abort();
    await dropped;
  }

  /** wake sends what waits at once: the network is back, or there is a new token. */
  wake(): void {
    for (const wake of [...this.sleepers]) wake();
    for (const room of this.all()) this.run(room);
  }

  /** run sends what waits in a room, unless that is being done. */
  run(room: ID): void {
    if (this.running.has(room) || this.next(room) === undefined || !this.ready()) return;
    this.running.add(room);
    void this.alone(room).catch((error) => this.host.onProblem(error)).finally(() => {
      this.running.delete(room);
      this.run(room);
    });
  }

  private ready(): boolean {
    return !this.host.signal.aborted && this.host.maySend();
  }

  // alone sends while no other tab does.
  private async alone(room: ID): Promise<void> {
    if (this.host.locks === null) return this.sendAll(room);
    const options = { signal: this.host.signal };
    await this.host.locks.request(`df-chat-outbox:${this.host.name}:${room}`, options, async () => {
      await this.load(room);
      await this.sendAll(room);
    }).catch((error) => {
      if (!this.host.signal.aborted) throw error;
    });
  }

  private async sendAll(room: ID): Promise<void> {
    for (let failed = 0, refused = 0; this.ready();) {
      const entry = this.next(room);
      if (entry === undefined) return;
      const wait = this.host.pause(room);
      if (wait > 0) { // slow mode; what wakes it before looks again
        await this.pause(wait);
        continue;
      }
      try {
        await this.deliver(entry);
        failed = refused = 0;
      } catch (error) {
        const current = this.find(room, entry.id);
        if (this.host.signal.aborted || current === undefined) continue; // it was confirmed meanwhile, or discarded
        const known = error instanceof Problem;
        const problem = known ? error : new Problem({ status: 0, code: "unreadable", detail: String(error), cause: error });
        if (problem.status === 401) this.host.refused(problem);
        else if (problem.status >= 500) refused++;
        if (uploadsAreGone(problem, current) && !this.stored.has(entry.id)) {
          this.stored.add(entry.id);
          await this.set(current, { state: "waiting", files: current.files.map((file) => ({ ...file, media: null, sent: 0 })) });
        } else if (problem.status === 401 || known && problem.temporary && refused < failures) {
          if (problem.code === "too_soon" && problem.retryAfter !== undefined) this.host.tooSoon(room, problem.retryAfter);
          this.show(current, { state: "waiting" });
          if (problem.status !== 401) await this.pause(problem.retryAfter ?? backoff(failed++));
        } else {
          await this.set(current, { state: "failed", problem: problem.toJSON() });
          failed = refused = 0;
        }
      }
    }
  }

  private async deliver(entry: OutboxEntry): Promise<void> {
    this.show(entry, { state: "sending" });
    const files = await this.upload(entry);
    if (this.find(entry.room_id, entry.id) === undefined) throw new DOMException("It was discarded.", "AbortError");
    const since = this.host.clock();
    const message = await this.host.client.chatMessageCreate({
      room: entry.room_id,
      body: {
        ...entry.fields, client_id: entry.id,
        ...(entry.text === "" ? {} : { text: entry.text }),
        ...(files.length === 0 ? {} : { media_ids: files.map((file) => file.media!.id) }),
        ...(entry.reply_to === null ? {} : { reply_to_id: entry.reply_to.id }),
      },
    }, { retries: 0, signal: this.host.signal });
    this.host.sent(message, since);
    this.confirm(entry.room_id, entry.id, message);
  }

  // upload stores the files that are not yet, and remembers each.
  private async upload(entry: OutboxEntry): Promise<readonly OutboxFile[]> {
    const control = new AbortController();
    const abort = () => control.abort();
    this.host.signal.addEventListener("abort", abort, { once: true });
    this.uploads.set(entry.id, control);
    try {
      for (const [i, file] of entry.files.entries()) {
        if (file.media !== null) continue;
        const put = (change: Partial<OutboxFile>) => {
          const current = this.find(entry.room_id, entry.id);
          return current === undefined ? undefined : { files: current.files.map((one, n) => n === i ? { ...one, ...change } : one) };
        };
        const media = await this.host.client.upload(file.blob, {
          name: file.name, retries: 0, signal: control.signal,
          onProgress: (sent) => this.show(entry, put({ sent })),
        });
        const current = this.find(entry.room_id, entry.id);
        if (current !== undefined) await this.set(current, put({ media, sent: file.size })!);
      }
      return this.find(entry.room_id, entry.id)?.files ?? entry.files;
    } finally {
      this.uploads.delete(entry.id);
      this.host.signal.removeEventListener("abort", abort);
    }
  }

  private next(room: ID): OutboxEntry | undefined {
    return this.of(room).find((entry) => entry.state !== "failed");
  }

  private find(room: ID, id: string): OutboxEntry | undefined {
    return this.of(room).find((entry) => entry.id === id);
  }

  // show changes an entry for those who look at it; a reload begins with what was kept.
  private show(entry: OutboxEntry, change: Partial<OutboxEntry> | undefined): OutboxEntry {
    const current = this.find(entry.room_id, entry.id);
    if (current === undefined || change === undefined) return entry;
    const changed = { ...current, ...change };
    this.replace(entry.room_id, this.of(entry.room_id).map((one) => one.id === entry.id ? changed : one));
    return changed;
  }

  private async set(entry: OutboxEntry, change: Partial<OutboxEntry>): Promise<void> {
    const changed = this.show(entry, change);
    const state = changed.state === "sending" ? "waiting" : changed.state;
    this.host.tell(entry.room_id, entry.id, { ...changed, state });
    await this.keep([{ table: "outbox", key: entry.id, value: { ...changed, state } }]);
  }

  private async drop(room: ID, id: string, message?: Message): Promise<void> {
    this.gone.add(id);
    this.replace(room, this.of(room).filter((entry) => entry.id !== id));
    this.host.tell(room, id, null, message);
    await this.keep([{ table: "outbox", key: id }]);
  }

  private replace(room: ID, entries: readonly OutboxEntry[]): void {
    const sorted = [...entries].sort((a, b) => a.order - b.order);
    this.last = Math.max(this.last, sorted.at(-1)?.order ?? 0);
    this.rooms.set(room, sorted);
    this.host.changed(room);
  }

  private async keep(changes: readonly Write[]): Promise<void> {
    try {
      await this.host.kept.write(changes);
    } catch (error) { // it is still here as long as the page is
      this.host.onProblem(error);
    }
  }

  private pause(milliseconds: number): Promise<void> {
    return new Promise((resolve) => {
      const end = () => {
        clearTimeout(timer);
        this.sleepers.delete(end);
        this.host.signal.removeEventListener("abort", end);
        resolve();
      };
      const timer = setTimeout(end, milliseconds);
      this.sleepers.add(end);
      this.host.signal.addEventListener("abort", end, { once: true });
    });
  }
}

const none: readonly OutboxEntry[] = [];

// What waited longer than the host keeps uploads is stored again.
function uploadsAreGone(problem: Problem, entry: OutboxEntry): boolean {
  return entry.files.some((file) => file.media !== null) && problem.errors.some((fault) => fault.code === "not_own_upload");
}
