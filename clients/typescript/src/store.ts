import type { ID, NewRoom, Room, RoomState, User, UserID } from "./api.js";
import { Cell, Value } from "./cell.js";
import type { Client } from "./client.js";
import { type Identity, identify, rememberUser } from "./identity.js";
import { Drafts } from "./drafts.js";
import { Entries } from "./entries.js";
import { Inbox } from "./inbox.js";
import { deleteKept, type Kept, openKept } from "./kept.js";
import { KeptWindows } from "./kept_windows.js";
import { Outbox } from "./outbox.js";
import { Pace } from "./pace.js";
import { Problem } from "./problem.js";
import { Reads } from "./reads.js";
import { Receipts } from "./receipts.js";
import { OpenRoom } from "./room.js";
import type { RoomHost } from "./room_host.js";
import { Rooms } from "./rooms.js";
import type { StreamUpdate } from "./sequence.js";
import type { Draft, OutboxEntry, Outgoing, Readable, RoomEntry, Status, Store, StoreOptions, UnreadTotals } from "./store_types.js";
import { writeOf } from "./store_values.js";
import type { Stream, StreamStatus } from "./stream.js";
import { type TabMessage, Tabs } from "./tabs.js";
import { backoff, newID, sleep } from "./time.js";
import { Typing } from "./typing.js";
import { Users } from "./users.js";
import { Writes } from "./writes.js";

/** openStore returns a store of what the user of a client sees, and connects it. */
export function openStore(client: Client, options: StoreOptions = {}): Store {
  return new ChatStore(client, options);
}

class ChatStore implements Store {
  readonly ready: Promise<void>;
  readonly status = new Value<Status>("starting");
  readonly me = new Cell<User | null>(() => this.identity === null ? null : this.users.get(this.identity.user));
  readonly rooms: Readable<readonly RoomEntry[]>;
  readonly archived: Readable<readonly RoomEntry[]>;
  readonly loaded = new Value(false);
  readonly unread: Readable<UnreadTotals>;

  private readonly ended = new AbortController();
  readonly users: Users;
  private readonly list: Rooms;
  private readonly open = new Map<ID, OpenRoom>();
  private readonly receipts = new Receipts((room) => void this.open.get(room)?.view.changed());
  private readonly typing = new Typing((room) => this.roomChanged(room));
  private readonly entries = new Entries({
    sorted: () => this.list.sorted(), outbox: (room) => this.outbox?.of(room) ?? none, draft: (room) => this.drafts.get(room), typing: (room) => this.typists(room),
  });
  private readonly left = new Set<ID>();
  private readonly pace = new Pace({ me: () => this.identity?.user ?? null, room: (id) => this.list.get(id), changed: (id) => this.roomChanged(id) });
  private readonly writes = new Writes({ kept: () => this.kept, leads: () => this.stream?.leader !== false, onProblem: (problem) => this.onProblem(problem) });
  private readonly tabs = new Tabs((message) => this.hear(message));
  private readonly drafts = new Drafts({ writes: this.writes, tell: (room, draft) => this.tell({ type: "draft", room, draft }), changed: (room) => this.roomChanged(room) });
  private readonly windows = new KeptWindows(() => this.kept, this.writes);
  private readonly host: RoomHost;
  private readonly inbox: Inbox;
  private readonly reads: Reads;
  private identity: Identity | null = null;
  private outbox: Outbox | null = null;
  private kept: Kept | null = null;
  private stream: Stream | null = null;
  private time = 0;
  private repeating: ReturnType<typeof setTimeout> | null = null;
  private wakeUp: (() => void) | null = null;

