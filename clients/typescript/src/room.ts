import type {
  ID, Message, MessageHead, MessagePage, Reaction, Room, RoomPatch, RoomUser, RoomUserPatch, UpdatedMessage, UserID,
} from "./api.js";
import { Cell } from "./cell.js";
import type { Client } from "./client.js";
import { headOf, mergeMember, mergeMessage } from "./merge.js";
import { Problem } from "./problem.js";
import type { StreamUpdate } from "./sequence.js";
import type { Draft, OutboxEntry, Outgoing, RoomStore, RoomView } from "./store_types.js";
import type { Users } from "./users.js";
import { RoomWindow } from "./window.js";

/** What a room needs of its store. */
export interface RoomHost {
  /** ready resolves when what was kept is known, and with it what waits to be sent. */
  readonly ready: Promise<void>;
  readonly client: Client;
  readonly users: Users;
  readonly signal: AbortSignal;
  readonly page: number;
  readonly most: number;
  me(): UserID | null;
  room(id: ID): Room | undefined;
  gone(id: ID): boolean;
  ask(id: ID): void;
  applyRoom(room: Room, since: number): void;
  clock(): number;
  tick(): number;
  outbox(id: ID): readonly OutboxEntry[];
  confirm(room: ID, entry: string, message: Message): void;
  draft(id: ID): Draft | null;
  typing(id: ID): RoomView["typing"];
  receipts(id: ID): RoomView["receipts"];
  enqueue(room: ID, message: Outgoing): Promise<OutboxEntry>;
  retry(room: ID, entry: string): Promise<void>;
  discard(room: ID, entry: string): Promise<void>;
  setDraft(room: ID, draft: Draft | null): void;
  markRead(room: ID, number: number | undefined): void;
  sendTyping(room: ID): void;
  left(room: ID): void;
  receipt(room: ID, user: UserID, number: number): void;
  keptWindow(room: ID): Promise<KeptWindow | undefined>;
  keepWindow(room: ID): void;
  onProblem(problem: unknown): void;
}

/** What is kept of a window. */
export interface KeptWindow {
  readonly messages: readonly Message[];
  readonly has_before: boolean;
  readonly saved_at: number;
}

const gather = 20; // milliseconds in which requests for single messages are put together
const pageMost = 100;

/** OpenRoom is a room of a store, with a window of its history while anybody looks. */
export class OpenRoom implements RoomStore {
  readonly view: Cell<RoomView>;
  readonly window: RoomWindow;
  private opens = 0;
  private flying = 0;
  private generation = 0;
  private loading: RoomView["loading"] = null;
  private problem: Problem | null = null;
  private members: readonly RoomUser[] | null = null;
  private partial = new Set<number>();
  private readonly identified = new Set<ID>(); // a response has told whose client id they have
  private readonly landing = new Map<number, OutboxEntry>(); // the server has them; what comes before them is not here yet
  private hydrating = false;

  constructor(readonly id: ID, private readonly host: RoomHost) {
    this.window = new RoomWindow(host.most);
    this.view = new Cell(() => this.compute());
  }

  /** Whether anybody looks. */
  get isOpen(): boolean {
    return this.opens > 0;
  }

  // Whether messages have a place: nobody has looked otherwise, and a page will have them.
  private get isWatched(): boolean {
    return this.window.loaded || this.flying > 0 || this.isOpen;
  }

  async open(around?: number): Promise<void> {
    this.opens++;
    if (this.window.loaded && around === undefined) return this.catchUp();
    if (around !== undefined) return this.loadAround(around);
    if (this.window.messages.length === 0) {
      await this.host.ready;
      const kept = await this.host.keptWindow(this.id);
      if (kept !== undefined && !this.window.loaded && this.window.messages.length === 0) {
        this.window.messages = kept.messages;
        this.window.hasBefore = kept.has_before;
        this.learn(kept.messages);
        this.view.changed();
      }
    }
    return this.loadNewest();
  }

  close(): void {
    this.opens = Math.max(0, this.opens - 1);
    if (!this.isOpen) this.landing.clear();
  }

  loadNewest(): Promise<void> {
    return this.load("newest", {}, (page, since, floor) => this.window.show(page, since, floor));
  }

  loadAround(number: number): Promise<void> {
    return this.load("around", { around: number }, (page, since, floor) => this.window.show(page, since, floor));
  }

  loadBefore(): Promise<void> {
    const { first, loaded } = this.window;
    if (!loaded) return this.loadNewest();
    if (!this.window.hasBefore || this.loading === "before") return Promise.resolve();
    return this.load("before", { before: first }, (page, since) => {
      if (this.window.first === first) this.window.before(page, since);
    });
  }

