import type { ID, Message, MessagePage } from "./api.js";

/**
 * A RoomWindow is a part of a room's history without gaps. What comes before its place is kept
 * aside until the gap is closed.
 *
 * Responses are read from the server at some time between the request and its arrival, and
 * updates come in between: so each message remembers at which tick of a clock an update changed
 * it, and a response to a request of an earlier tick does not undo that.
 */
export class RoomWindow {
  messages: readonly Message[] = [];
  hasBefore = false;
  hasAfter = false;
  /** Messages were put in by a page; false: it is empty, or shows what was kept. */
  loaded = false;
  private floor = 0; // the newest number when the window was found empty
  private readonly ticks = new Map<ID, number>();
  private deleted = 0; // when a message was last
  private readonly aside = new Map<number, Message>();

  constructor(private readonly most: number) {}

  get first(): number {
    return this.messages[0]?.number ?? 0;
  }

  get last(): number {
    return this.messages.at(-1)?.number ?? this.floor;
  }

  find(id: ID): Message | undefined {
    return this.messages.find((message) => message.id === id) ?? [...this.aside.values()].find((message) => message.id === id);
  }

  at(number: number): Message | undefined {
    return this.messages[number - this.first] ?? this.aside.get(number);
  }

  /** changedSince tells whether an update changed a message after a tick. */
  changedSince(id: ID, tick: number): boolean {
    return (this.ticks.get(id) ?? 0) > tick;
  }

  /**
   * outdated tells whether updates have changed, after a tick, what a response shows of a message: it
   * itself, what it replies to, or how many reply to it.
   */
  outdated(message: Message, since: number): boolean {
    return this.changedSince(message.id, since) || message.reply_to !== null && this.changedSince(message.reply_to.id, since)
      || message.reply_count > 0 && this.deleted > since;
  }

  /** replied takes that a message has one more reply. */
  replied(id: ID, tick: number): void {
    this.ticks.set(id, tick);
  }

  /** unreplied takes that a message was deleted, which may have replied to any. */
  unreplied(tick: number): void {
    this.deleted = tick;
  }

  /** forget forgets when updates came: no response is on its way. */
  forget(): void {
    this.ticks.clear();
  }

  /** showKept shows what was kept, until there is a page. What was told since is newer. */
  showKept(messages: readonly Message[], hasBefore: boolean): void {
    this.messages = messages.map((message) => this.aside.get(message.number) ?? message);
    this.hasBefore = hasBefore;
    this.settle();
  }

  /** update puts in a message as an update has it. */
  update(message: Message, tick: number): void {
    this.ticks.set(message.id, tick);
    this.put(message);
  }

  /** put puts a message in its place: in the window, after it, or aside. */
  put(message: Message): void {
    const place = message.number - this.first;
    if (this.messages[place] !== undefined) {
      this.messages = this.messages.map((one, i) => i === place ? message : one);
      return;
    }
    if (this.messages.length > 0 && message.number < this.first || this.hasAfter && this.loaded) return;
    this.aside.set(message.number, message);
    this.drain();
  }

  /** isAside tells whether a message waits for others before it. */
  isAside(number: number): boolean {
    return !this.hasAfter && this.aside.has(number);
  }

  /** Whether messages are missing between the window and what is aside. */
  get isGap(): boolean {
    return this.loaded && !this.hasAfter && this.aside.size > 0;
  }

  /**
   * show puts a page in place of the window, which keeps what updates have told since a tick. Floor
   * is the number of the newest message as it was known then.
   */
  show(page: MessagePage, since: number, floor: number): void {
    for (const message of this.messages) this.aside.set(message.number, message); // what is newer than the page stays
    const known = new Map([...this.aside.values()].map((message) => [message.id, message]));
    this.messages = page.items.map((message) => this.newer(message, known.get(message.id), since));
    this.hasBefore = page.has_before;
    this.hasAfter = page.has_after;
    this.loaded = true;
    this.floor = floor;
    this.settle();
    if (!this.hasAfter) this.drain();
    else this.aside.clear();
  }

  /** before puts a page of older messages at the beginning; what is too much goes at the end. */
  before(page: MessagePage, since: number): void {
    const older = page.items.filter((message) => message.number < this.first).map((message) => this.newer(message, undefined, since));
    this.messages = [...older, ...this.messages];
    this.hasBefore = page.has_before;
    if (this.messages.length > this.most) {
      this.messages = this.messages.slice(0, this.most);
      this.hasAfter = true;
      this.aside.clear();
    }
  }

  /** after puts a page of newer messages at the end; what is too much goes at the beginning. */
  after(page: MessagePage, since: number): void {
    const end = page.items.at(-1)?.number;
    if (end !== undefined && end < this.last) return; // updates have told of what comes after it since
    const next = page.items.filter((message) => message.number > this.last).map((message) => this.newer(message, this.aside.get(message.number), since));
    if (next.length > 0 && this.messages.length > 0 && next[0]!.number !== this.last + 1) return;
    this.messages = [...this.messages, ...next];
    this.hasAfter = page.has_after;
    this.settle();
    if (!this.hasAfter) this.drain();
    this.trimBefore();
  }

  /** change replaces messages; the function returns the same for those that stay. */
  change(by: (message: Message) => Message): boolean {
    let changed = false;
    const replaced = this.messages.map((message) => {
      const other = by(message);
      changed ||= other !== message;
      return other;
    });
    if (changed) this.messages = replaced;
    for (const [number, message] of this.aside) this.aside.set(number, by(message));
    return changed;
  }

  // settle drops what is aside and has its place.
  private settle(): void {
    for (const number of this.aside.keys()) if (number <= this.last) this.aside.delete(number);
  }

  private newer(fetched: Message, known: Message | undefined, since: number): Message {
    return known !== undefined && this.changedSince(known.id, since) ? known : fetched;
  }

  private drain(): void {
    if (!this.loaded) return;
    for (let next = this.aside.get(this.last + 1); next !== undefined; next = this.aside.get(this.last + 1)) {
      this.messages = [...this.messages, next];
      this.aside.delete(next.number);
    }
    this.trimBefore();
  }

  private trimBefore(): void {
    if (this.messages.length <= this.most) return;
    this.messages = this.messages.slice(-this.most);
    this.hasBefore = true;
  }
}
