import type { ID, Room, UserID } from "./api.js";
import { Ends } from "./ends.js";

/** What the pace needs of its store. */
export interface PaceHost {
  me(): UserID | null;
  room(id: ID): Room | undefined;
  /** changed is called when one has to wait, or need not wait any longer; it calls roomChanged. */
  changed(room: ID): void;
}

/** Pace is when one may send again in rooms in slow mode, as far as it is known here. */
export class Pace {
  private readonly last = new Map<ID, number>(); // when one sent last, by Date.now()
  private readonly ends = new Ends((room) => this.host.changed(room));

  constructor(private readonly host: PaceHost) {}

  /** until returns when one may send, by Date.now(); null: now. */
  until(id: ID): number | null {
    const at = (this.last.get(id) ?? -Infinity) + pauseOf(this.host.room(id));
    return at > Date.now() ? at : null;
  }

  /** refused takes how many milliseconds the server says are left. */
  refused(room: ID, left: number): void {
    this.sent(room, Date.now() + left - pauseOf(this.host.room(room)));
  }

  /** sent takes when one has sent a message. */
  sent(room: ID, at: number): void {
    this.last.set(room, Math.max(at, this.last.get(room) ?? 0));
    this.host.changed(room);
  }

  /** told takes a message that the server tells of, with the time of the server's clock. */
  told(message: { room_id: ID; created_at: string }, author: UserID | null | undefined): void {
    if (author != null && author === this.host.me()) this.sent(message.room_id, Math.min(Date.now(), Date.parse(message.created_at)));
  }

  /** roomChanged looks at the room's slow mode, and at what one may do in it. */
  roomChanged(room: ID): void {
    if (this.last.has(room)) this.ends.set(room, this.until(room));
  }

  clear(): void {
    this.last.clear();
    this.ends.clear();
  }
}

// Who may delete the messages of others does not wait.
function pauseOf(room: Room | undefined): number {
  return room === undefined || room.my_permissions.includes("can_delete_messages") ? 0 : room.slow_mode * 1000;
}