  loadAfter(): Promise<void> {
    const { last, loaded } = this.window;
    if (!loaded) return this.loadNewest();
    if (this.loading === "after") return Promise.resolve();
    return this.load("after", { after: last }, (page, since) => this.window.after(page, since));
  }

  /** reload reads the window again: what is shown may be wrong. */
  reload(): Promise<void> {
    this.members = null;
    if (!this.window.loaded && !this.isOpen) return Promise.resolve();
    const { first, hasAfter } = this.window;
    if (!this.isOpen) { // read it when it is opened next
      this.window.loaded = false;
      this.window.messages = [];
      return Promise.resolve();
    }
    return hasAfter ? this.loadAround(first + Math.floor(this.host.page / 2)) : this.loadNewest();
  }

  /** reset drops all of it: another user is signed in. */
  reset(): void {
    this.generation++;
    this.window.messages = [];
    this.window.loaded = this.window.hasBefore = this.window.hasAfter = false;
    this.members = null;
    this.view.changed();
  }

  /** catchUp reads what is missing at the end: what should have been told and was not. */
  async catchUp(): Promise<void> {
    const newest = this.host.room(this.id)?.last_number ?? 0;
    if (!this.window.loaded) return this.isOpen ? this.loadNewest() : undefined;
    this.hydrate();
    if (!this.window.hasAfter && this.window.last < newest) await this.loadAfter();
  }

  private async load(
    what: NonNullable<RoomView["loading"]>, query: { before?: number; after?: number; around?: number },
    put: (page: MessagePage, since: number, floor: number) => void,
  ): Promise<void> {
    await this.host.ready;
    const generation = ++this.generation;
    this.loading = what;
    this.problem = null;
    this.view.changed();
    const since = this.host.clock(), floor = this.host.room(this.id)?.last_number ?? 0;
    try {
      const page = await this.fly(this.host.client.chatMessageList(
        { room: this.id, limit: this.host.page, ...query }, { signal: this.host.signal },
      ));
      if (generation !== this.generation) return;
      this.arrived(page.items, since);
      put(page, since, floor);
      this.land(page.items);
      this.host.keepWindow(this.id);
    } catch (error) {
      if (error instanceof Problem && generation === this.generation) this.problem = error;
      if (!(error instanceof Problem) || !error.temporary) throw error;
    } finally {
      if (generation === this.generation) this.loading = null;
      this.view.changed();
    }
  }

  // fly counts requests on their way: while there are any, ticks are remembered.
  private async fly<T>(request: Promise<T>): Promise<T> {
    this.flying++;
    try {
      return await request;
    } finally {
      queueMicrotask(() => {
        if (--this.flying === 0) this.window.forget();
      });
    }
  }

  // arrived looks through what the server responded with.
  private arrived(messages: readonly Message[], since: number): void {
    this.learn(messages);
    for (const message of messages) {
      this.partial.delete(message.number);
      this.identified.add(message.id);
      if (this.window.changedSince(message.id, since)) this.need(message.number);
    }
  }

  // land confirms what the server has. What is not in its place yet is shown as it was until then.
  private land(messages: readonly Message[]): void {
    for (const message of messages) {
      const entry = this.host.outbox(this.id).find((one) => one.id === message.client_id);
      if (entry === undefined) continue;
      if (this.isWatched && this.window.isAside(message.number)) this.landing.set(message.number, entry);
      this.host.confirm(this.id, entry.id, message);
    }
    if (this.window.isGap) setTimeout(() => void this.loadAfter().catch((error) => this.host.onProblem(error)));
  }

  private learn(messages: readonly Message[]): void {
    for (const message of messages) {
      this.host.users.learn(message.user);
      this.host.users.learn(message.reply_to?.user);
      for (const user of message.mentions) this.host.users.learn(user);
    }
  }

  async loadMembers(): Promise<void> {
    const page = await this.host.client.roomUserList({ room: this.id, limit: pageMost }, { signal: this.host.signal });
    page.items.forEach((member) => this.host.users.learn(member.user));
    this.members = page.next === null ? page.items : null;
    for (const member of page.items) this.host.receipt(this.id, member.user.id, member.last_read_number);
    this.view.changed();
  }

  // What the server's response or an update says of a message.

  /** sent puts in a message that this client sent or changed. */
  sent(message: Message, since: number): void {
    this.learn([message]);
    const known = this.window.find(message.id);
    if (this.window.changedSince(message.id, since)) this.need(message.number);
    if (this.isWatched && (known === undefined || !this.window.changedSince(message.id, since))) this.window.put(message);
    this.land([message]);
    this.changed();
  }

  /** heard puts in a message that another tab has sent, unless an update was faster. */
  heard(message: Message): void {
    if (this.isWatched && this.window.find(message.id) === undefined) this.window.put(message);
    this.land([message]);
    this.view.changed();
  }

