import type { ID, Room, User } from "./api.js";
import { Cell } from "./cell.js";
import type { Draft, OutboxEntry, RoomEntry, UnreadTotals } from "./store_types.js";
import { totals } from "./store_values.js";

/** What the entries of the list are made of. */
export interface EntriesHost {
  sorted(): Room[];
  outbox(room: ID): readonly OutboxEntry[];
  draft(room: ID): Draft | null;
  typing(room: ID): readonly User[];
}

/** Entries are the list of rooms as it is shown: each is made once, until something of it changes. */
export class Entries {
  readonly rooms = new Cell<readonly RoomEntry[]>(() => this.shown(false));
  readonly archived = new Cell<readonly RoomEntry[]>(() => this.shown(true));
  readonly unread = new Cell<UnreadTotals>(() => totals(this.host.sorted()));
  private readonly made = new Map<ID, RoomEntry>();

  constructor(private readonly host: EntriesHost) {}

  /** changed takes a change of a room, or of all. */
  changed(room?: ID): void {
    if (room === undefined) this.made.clear();
    else this.made.delete(room);
    this.rooms.changed();
    this.archived.changed();
    this.unread.changed();
  }

  private shown(archived: boolean): RoomEntry[] {
    return this.host.sorted().filter((room) => room.hidden === archived).map((room) => this.entry(room));
  }

  private entry(room: Room): RoomEntry {
    const known = this.made.get(room.id);
    if (known !== undefined) return known;
    const queued = this.host.outbox(room.id);
    const failed = queued.filter((entry) => entry.state === "failed").length;
    const entry = { room, draft: this.host.draft(room.id), waiting: queued.length - failed, failed, typing: this.host.typing(room.id) };
    this.made.set(room.id, entry);
    return entry;
  }
}
