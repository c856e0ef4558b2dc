import type { ID, Message, NewRoom, Room, RoomState, User, UserID } from "./api.js";
import { Cell, Value } from "./cell.js";
import type { Client } from "./client.js";
import { type Identity, identify, rememberUser } from "./identity.js";
import { deleteKept, type Kept, openKept, type Write } from "./kept.js";
import { Outbox } from "./outbox.js";
import { Problem } from "./problem.js";
import { type KeptWindow, OpenRoom } from "./room.js";
import { Rooms } from "./rooms.js";
import type { StreamUpdate } from "./sequence.js";
import type { Draft, OutboxEntry, Outgoing, Readable, RoomEntry, Status, Store, StoreOptions, UnreadTotals } from "./store_types.js";
import { totals, writeOf } from "./store_values.js";
import type { Stream, StreamStatus } from "./stream.js";
import { backoff, newID, sleep } from "./time.js";
import { Typing } from "./typing.js";
import { Users } from "./users.js";

/** openStore returns a store of what the user of a client sees, and connects it. */
export function openStore(client: Client, options: StoreOptions = {}): Store {
  return new ChatStore(client, options);
}

// Milliseconds: changes are written to the disk, rooms asked for, and markers sent, together.
const gather = 100;
const keptMessages = 100;
const keptWindows = 100;

/** What tabs tell each other beside updates. */
type TabMessage =
  | { type: "entry"; room: ID; id: string; entry: OutboxEntry | null; message: Message | undefined }
  | { type: "draft"; room: ID; draft: Draft | null };

class ChatStore implements Store {
  readonly ready: Promise<void>;
  readonly status = new Value<Status>("starting");
  readonly me = new Cell<User | null>(() => this.identity === null ? null : this.users.get(this.identity.user));
  readonly rooms: Cell<readonly RoomEntry[]>;
  readonly archived: Cell<readonly RoomEntry[]>;
  readonly loaded = new Value(false);
  readonly unread: Cell<UnreadTotals>;

  private readonly ended = new AbortController();
  readonly users: Users;
  private readonly list: Rooms;
  private readonly open = new Map<ID, OpenRoom>();
  private readonly drafts = new Map<ID, Draft>();
  private readonly receipts = new Map<ID, Map<UserID, number>>();
  private readonly typing = new Typing((room) => this.roomChanged(room));
  private readonly entries = new Map<ID, RoomEntry>();
  private readonly left = new Set<ID>();
  private readonly asked = new Set<ID>();
  private readonly writes = new Map<string, Write>();
  private identity: Identity | null = null;
  private outbox: Outbox | null = null;
  private kept: Kept | null = null;
  private stream: Stream | null = null;
  private channel: BroadcastChannel | null = null;
  private time = 0;
  private asking = false;
  private writing: ReturnType<typeof setTimeout> | null = null;
  private marking: ReturnType<typeof setTimeout> | null = null;
  private repeating: ReturnType<typeof setTimeout> | null = null;
  private refreshing: Promise<void> | null = null;
  private wakeUp: (() => void) | null = null;

  constructor(readonly client: Client, private readonly options: StoreOptions) {
    this.users = new Users(client, (user) => this.userChanged(user.id), this.ended.signal);
    this.list = new Rooms({
      users: this.users,
      me: () => this.identity?.user ?? null,
      changed: (id) => {
        this.roomChanged(id);
        this.write({ table: "rooms", key: id, value: this.list.get(id) });
      },
      ask: (id) => this.ask(id),
      removed: (id) => this.removed(id),
    });
    this.rooms = new Cell(() => this.list.sorted().filter((room) => !room.hidden).map((room) => this.entry(room)));
    this.archived = new Cell(() => this.list.sorted().filter((room) => room.hidden).map((room) => this.entry(room)));
    this.unread = new Cell(() => totals(this.list.sorted()));
    this.ready = this.start();
    if (typeof addEventListener === "function") addEventListener("pagehide", this.flush);
  }

  // How it begins.

  private get factory(): IDBFactory | null {
    return this.options.indexedDB === undefined ? globalThis.indexedDB ?? null : this.options.indexedDB;
  }

  private get locks(): LockManager | null {
    return this.options.locks === undefined ? globalThis.navigator?.locks ?? null : this.options.locks;
  }

  private async start(): Promise<void> {
    while (!this.ended.signal.aborted) {
      try {
        const identity = await identify(this.client, this.options.user, this.factory, this.ended.signal);
        await this.begin(identity);
        if (!identity.certain) void this.makeCertain();
        return;
      } catch (error) {
        if (this.ended.signal.aborted) return;
        this.onProblem(error);
        this.status.set(error instanceof Problem && error.status === 401 ? "signed_out" : "offline");
        await this.pause(error instanceof Problem && error.status === 401 ? undefined : backoff(2));
      }
    }
  }