  /** apply changes the window as an update says. */
  apply(update: StreamUpdate, tick: number): void {
    switch (update.kind) {
      case "message_created":
      case "message_edited":
      case "message_deleted":
      case "reaction_added":
      case "reaction_removed":
        if (update.message !== undefined) this.message(update.message, tick, update.kind, update.actor_id ?? update.user_id);
        break;
      case "user_added":
      case "user_updated":
        if (update.member !== undefined && this.members !== null) {
          const { member } = update, others = this.members.filter((one) => one.user.id !== member.user_id);
          const known = this.members.find((one) => one.user.id === member.user_id);
          const merged = mergeMember(known, member, this.known());
          this.members = known === undefined ? [...others, merged] : this.members.map((one) => one === known ? merged : one);
        }
        break;
      case "user_removed":
      case "user_banned":
        if (this.members !== null) this.members = this.members.filter((one) => one.user.id !== update.user_id);
        break;
      case "owner_changed":
        if (this.members !== null) void this.loadMembers().catch((error) => this.host.onProblem(error));
        break;
    }
    this.view.changed();
  }

  private message(update: UpdatedMessage, tick: number, kind: string, actor: UserID | undefined): void {
    const known = this.window.find(update.id) ?? this.window.at(update.number);
    // Whether it is one of those that wait here, only its client id tells, which is the author's to see.
    const maybeWaiting = known === undefined && update.user_id !== null && update.user_id === this.host.me()
      && this.host.outbox(this.id).length > 0;
    const { message, partial } = mergeMessage(known, update, this.known());
    const mine = kind.startsWith("reaction_") && actor === this.host.me();
    if (maybeWaiting) this.need(update.number, true);
    else if (!this.isWatched) return;
    else this.window.update(message, tick);
    if (partial && update.deleted_at === null || mine) this.need(update.number);
    if (kind === "message_edited" || kind === "message_deleted") this.replies(update, message);
    if (kind === "message_created" && update.reply_to_number !== null) this.need(update.reply_to_number);
    if (kind === "message_deleted") this.recount(update.number);
    this.changed();
  }

  // recount asks for those of the messages before a deleted one that it may have replied to,
  // which a tombstone does not tell: the server counts replies.
  private recount(before: number): void {
    this.window.change((one) => {
      if (one.reply_count > 0 && one.number < before) this.need(one.number);
      return one;
    });
  }

  // replies changes what answers to a message show of it.
  private replies(update: UpdatedMessage, message: Message): void {
    const full = message.media.every((one) => one.url !== "") ? headOf(message) : undefined;
    this.window.change((one) => {
      if (one.reply_to === null || one.reply_to.id !== update.id) return one;
      const head: MessageHead = full ?? { ...one.reply_to, text: update.text, deleted_at: update.deleted_at, media_count: update.media.length };
      return { ...one, reply_to: head };
    });
  }

  private known() {
    return {
      user: (id: UserID) => this.host.users.get(id),
      head: (id: ID) => {
        const message = this.window.find(id);
        return message === undefined ? undefined : headOf(message);
      },
    };
  }

  // need asks the server for a message that is known in part.
  private need(number: number, even = false): void {
    if (!even && !this.window.loaded && this.window.at(number) === undefined) return;
    this.partial.add(number);
    if (!this.hydrating) {
      this.hydrating = true;
      setTimeout(() => this.hydrate(), gather);
    }
  }

  private hydrate(): void {
    if (this.partial.size === 0) {
      this.hydrating = false;
      return;
    }
    this.hydrating = true;
    this.complete().then(() => {
      this.hydrating = false;
      if (this.partial.size > 0) this.hydrate();
    }, (error) => { // it is tried again when the connection is back
      this.hydrating = false;
      if (!(error instanceof Problem && error.temporary)) this.partial.clear();
      this.host.onProblem(error);
    });
  }

  // complete reads messages that are known in part, those that are close with one request.
  private async complete(): Promise<void> {
    const numbers = [...this.partial].sort((a, b) => a - b);
    const first = numbers[0]!;
    const last = numbers.filter((number) => number < first + pageMost).at(-1)!;
    const since = this.host.clock();
    const page = await this.fly(this.host.client.chatMessageList(
      { room: this.id, after: first - 1, limit: last - first + 1 }, { signal: this.host.signal },
    ));
    for (const number of numbers) if (number <= last) this.partial.delete(number);
    this.arrived(page.items, since);
    for (const message of page.items) if (this.isWatched && !this.window.changedSince(message.id, since)) this.window.put(message);
    this.land(page.items);
    this.changed();
  }

  private changed(): void {
    this.host.keepWindow(this.id);
    this.view.changed();
  }