  constructor(readonly client: Client, private readonly options: StoreOptions) {
    this.users = new Users(client, (user) => this.userChanged(user.id), this.ended.signal, (problem) => this.onProblem(problem));
    this.list = new Rooms({
      users: this.users,
      me: () => this.identity?.user ?? null,
      changed: (id) => {
        this.roomChanged(id);
        this.writes.add({ table: "rooms", key: id, value: this.list.get(id) });
      },
      ask: (id) => this.inbox.ask(id),
      removed: (id) => this.removed(id),
    });
    const host = { client, list: this.list, signal: this.ended.signal, onProblem: (problem: unknown) => this.onProblem(problem) };
    this.inbox = new Inbox({ ...host, clock: () => this.time, loaded: () => this.loaded.set(true) });
    this.reads = new Reads({ ...host, writes: this.writes, maySend: () => this.identity?.certain === true, tick: () => ++this.time });
    this.rooms = this.entries.rooms;
    this.archived = this.entries.archived;
    this.unread = this.entries.unread;
    this.ready = this.start();
    this.host = {
      ...host, ready: this.ready, users: this.users, inbox: this.inbox, drafts: this.drafts, reads: this.reads, pace: this.pace, receipts: this.receipts, windows: this.windows,
      page: options.page ?? 50, most: options.window ?? 300,
      me: () => this.identity?.user ?? null, outbox: () => this.outbox, gone: (room) => this.left.has(room), clock: () => this.time,
      typing: (room) => this.typists(room), sendTyping: (room) => this.sendTyping(room),
      enqueue: (room, message) => this.enqueue(room, message),
    };
    if (typeof addEventListener === "function") addEventListener("pagehide", this.writes.flush);
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
      sent: (message, since) => {
        this.pace.sent(message.room_id, Date.now());
        this.room(message.room_id).sent(message, since);
      },
      pause: (room) => Math.max(0, (this.pace.until(room) ?? 0) - Date.now()), tooSoon: (room, left) => this.pace.refused(room, left),
      refused: () => this.status.set("signed_out"),
      onProblem: (problem) => this.onProblem(problem),
    });
    // What other tabs tell meanwhile is newer than what is read.
    if (this.options.indexedDB !== null) this.tabs.open(identity.database);
    for (const [id, draft] of await kept.all("drafts")) this.drafts.load(id, draft as Draft);
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
    this.tabs.close();
    this.kept = this.outbox = this.identity = null;
    this.pace.clear();
    this.list.clear();
    this.drafts.clear();
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
    if (!this.loaded.get()) this.inbox.refreshSoon();
    this.outbox?.wake();
    this.reads.sendAll();
    this.inbox.askNow();
    this.users.again();
    for (const room of this.open.values()) void room.catchUp().catch((error) => this.onProblem(error));
  }

  private onUpdate(update: StreamUpdate, cursor: string): void {
    const tick = ++this.time;
    if (update.kind === "hello") {
      const unknown = this.list.hello(update.rooms, tick);
      unknown.forEach((id) => this.inbox.ask(id));
    } else if (update.kind === "reset") {
      this.reset();
    } else if (update.kind === "typing") {
      if (update.user_id !== this.identity?.user) this.typing.update(update);
    } else {
      this.list.update(update, tick);
      this.inRoom(update, tick);
    }
    if (this.stream?.leader === true && cursor !== "") this.writes.add({ table: "meta", key: "cursor", value: cursor });
  }

  private inRoom(update: StreamUpdate, tick: number): void {
    if (!("room_id" in update) || update.room_id === undefined) return;
    const id = update.room_id;
    if (update.kind === "message_created" && update.actor_id !== undefined) this.typing.stop(id, update.actor_id);
    if (update.kind === "message_created" && update.message !== undefined) this.pace.told(update.message, update.message.user_id);
    if (update.kind === "receipt" && update.user_id !== this.identity?.user) this.receipts.read(id, update.user_id, update.number);
    if (update.kind === "room_state" || update.kind === "room_reset" || update.kind === "author_erased" ||
      update.kind === "messages_imported" || update.kind === "messages_removed") {
      this.left.delete(id);
      this.windows.drop(id);
      void this.open.get(id)?.reload().catch((error) => this.onProblem(error));
      this.inbox.ask(id);
      return;
    }
    const mineMaybe = update.kind === "message_created" && (this.outbox?.of(id).length ?? 0) > 0;
    (mineMaybe ? this.room(id) : this.open.get(id))?.apply(update, tick);
  }

  // The events since the cursor are lost: everything is read again.
  private reset(): void {
    for (const id of this.list.ids()) this.windows.drop(id);
    for (const room of this.open.values()) void room.reload().catch((error) => this.onProblem(error));
    this.inbox.refreshSoon();
  }

  private onCaughtUp(states: readonly RoomState[]): void {
    for (const state of states) {
      if (this.list.differs(state)) this.inbox.ask(state.room_id);
      void this.open.get(state.room_id)?.catchUp().catch((error) => this.onProblem(error));
    }
  }

  // What is known of rooms.

  refresh(): Promise<void> {
    return this.inbox.refresh();
  }

  private removed(id: ID): void {
    this.left.add(id);
    this.writes.add({ table: "rooms", key: id });
    this.windows.drop(id);
    this.receipts.drop(id);
    this.roomChanged(id);
  }

  private typists(room: ID): User[] {
    return this.typing.in(room).map((id) => this.users.get(id));
  }

  private roomChanged(id: ID): void {
    if (this.list.get(id) !== undefined) this.left.delete(id);
    this.pace.roomChanged(id);
    this.entries.changed(id);
    this.open.get(id)?.view.changed();
  }

  private allChanged(): void {
    this.entries.changed();
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
      room = new OpenRoom(id, this.host);
      this.open.set(id, room);
    }
    return room;
  }

  private async enqueue(room: ID, message: Outgoing): Promise<OutboxEntry> {
    await this.ready;
    if (this.outbox === null) throw new Problem({ status: 0, code: "network", detail: "it is not known yet who is signed in" });
    const entry = writeOf(room, message, newID(), this.outbox.nextOrder());
    this.drafts.sent(room);
    this.typing.sent(room);
    await this.outbox.add(entry, [{ table: "drafts", key: room }]);
    return entry;
  }

  private sendTyping(room: ID): void {
    this.typing.write(room, () => {
      if (this.status.get() !== "online") return;
      void this.client.roomTyping({ room }, { retries: 0, signal: this.ended.signal }).catch(() => undefined); // it is kept nowhere
    });
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

  private tell(message: TabMessage): void {
    if (!this.ended.signal.aborted) this.tabs.tell(message);
  }

  private hear(message: TabMessage): void {
    if (message.type === "entry") {
      if (message.message !== undefined) this.open.get(message.room)?.heard(message.message);
      return this.outbox?.heard(message.room, message.id, message.entry);
    }
    this.drafts.heard(message.room, message.draft);
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
    if (typeof removeEventListener === "function") removeEventListener("pagehide", this.writes.flush);
    this.writes.flush();
    await this.windows.prune().catch((error) => this.onProblem(error));
    this.ended.abort();
    this.wakeUp?.();
    this.stream?.close();
    this.typing.clear();
    this.pace.clear();
    this.list.close();
    this.reads.close();
    if (this.repeating !== null) clearTimeout(this.repeating);
    this.tabs.close();
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
