import type { ID, UserID } from "./api.js";

/** Receipts are how far others have read in each room, as far as it is known. */
export class Receipts {
  private readonly rooms = new Map<ID, ReadonlyMap<UserID, number>>();

  constructor(private readonly changed: (room: ID) => void) {}

  of(room: ID): ReadonlyMap<UserID, number> {
    return this.rooms.get(room) ?? none;
  }

  /** read moves a marker: it never goes back. */
  read(room: ID, user: UserID, number: number): void {
    const known = this.of(room);
    if ((known.get(user) ?? 0) >= number) return;
    this.rooms.set(room, new Map([...known, [user, number]]));
    this.changed(room);
  }

  drop(room: ID): void {
    this.rooms.delete(room);
  }
}

const none: ReadonlyMap<UserID, number> = new Map();