  // begin shows what is kept of a user, and connects.
  private async begin(identity: Identity): Promise<void> {
    const kept = await openKept(this.factory, identity.database, (problem) => this.onProblem(problem));
    if (this.ended.signal.aborted) return kept.close();
    this.kept = kept;
    this.identity = identity;
    const locks = this.locks;
    const outbox = this.outbox = new Outbox({
      client: this.client, kept, locks, name: identity.database, signal: this.ended.signal,
      maySend: () => this.identity?.certain === true && this.status.get() !== "signed_out",
      changed: (room) => this.roomChanged(room),
      tell: (room, id, entry, message) => this.tell({ type: "entry", room, id, entry, message }),
      clock: () => this.time,
      sent: (message, since) => this.room(message.room_id).sent(message, since),
      refused: () => this.status.set("signed_out"),
      onProblem: (problem) => this.onProblem(problem),
    });
    // What other tabs tell meanwhile is newer than what is read.
    if (typeof BroadcastChannel !== "undefined" && this.options.indexedDB !== null) {
      this.channel = new BroadcastChannel("df-chat-store:" + identity.database);
      this.channel.onmessage = (event: MessageEvent<TabMessage>) => this.hear(event.data);
    }
    for (const [id, draft] of await kept.all("drafts")) if (!this.drafts.has(id)) this.drafts.set(id, draft as Draft);
    for (const [id, number] of await kept.all("reads")) this.list.reads.set(id, number as number);
    for (const [, room] of await kept.all("rooms")) this.list.put(room as Room);
    await outbox.load();
    const cursor = await kept.get("meta", "cursor") as string | undefined;
    this.me.changed();
    this.allChanged();
    if (identity.certain) this.connect(cursor);
  }

  // makeCertain asks who is signed in until the server says so. Nothing is sent before.
  private async makeCertain(): Promise<void> {
    for (let attempt = 0; !this.ended.signal.aborted; attempt++) {
      this.status.set("offline");
      await this.pause(backoff(attempt));
      try {
        const identity = await identify(this.client, undefined, null, this.ended.signal);
        if (identity.user !== this.identity?.user) this.forget();
        if (this.kept === null) return await this.begin(await identify(this.client, identity.user, this.factory, this.ended.signal));
        this.identity = { ...identity, database: this.identity!.database };
        return this.connect(await this.kept.get("meta", "cursor") as string | undefined);
      } catch (error) {
        this.onProblem(error);
      }
    }
  }

  // forget drops everything of another user's.
  private forget(): void {
    this.kept?.close();
    this.channel?.close();
    this.kept = this.channel = this.outbox = this.identity = null;
    this.list.clear();
    this.drafts.clear();
    this.entries.clear();
    this.writes.clear();
    for (const room of this.open.values()) room.reset();
    this.allChanged();
  }

  private connect(cursor: string | undefined): void {
    if (this.ended.signal.aborted || this.stream !== null) return;
    void rememberUser(this.factory, this.client.base, this.identity!.user).catch((error) => this.onProblem(error));
    this.stream = this.client.stream({
      after: cursor, seqs: this.list.seqs(), locks: this.locks,
      share: this.options.indexedDB === null ? undefined : this.identity!.database,
      onUpdate: (update, at) => this.onUpdate(update, at),
      onStatus: (status) => this.onStatus(status),
      onCaughtUp: (states) => this.onCaughtUp(states),
    });
    this.onStatus(this.stream.status);
  }

  // What the stream tells.

  private onStatus(status: StreamStatus): void {
    if (this.status.get() === "closed") return;
    this.status.set(status);
    if (status !== "online") return;
    this.again();
  }

  // again does what could not be done before, or what a break may have left undone.
  private again(): void {
    if (!this.loaded.get()) void this.refresh().catch((error) => this.onProblem(error));
    this.outbox?.wake();
    this.sendReads();
    this.askNow();
    for (const room of this.open.values()) void room.catchUp().catch((error) => this.onProblem(error));
  }

  private onUpdate(update: StreamUpdate, cursor: string): void {
    const tick = ++this.time;
    if (update.kind === "hello") {
      const unknown = this.list.hello(update.rooms, tick);
      unknown.forEach((id) => this.ask(id));
    } else if (update.kind === "reset") {
      this.reset();
    } else if (update.kind === "typing") {
      if (update.user_id !== this.identity?.user) this.typing.update(update);
    } else {
      this.list.update(update, tick);
      this.inRoom(update, tick);
    }
    if (this.stream?.leader === true && cursor !== "") this.write({ table: "meta", key: "cursor", value: cursor });
  }

