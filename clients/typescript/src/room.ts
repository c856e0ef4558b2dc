import type { ID, Message, MessageHead, MessagePage, Reaction, Room, RoomPatch, RoomUser, RoomUserPatch, UpdatedMessage, UserID } from "./api.js";
import { Cell } from "./cell.js";
import { Missing } from "./missing.js";
import { headOf, mergeMessage, withUser } from "./merge.js";
import { Problem } from "./problem.js";
import type { RoomHost } from "./room_host.js";
import { RoomMembers } from "./room_members.js";
import type { StreamUpdate } from "./sequence.js";
import type { Draft, OutboxEntry, Outgoing, RoomStore, RoomView } from "./store_types.js";
import { Unsent } from "./unsent.js";
import { RoomWindow } from "./window.js";

const membersMost = 100; // of a page

/** OpenRoom is a room of a store, with a window of its history while anybody looks. */
export class OpenRoom implements RoomStore {
  readonly view: Cell<RoomView>;
  readonly window: RoomWindow;
  private opens = 0;
  private flying = 0;
  private generation = 0;
  private around = 0; // what loadAround was asked for last
  private loading: RoomView["loading"] = null;
  private problem: Problem | null = null;
  private readonly members = new RoomMembers();
  private readonly missing: Missing;
  private readonly unsent: Unsent;

  constructor(readonly id: ID, private readonly host: RoomHost) {
    this.window = new RoomWindow(host.most);
    this.view = new Cell(() => this.compute());
    this.unsent = new Unsent({ window: this.window, me: () => host.me(), outbox: () => this.outbox, need: (number) => this.need(number) });
    this.missing = new Missing({
      clock: () => host.clock(), onProblem: (problem) => host.onProblem(problem),
      read: async (after, limit) => (await this.fly(host.client.chatMessageList({ room: id, after, limit }, { signal: host.signal }))).items,
      put: (messages, since) => this.take(messages, since),
    });
  }

  /** Whether anybody looks. */
  get isOpen(): boolean {
    return this.opens > 0;
  }

