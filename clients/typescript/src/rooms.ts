import type { ID, Room, RoomState, UpdatedMessage, UpdateOfMessage, UserID } from "./api.js";
import { Ends } from "./ends.js";
import { asListed, lastOf, mergeRoom } from "./merge.js";
import type { StreamUpdate } from "./sequence.js";
import type { Users } from "./users.js";

/** What the list of rooms needs of its store. */
export interface RoomsHost {
  readonly users: Users;
  me(): UserID | null;
  /** changed is called for each room that has changed; it is kept then. */
  changed(id: ID): void;
  /** ask reads a room again, soon: only the server knows all of it. */
  ask(id: ID): void;
  /** removed is called for a room in which one no longer is. */
  removed(id: ID): void;
}

/** Rooms are one's rooms, by snapshots of the server and by updates. */
export class Rooms {
  private readonly rooms = new Map<ID, Room>();
  private readonly ticks = new Map<ID, number>(); // when an update last changed one
  private readonly own = new Map<ID, number>(); // when an update last changed one's own state in it
  private readonly mutes = new Ends((id) => this.muteEnded(id));
  readonly reads = new Map<ID, number>(); // markers that the server does not have yet

  constructor(private readonly host: RoomsHost) {}

  get(id: ID): Room | undefined {
    return this.rooms.get(id);
  }

  ids(): ID[] {
    return [...this.rooms.keys()];
  }

  sorted(): Room[] {
    return [...this.rooms.values()].sort(asListed);
  }

  seqs(): [ID, number][] {
    return [...this.rooms.values()].map((room) => [room.id, room.last_seq]);
  }

  /** put takes a room as it was kept. */
  put(room: Room): void {
    this.rooms.set(room.id, room);
    this.watchMute(room);
    this.learn(room);
  }

  clear(): void {
    this.rooms.clear();
    this.reads.clear();
    this.mutes.clear();
  }

  close(): void {
    this.mutes.clear();
  }

  /** changedSince tells whether an update changed a room after a tick. */
  changedSince(id: ID, tick: number): boolean {
    return (this.ticks.get(id) ?? 0) > tick;
  }

  /** apply takes a room as a response has it, to a request of a tick. */
  apply(snapshot: Room, since: number): void {
    const known = this.rooms.get(snapshot.id);
    if (!snapshot.is_member) return this.remove(snapshot.id);
    this.learn(snapshot);
    const before = known !== undefined && snapshot.last_seq < known.last_seq;
    if (before && this.changedSince(snapshot.id, since)) return this.host.ask(snapshot.id); // it is older than what is known
    let room = snapshot;
    if (known?.last_message !== undefined && room.last_message === undefined && room.last_number > 0) { // not in this response
      room = { ...room, last_message: known.last_message };
    }
    if (known !== undefined && (this.own.get(room.id) ?? 0) > since) {
      const { muted, muted_until, hidden, pinned, marked_unread } = known;
      room = { ...room, muted, muted_until, hidden, pinned, marked_unread, last_read_number: Math.max(room.last_read_number, known.last_read_number) };
      this.host.ask(room.id);
    }
    this.set(room);
  }

  /** hello takes one's own state, and returns the rooms that are not known. */
  hello(states: readonly RoomState[], tick: number): ID[] {
    const there = new Set(states.map((state) => state.room_id));
    for (const id of this.ids()) if (!there.has(id)) this.remove(id);
    const unknown: ID[] = [];
    for (const state of states) {
      const room = this.rooms.get(state.room_id);
      if (room === undefined) {
        unknown.push(state.room_id);
        continue;
      }
      this.state(room, state, tick);
    }
    return unknown;
  }

  /** differs tells whether a room is not what the server says of it. */
  differs(state: RoomState): boolean {
    const room = this.rooms.get(state.room_id);
    return room === undefined || room.last_seq < state.seq || room.last_number < state.last_number
      || room.last_read_number < state.last_read_number;
  }

  // state takes one's own state in a room, wherever it was changed.
  private state(room: Room, state: RoomState, tick: number): void {
    const own = {
      muted: state.muted, muted_until: state.muted_until ?? null, hidden: state.hidden ?? false, pinned: state.pinned ?? false,
      marked_unread: state.marked_unread ?? null,
    };
    const differ = (Object.keys(own) as (keyof typeof own)[]).filter((key) => room[key] !== own[key]);
    if (differ.length > 0) {
      this.own.set(room.id, tick);
      this.change(room, own);
      if (differ.includes("marked_unread")) this.host.ask(room.id); // what is unread only the server knows
    }
    if (own.marked_unread === null) this.read(room.id, state.last_read_number, tick);
  }

  /** read moves one's marker, and takes a mark as unread away; a smaller number than before moves nothing. */
  read(id: ID, number: number, tick: number): void {
    const room = this.rooms.get(id);
    if (room === undefined || number <= room.last_read_number && room.marked_unread === null) return;
    this.own.set(id, tick);
    const upTo = Math.max(number, room.last_read_number);
    const unread = upTo >= room.last_number ? 0 : Math.min(room.unread, room.last_number - upTo);
    const mention_count = unread === 0 ? 0 : room.mention_count;
    this.change(room, { last_read_number: upTo, unread, mention_count, marked_unread: null });
    if (unread > 0) this.host.ask(id); // tombstones are not unread, nor is what one wrote
  }