  private inRoom(update: StreamUpdate, tick: number): void {
    if (!("room_id" in update) || update.room_id === undefined) return;
    const id = update.room_id;
    if (update.kind === "message_created" && update.actor_id !== undefined) this.typing.stop(id, update.actor_id);
    if (update.kind === "receipt") this.receipt(id, update.user_id, update.number);
    if (update.kind === "room_state" || update.kind === "room_reset" || update.kind === "author_erased" ||
      update.kind === "messages_imported" || update.kind === "messages_removed") {
      this.left.delete(id);
      this.write({ table: "windows", key: id });
      void this.open.get(id)?.reload().catch((error) => this.onProblem(error));
      this.ask(id);
      return;
    }
    const mineMaybe = update.kind === "message_created" && (this.outbox?.of(id).length ?? 0) > 0;
    (mineMaybe ? this.room(id) : this.open.get(id))?.apply(update, tick);
  }

  // The events since the cursor are lost: everything is read again.
  private reset(): void {
    for (const id of this.list.ids()) this.write({ table: "windows", key: id });
    for (const room of this.open.values()) void room.reload().catch((error) => this.onProblem(error));
    void this.refresh().catch((error) => this.onProblem(error));
  }

  private onCaughtUp(states: readonly RoomState[]): void {
    for (const state of states) {
      if (this.list.differs(state)) this.ask(state.room_id);
      void this.open.get(state.room_id)?.catchUp().catch((error) => this.onProblem(error));
    }
  }

  // The list of rooms.

  refresh(): Promise<void> {
    return this.refreshing ??= this.readAll().finally(() => (this.refreshing = null));
  }

  private async readAll(): Promise<void> {
    const begun = this.time, seen = new Set<ID>();
    for (const hidden of [undefined, true]) {
      for (let cursor: string | undefined | null; cursor !== null;) {
        const since = this.time;
        const page = await this.client.chatRoomList({ limit: 100, hidden, cursor }, { signal: this.ended.signal });
        for (const room of page.items) {
          seen.add(room.id);
          this.list.apply(room, since);
        }
        cursor = page.next;
      }
    }
    // A room that moved up meanwhile is on no page that was read; an update has told of it.
    for (const id of this.list.ids()) if (!seen.has(id) && !this.list.changedSince(id, begun)) this.ask(id);
    this.loaded.set(true);
  }

  private ask(id: ID): void {
    this.asked.add(id);
    if (!this.asking) {
      this.asking = true;
      setTimeout(() => {
        this.asking = false;
        this.askNow();
      }, gather);
    }
  }

  private askNow(): void {
    const ids = [...this.asked];
    if (ids.length === 0 || this.ended.signal.aborted) return;
    this.asked.clear();
    if (ids.length > 20) void this.refresh().catch((error) => this.onProblem(error));
    else for (const id of ids) void this.read(id);
  }

  private async read(id: ID): Promise<void> {
    const since = this.time;
    try {
      this.list.apply(await this.client.chatRoomRetrieve({ room: id }, { signal: this.ended.signal }), since);
    } catch (error) {
      if (error instanceof Problem && (error.status === 404 || error.status === 403)) return this.list.remove(id);
      if (!this.ended.signal.aborted) this.asked.add(id); // asked again when the connection is back
      this.onProblem(error);
    }
  }

  private removed(id: ID): void {
    this.left.add(id);
    this.write({ table: "rooms", key: id });
    this.write({ table: "windows", key: id });
    this.receipts.delete(id);
    this.roomChanged(id);
  }

  private entry(room: Room): RoomEntry {
    const known = this.entries.get(room.id);
    if (known !== undefined) return known;
    const queued = this.outbox?.of(room.id) ?? [];
    const failed = queued.filter((entry) => entry.state === "failed").length;
    const entry = { room, draft: this.draft(room.id), waiting: queued.length - failed, failed, typing: this.typists(room.id) };
    this.entries.set(room.id, entry);
    return entry;
  }

  private typists(room: ID): User[] {
    return this.typing.in(room).map((id) => this.users.get(id));
  }

  private roomChanged(id: ID): void {
    if (this.list.get(id) !== undefined) this.left.delete(id);
    this.entries.delete(id);
    this.rooms.changed();
    this.archived.changed();
    this.unread.changed();
    this.open.get(id)?.view.changed();
  }