  /** userChanged shows what was learned of a user. */
  userChanged(id: UserID): void {
    const user = this.host.users.get(id);
    const changed = this.window.change((message) => {
      let changed = message;
      if (message.user?.id === id && message.user !== user) changed = { ...changed, user };
      if (message.reply_to?.user?.id === id && message.reply_to.user !== user) changed = { ...changed, reply_to: { ...message.reply_to, user } };
      return changed;
    });
    if (this.members?.some((member) => member.user.id === id)) {
      this.members = this.members.map((member) => member.user.id === id ? { ...member, user } : member);
    } else if (!changed) {
      return;
    }
    this.view.changed();
  }

  private compute(): RoomView {
    for (const number of this.landing.keys()) if (!this.window.isAside(number)) this.landing.delete(number);
    const landing = [...this.landing.values()].sort((a, b) => a.order - b.order);
    const outbox = this.unsent();
    return {
      room: this.host.room(this.id) ?? null, gone: this.host.gone(this.id),
      messages: this.window.messages, has_before: this.window.hasBefore, has_after: this.window.hasAfter,
      outbox: landing.length === 0 ? outbox : [...landing, ...outbox], loading: this.loading, problem: this.problem, draft: this.host.draft(this.id),
      typing: this.host.typing(this.id), members: this.members, receipts: this.host.receipts(this.id),
    };
  }

  // unsent returns the entries without those whose message is shown: another tab may have sent one, or
  // have been closed before it knew. An own message that only an update told of may be any that says
  // the same, until the server tells its client id.
  private unsent(): readonly OutboxEntry[] {
    const outbox = this.host.outbox(this.id), me = this.host.me();
    if (outbox.length === 0) return outbox;
    const sent = new Set(this.window.messages.map((message) => message.client_id));
    const unclear = this.window.messages.filter((one) => one.user?.id === me && one.client_id === undefined && !this.identified.has(one.id));
    const shown = (entry: OutboxEntry) => sent.has(entry.id) || unclear.some((one) => {
      const same = one.text === entry.text && one.reply_to_id === (entry.reply_to?.id ?? null);
      if (same) this.need(one.number);
      return same;
    });
    return outbox.some(shown) ? outbox.filter((entry) => !shown(entry)) : outbox;
  }

  // What its user does.

  send(message: Outgoing): Promise<OutboxEntry> {
    return this.host.enqueue(this.id, message);
  }

  retry(entry: string): Promise<void> {
    return this.host.retry(this.id, entry);
  }

  discard(entry: string): Promise<void> {
    return this.host.discard(this.id, entry);
  }

  async edit(message: ID, text: string): Promise<void> {
    const since = this.host.clock();
    this.sent(await this.fly(this.host.client.chatMessageUpdate({ message, body: { text } })), since);
  }

  async remove(message: ID): Promise<void> {
    await this.host.client.chatMessageDelete({ message });
    await this.again(message);
  }

  async react(message: ID, reaction: string): Promise<Reaction> {
    const made = await this.host.client.chatMessageReactionsCreate({ message, body: { reaction } });
    await this.again(message);
    return made;
  }

  async unreact(message: ID, reaction: string): Promise<void> {
    const mine = this.window.find(message)?.reactions.find((one) => one.reaction === reaction)?.mine;
    if (mine == null) return;
    await this.host.client.chatMessageReactionsDelete({ reaction: mine });
    await this.again(message);
  }

  // again reads a message that this client has changed.
  private async again(id: ID): Promise<void> {
    const since = this.host.clock();
    try {
      this.sent(await this.fly(this.host.client.chatMessageRetrieve({ message: id }, { signal: this.host.signal })), since);
    } catch (error) { // the change is made, and an update tells of it too
      this.host.onProblem(error);
    }
  }

  markRead(number?: number): void {
    this.host.markRead(this.id, number);
  }

  async markUnread(number: number): Promise<void> {
    await this.host.client.roomUserUnread({ room: this.id, body: { number } });
    this.host.ask(this.id);
  }

  setDraft(draft: Draft | null): void {
    this.host.setDraft(this.id, draft);
  }

  typing(): void {
    this.host.sendTyping(this.id);
  }

  async update(patch: RoomPatch): Promise<Room> {
    const since = this.host.clock();
    const room = await this.host.client.chatRoomUpdate({ room: this.id, body: patch });
    this.host.applyRoom(room, since);
    return room;
  }

  async updateMember(user: UserID | "me", patch: RoomUserPatch): Promise<RoomUser> {
    const member = await this.host.client.roomUserUpdate({ room: this.id, user, body: patch });
    if (this.members !== null) {
      this.members = this.members.map((one) => one.user.id === member.user.id ? member : one);
      this.view.changed();
    }
    this.host.ask(this.id);
    return member;
  }

  async leave(): Promise<void> {
    await this.host.client.roomUserDelete({ room: this.id, user: "me" });
    this.host.left(this.id);
  }
}