  private get outbox(): readonly OutboxEntry[] {
    return this.host.outbox()?.of(this.id) ?? none;
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
      const kept = await this.host.windows.get(this.id);
      if (kept !== undefined && !this.window.loaded && this.window.messages.length === 0) {
        this.window.showKept(kept.messages, kept.has_before);
        this.learn(kept.messages);
        this.view.changed();
      }
    }
    return this.loadNewest();
  }

  close(): void {
    this.opens = Math.max(0, this.opens - 1);
    if (!this.isOpen) this.unsent.clear();
  }

  loadNewest(): Promise<void> {
    return this.load("newest", {}, (page, since, floor) => this.window.show(page, since, floor));
  }

  // What is on its way to be shown first is not given up for the newest page.
  private loadFirst(): Promise<void> {
    return this.loading === null ? this.loadNewest() : Promise.resolve();
  }

  loadAround(number: number): Promise<void> {
    this.around = number;
    return this.load("around", { around: number }, (page, since, floor) => this.window.show(page, since, floor));
  }

  loadBefore(): Promise<void> {
    const { first, loaded } = this.window;
    if (!loaded) return this.loadFirst();
    if (!this.window.hasBefore || this.loading === "before") return Promise.resolve();
    return this.load("before", { before: first }, (page, since) => {
      if (this.window.first === first) this.window.before(page, since);
    });
  }

  loadAfter(): Promise<void> {
    const { last, loaded } = this.window;
    if (!loaded) return this.loadFirst();
    if (this.loading === "after") return Promise.resolve();
    return this.load("after", { after: last }, (page, since) => this.window.after(page, since));
  }

  /** reload reads the window again: what is shown may be wrong. */
  reload(): Promise<void> {
    this.members.all = null;
    if (!this.window.loaded && !this.isOpen) return Promise.resolve();
    const { first, hasAfter } = this.window;
    if (!this.isOpen) { // read it when it is opened next
      this.window.loaded = false;
      this.window.messages = [];
      return Promise.resolve();
    }
    if (this.loading === "around") return this.loadAround(this.around);
    return hasAfter ? this.loadAround(first + Math.floor(this.host.page / 2)) : this.loadNewest();
  }

  /** reset drops all of it: another user is signed in. */
  reset(): void {
    this.generation++;
    this.window.messages = [];
    this.window.loaded = this.window.hasBefore = this.window.hasAfter = false;
    this.members.all = null;
    this.view.changed();
  }

  /** catchUp reads what is missing at the end: what should have been told and was not. */
  async catchUp(): Promise<void> {
    const newest = this.host.list.get(this.id)?.last_number ?? 0;
    if (!this.window.loaded) return this.isOpen ? this.loadFirst() : undefined;
    this.missing.read();
    if (!this.window.hasAfter && this.window.last < newest) await this.loadAfter();
  }

  private async load(
    what: NonNullable<RoomView["loading"]>, query: { before?: number; after?: number; around?: number },
    put: (page: MessagePage, since: number, floor: number) => void,
  ): Promise<void> {
    this.loading = what;
    await this.host.ready;
    const generation = ++this.generation;
    this.loading = what;
    this.problem = null;
    this.view.changed();
    const since = this.host.clock(), floor = this.host.list.get(this.id)?.last_number ?? 0;
    try {
      const page = await this.fly(this.host.client.chatMessageList(
        { room: this.id, limit: this.host.page, ...query }, { signal: this.host.signal },
      ));
      if (generation !== this.generation) return;
      this.arrived(page.items, since);
      put(page, since, floor);
      this.land(page.items);
      this.host.windows.put(this.id, this.window);
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
      this.missing.arrived(message.number, since);
      this.unsent.arrived(message);
      this.host.pace.told(message, message.user?.id);
      if (this.window.outdated(message, since)) this.need(message.number, true);
    }
  }

  // land confirms what the server has. What is not in its place yet is shown as it was until then.
  private land(messages: readonly Message[]): void {
    for (const message of messages) {
      const entry = this.outbox.find((one) => one.id === message.client_id);
      if (entry === undefined) continue;
      if (this.isWatched) this.unsent.land(message.number, entry);
      this.host.outbox()?.confirm(this.id, entry.id, message);
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
    const page = await this.host.client.roomUserList({ room: this.id, limit: membersMost }, { signal: this.host.signal });
    page.items.forEach((member) => this.host.users.learn(member.user));
    this.members.all = page.next === null ? page.items : null;
    for (const member of page.items) if (member.user.id !== this.host.me()) this.host.receipts.read(this.id, member.user.id, member.last_read_number);
    this.view.changed();
  }

  // What the server's response or an update says of a message.

  /** sent puts in a message that this client sent or changed. */
  sent(message: Message, since: number): void {
    this.take([message], since);
  }

  // take takes in what a response has, but where updates have overtaken it.
  private take(messages: readonly Message[], since: number): void {
    this.arrived(messages, since);
    for (const message of messages) if (this.isWatched && !this.window.changedSince(message.id, since)) this.window.put(message);
    this.land(messages);
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
    }
    if (this.members.apply(update, this.known())) void this.loadMembers().catch((error) => this.host.onProblem(error));
    this.view.changed();
  }

  private message(update: UpdatedMessage, tick: number, kind: string, actor: UserID | undefined): void {
    const known = this.window.find(update.id) ?? this.window.at(update.number);
    // Whether it is one of those that wait here, only its client id tells, which is the author's to see.
    const maybeWaiting = known === undefined && update.user_id !== null && update.user_id === this.host.me()
      && this.outbox.length > 0;
    const { message, partial } = mergeMessage(known, update, this.known());
    const mine = kind.startsWith("reaction_") && actor === this.host.me();
    if (maybeWaiting) this.need(update.number, true);
    else if (!this.isWatched) return;
    else this.window.update(message, tick);
    if (partial && update.deleted_at === null || mine) this.need(update.number);
    if (kind === "message_edited" || kind === "message_deleted") this.replies(update, message);
    if (kind === "message_created" && update.reply_to_id !== null) this.window.replied(update.reply_to_id, tick);
    if (kind === "message_created" && update.reply_to_number !== null) this.need(update.reply_to_number);
    if (kind === "message_deleted") this.recount(update.number, tick);
    this.changed();
  }

  // recount asks for those of the messages before a deleted one that it may have replied to,
  // which a tombstone does not tell: the server counts replies.
  private recount(before: number, tick: number): void {
    this.window.unreplied(tick);
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
    this.missing.add(number);
  }

  private changed(): void {
    this.host.windows.put(this.id, this.window);
    this.view.changed();
  }

  /** userChanged shows what was learned of a user. */
  userChanged(id: UserID): void {
    const user = this.host.users.get(id);
    const changed = this.window.change((message) => withUser(message, user));
    if (this.members.userChanged(user) || changed) this.view.changed();
  }

  private compute(): RoomView {
    return {
      room: this.host.list.get(this.id) ?? null, gone: this.host.gone(this.id),
      messages: this.window.messages, has_before: this.window.hasBefore, has_after: this.window.hasAfter,
      outbox: this.unsent.shown(), loading: this.loading, problem: this.problem, draft: this.host.drafts.get(this.id),
      typing: this.host.typing(this.id), send_at: this.host.pace.until(this.id), members: this.members.all, receipts: this.host.receipts.of(this.id),
    };
  }

  // What its user does.

  send(message: Outgoing): Promise<OutboxEntry> {
    return this.host.enqueue(this.id, message);
  }

  retry(entry: string): Promise<void> {
    return this.host.outbox()?.retry(this.id, entry) ?? Promise.resolve();
  }

  discard(entry: string): Promise<void> {
    return this.host.outbox()?.discard(this.id, entry) ?? Promise.resolve();
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
    this.host.reads.mark(this.id, number);
  }

  async markUnread(number: number): Promise<void> {
    await this.host.client.roomUserUnread({ room: this.id, body: { number } });
    this.host.inbox.ask(this.id);
  }

  setDraft(draft: Draft | null): void {
    this.host.drafts.set(this.id, draft);
  }

  typing(): void {
    this.host.sendTyping(this.id);
  }

  async update(patch: RoomPatch): Promise<Room> {
    const since = this.host.clock();
    const room = await this.host.client.chatRoomUpdate({ room: this.id, body: patch });
    this.host.list.apply(room, since);
    return room;
  }

  async updateMember(user: UserID | "me", patch: RoomUserPatch): Promise<RoomUser> {
    const member = await this.host.client.roomUserUpdate({ room: this.id, user, body: patch });
    if (this.members.replace(member)) this.view.changed();
    this.host.inbox.ask(this.id);
    return member;
  }

  async leave(): Promise<void> {
    await this.host.client.roomUserDelete({ room: this.id, user: "me" });
    this.host.list.remove(this.id);
  }
}

const none: readonly OutboxEntry[] = [];