  private allChanged(): void {
    this.entries.clear();
    this.rooms.changed();
    this.archived.changed();
    this.unread.changed();
    for (const room of this.open.values()) room.view.changed();
  }

  private userChanged(id: UserID): void {
    this.list.userChanged(id);
    for (const room of this.open.values()) room.userChanged(id);
    if (id === this.identity?.user) this.me.changed();
  }

  // What its user does.

  user(id: UserID): Readable<User> {
    return this.users.cell(id);
  }

  room(id: ID): OpenRoom {
    let room = this.open.get(id);
    if (room === undefined) {
      room = new OpenRoom(id, {
        ready: this.ready, client: this.client, users: this.users, signal: this.ended.signal,
        page: this.options.page ?? 50, most: this.options.window ?? 300,
        me: () => this.identity?.user ?? null,
        room: (one) => this.list.get(one), gone: (one) => this.left.has(one), ask: (one) => this.ask(one), applyRoom: (one, since) => this.list.apply(one, since),
        clock: () => this.time, tick: () => ++this.time,
        outbox: (one) => this.outbox?.of(one) ?? none, confirm: (one, entry, message) => this.outbox?.confirm(one, entry, message),
        draft: (one) => this.draft(one), typing: (one) => this.typists(one), receipts: (one) => this.receipts.get(one) ?? noReceipts,
        enqueue: (one, message) => this.enqueue(one, message),
        retry: async (one, entry) => this.outbox?.retry(one, entry), discard: async (one, entry) => this.outbox?.discard(one, entry),
        setDraft: (one, draft) => this.setDraft(one, draft), markRead: (one, number) => this.markRead(one, number),
        sendTyping: (one) => this.sendTyping(one), left: (one) => this.list.remove(one),
        receipt: (one, user, number) => this.receipt(one, user, number),
        keptWindow: async (one) => await this.kept?.get("windows", one) as KeptWindow | undefined,
        keepWindow: (one) => this.keepWindow(one), onProblem: (problem) => this.onProblem(problem),
      });
      this.open.set(id, room);
    }
    return room;
  }

  private async enqueue(room: ID, message: Outgoing): Promise<OutboxEntry> {
    await this.ready;
    if (this.outbox === null) throw new Problem({ status: 0, code: "network", detail: "it is not known yet who is signed in" });
    const entry = writeOf(room, message, newID(), this.outbox.nextOrder());
    this.drafts.delete(room);
    this.writes.delete("drafts/" + room);
    this.typing.sent(room);
    this.tell({ type: "draft", room, draft: null });
    await this.outbox.add(entry, [{ table: "drafts", key: room }]);
    return entry;
  }

  private draft(room: ID): Draft | null {
    return this.drafts.get(room) ?? null;
  }

  private setDraft(room: ID, draft: Draft | null): void {
    if (draft === null || draft.text === "" && draft.reply_to === null) this.drafts.delete(room);
    else this.drafts.set(room, draft);
    this.write({ table: "drafts", key: room, value: this.drafts.get(room) });
    this.tell({ type: "draft", room, draft: this.draft(room) });
    this.roomChanged(room);
  }

  private receipt(room: ID, user: UserID, number: number): void {
    const known = this.receipts.get(room);
    if (user === this.identity?.user || (known?.get(user) ?? 0) >= number) return;
    this.receipts.set(room, new Map([...known ?? [], [user, number]]));
    this.open.get(room)?.view.changed();
  }

  private markRead(id: ID, number?: number): void {
    const room = this.list.get(id);
    const upTo = number ?? room?.last_number ?? 0;
    if (room === undefined || upTo <= room.last_read_number && room.marked_unread === null) return;
    if (upTo <= (this.list.reads.get(id) ?? 0)) return;
    this.list.reads.set(id, upTo);
    this.write({ table: "reads", key: id, value: upTo });
    this.list.read(id, upTo, ++this.time);
    this.marking ??= setTimeout(() => {
      this.marking = null;
      this.sendReads();
    }, gather);
  }

  private sendReads(): void {
    if (this.identity?.certain === true) for (const [room, number] of [...this.list.reads]) void this.sendRead(room, number);
  }

  private async sendRead(room: ID, number: number): Promise<void> {
    try {
      await this.client.roomUserRead({ room, body: { number } }, { signal: this.ended.signal });
    } catch (error) {
      this.onProblem(error);
      if (!(error instanceof Problem) || error.temporary || error.status === 401) return; // sent again when the connection is back
    }
    if (this.list.reads.get(room) === number) {
      this.list.reads.delete(room);
      this.write({ table: "reads", key: room });
    }
  }