  /** update takes an update in. */
  update(update: StreamUpdate, tick: number): void {
    if (!("room_id" in update) || update.room_id === undefined) return;
    const room = this.rooms.get(update.room_id);
    if ("seq" in update) this.ticks.set(update.room_id, tick);
    if (room === undefined) {
      if (update.kind === "user_added" && update.user_id === this.host.me() || update.kind === "room_state") this.host.ask(update.room_id);
      return;
    }
    this.known(room, update, tick);
    const current = this.rooms.get(update.room_id);
    if (current !== undefined && "seq" in update && update.seq > current.last_seq) this.change(current, { last_seq: update.seq });
  }

  private known(room: Room, update: StreamUpdate, tick: number): void {
    const mine = "user_id" in update && update.user_id === this.host.me();
    switch (update.kind) {
      case "room_deleted":
        return this.remove(room.id);
      case "user_removed":
      case "user_banned":
        if (mine) this.remove(room.id);
        return;
      case "room_created":
      case "room_updated":
      case "owner_changed": {
        if (update.room === undefined) return;
        const merged = mergeRoom(room, update.room);
        this.set(merged.room);
        if (merged.partial) this.host.ask(room.id);
        return;
      }
      case "user_updated":
        if (mine && update.member !== undefined) this.change(room, { my_permissions: update.member.effective_permissions });
        return;
      case "message_created":
      case "message_edited":
      case "message_deleted":
        return this.message(room, update);
      case "muted":
        if (!mine) return;
        this.own.set(room.id, tick);
        return this.change(room, { muted: update.muted, muted_until: update.muted_until ?? null });
      case "read_marker":
        if (!mine) return;
        if (update.marked_unread === undefined) return this.read(room.id, update.number, tick);
        this.own.set(room.id, tick);
        this.change(room, { marked_unread: update.marked_unread, last_read_number: Math.max(room.last_read_number, update.number) });
        return this.host.ask(room.id);
      case "own_state":
        if (mine) this.state(room, update.rooms[0]!, tick);
        return;
      case "receipt":
      case "typing":
      case "hidden":
      case "reaction_added":
      case "reaction_removed":
      case "message_pinned":
      case "message_unpinned":
      case "user_added":
      case "user_unbanned":
        return;
      default: // what a later server may tell
        this.host.ask(room.id);
    }
  }

  private message(room: Room, update: UpdateOfMessage): void {
    const { message } = update;
    if (message === undefined) return;
    const change: Partial<Room> = {};
    if (update.kind === "message_created" && message.number > room.last_number) {
      const mine = message.user_id !== null && message.user_id === this.host.me();
      change.last_number = message.number;
      change.last_message_at = message.created_at;
      change.unread = mine ? 0 : room.unread + 1;
      change.mention_count = mine ? 0 : room.mention_count + (this.mentioned(message) ? 1 : 0);
      if (mine) {
        change.last_read_number = Math.max(room.last_read_number, message.number);
        change.marked_unread = null;
      }
      if (!room.muted) change.hidden = false; // a newer message brings it back
    }
    if (message.number >= (room.last_message?.number ?? 0)) {
      const { last, partial } = lastOf(room, message, (id) => this.host.users.get(id));
      change.last_message = last;
      if (partial) this.host.ask(room.id);
    }
    const mentions = room.mention_count > 0 || this.mentioned(message);
    if (update.kind === "message_deleted" && room.unread > 0 || update.kind === "message_edited" && mentions) this.host.ask(room.id);
    if (Object.keys(change).length > 0) this.change(room, change);
  }

  private mentioned(message: UpdatedMessage): boolean {
    const me = this.host.me();
    return message.mention_room || me !== null && message.mentions.includes(me);
  }

  remove(id: ID): void {
    this.mutes.set(id, null);
    if (this.rooms.delete(id)) this.host.removed(id);
  }

  /** userChanged shows what was learned of a user. */
  userChanged(id: UserID): void {
    const user = this.host.users.get(id);
    for (const room of this.rooms.values()) {
      const change: Partial<Room> = {};
      if (room.owner?.id === id) change.owner = user;
      if (room.other?.id === id) change.other = { ...room.other, ...user };
      if (room.last_message?.user?.id === id) change.last_message = { ...room.last_message, user };
      if (Object.keys(change).length > 0) this.change(room, change);
    }
  }

  private change(room: Room, change: Partial<Room>): void {
    this.set({ ...room, ...change });
  }

  // What was read here holds, though the server does not know it yet.
  private set(room: Room): void {
    const read = this.reads.get(room.id) ?? 0;
    if (read > room.last_read_number || read > 0 && room.marked_unread !== null) {
      const unread = read >= room.last_number ? 0 : Math.min(room.unread, room.last_number - read);
      room = { ...room, last_read_number: Math.max(read, room.last_read_number), unread, mention_count: unread === 0 ? 0 : room.mention_count, marked_unread: null };
    }
    this.rooms.set(room.id, room);
    this.watchMute(room);
    this.host.changed(room.id);
  }

  // watchMute notices the end of a mute when it comes: no update tells of it.
  private watchMute(room: Room): void {
    this.mutes.set(room.id, room.muted && room.muted_until !== null ? Date.parse(room.muted_until) : null);
  }

  private muteEnded(id: ID): void {
    const room = this.rooms.get(id);
    if (room !== undefined) this.change(room, { muted: false, muted_until: null });
  }

  private learn(room: Room): void {
    this.host.users.learn(room.owner);
    this.host.users.learn(room.other);
    this.host.users.learn(room.last_message?.user);
  }
}