  private sendTyping(room: ID): void {
    if (this.status.get() !== "online" || !this.typing.due(room)) return;
    void this.client.roomTyping({ room }, { retries: 0, signal: this.ended.signal }).catch(() => undefined); // it is kept nowhere
  }

  async createRoom(room: NewRoom): Promise<Room> {
    const since = this.time;
    return this.entered(await this.client.chatRoomCreate({ body: room }), since);
  }

  openPrivate(user: UserID): Promise<Room> {
    return this.createRoom({ type: "private_messages", user_id: user });
  }

  async join(room: ID): Promise<Room> {
    const since = this.time;
    return this.entered(await this.client.chatRoomJoin({ room }), since);
  }

  private entered(room: Room, since: number): Room {
    this.list.apply(room, since);
    return this.list.get(room.id) ?? room;
  }

  // What is kept.

  private write(change: Write): void {
    this.writes.set(change.table + "/" + change.key, change);
    this.writing ??= setTimeout(this.flush, gather);
  }

  private readonly flush = (): void => {
    if (this.writing !== null) clearTimeout(this.writing);
    this.writing = null;
    // The tab that has the connection keeps the rooms, and where to go on.
    const changes = [...this.writes.values()].filter(({ table }) => this.stream?.leader !== false || table !== "rooms" && table !== "meta");
    this.writes.clear();
    void this.kept?.write(changes).catch((error) => this.onProblem(error));
  };

  private keepWindow(id: ID): void {
    const window = this.open.get(id)?.window;
    if (window === undefined || !window.loaded || window.hasAfter) return;
    const messages = window.messages.slice(-keptMessages);
    const value: KeptWindow = { messages, has_before: window.hasBefore || messages.length < window.messages.length, saved_at: Date.now() };
    this.write({ table: "windows", key: id, value });
  }

  private async prune(): Promise<void> {
    const windows = await this.kept?.all("windows") as [string, KeptWindow][] | undefined ?? [];
    const oldest = windows.sort((a, b) => b[1].saved_at - a[1].saved_at).slice(keptWindows);
    await this.kept?.write(oldest.map(([key]) => ({ table: "windows", key })));
  }

  private tell(message: TabMessage): void {
    if (!this.ended.signal.aborted) this.channel?.postMessage(message);
  }

  private hear(message: TabMessage): void {
    if (message.type === "entry") {
      if (message.message !== undefined) this.open.get(message.room)?.heard(message.message);
      return this.outbox?.heard(message.room, message.id, message.entry);
    }
    if (message.draft === null) this.drafts.delete(message.room);
    else this.drafts.set(message.room, message.draft);
    this.roomChanged(message.room);
  }

  // How it ends.

  private onProblem(problem: unknown): void {
    if (this.ended.signal.aborted) return;
    this.options.onProblem?.(problem);
    if (!(problem instanceof Problem) || !problem.temporary || this.repeating !== null || this.stream === null) return;
    this.repeating = setTimeout(() => {
      this.repeating = null;
      if (this.status.get() === "online") this.again(); // otherwise it is done when it is
    }, backoff(3));
  }

  private pause(milliseconds: number | undefined): Promise<void> {
    const woken = new Promise<void>((resolve) => (this.wakeUp = resolve));
    const slept = milliseconds === undefined ? new Promise<void>(() => undefined) : sleep(milliseconds, this.ended.signal).catch(() => undefined);
    return Promise.race([woken, slept]);
  }

  wake(): void {
    this.wakeUp?.();
    if (this.status.get() === "signed_out" && this.stream !== null) this.status.set("connecting");
    this.stream?.wake();
    if (this.status.get() === "online") this.again();
    else this.outbox?.wake();
  }

  async close(): Promise<void> {
    if (this.ended.signal.aborted) return;
    if (typeof removeEventListener === "function") removeEventListener("pagehide", this.flush);
    this.flush();
    await this.prune().catch((error) => this.onProblem(error));
    this.ended.abort();
    this.wakeUp?.();
    this.stream?.close();
    this.typing.clear();
    for (const timer of [this.marking, this.repeating]) if (timer !== null) clearTimeout(timer);
    this.channel?.close();
    this.kept?.close();
    this.status.set("closed");
  }

  async clear(): Promise<void> {
    const name = this.identity?.database;
    await this.close();
    await rememberUser(this.factory, this.client.base, null);
    if (name !== undefined) await deleteKept(this.factory, name);
  }
}

const none: readonly OutboxEntry[] = [];
const noReceipts: ReadonlyMap<UserID, number> = new Map();
