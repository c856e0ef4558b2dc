import type { ID, UpdateOfTyping, UserID } from "./api.js";

// A client tells once in so many milliseconds that its user writes: the server passes on what comes 3
// seconds after the last.
const repeat = 3200;

/** Typing is who is writing where, until they stop, and when one has told it oneself. */
export class Typing {
  private readonly rooms = new Map<ID, Map<UserID, ReturnType<typeof setTimeout>>>();
  private readonly told = new Map<ID, number>();
  private readonly later = new Map<ID, ReturnType<typeof setTimeout>>();

  constructor(private readonly changed: (room: ID) => void) {}

  in(room: ID): UserID[] {
    return [...this.rooms.get(room)?.keys() ?? []];
  }

  /** update takes what another client has told: it holds for a time of the server's. */
  update(update: UpdateOfTyping): void {
    const { room_id: room, user_id: user } = update;
    const lasts = Date.parse(update.expires_at) - Date.parse(update.created_at);
    this.stop(room, user);
    const users = this.rooms.get(room) ?? new Map<UserID, ReturnType<typeof setTimeout>>();
    this.rooms.set(room, users.set(user, setTimeout(() => this.stop(room, user), Math.max(lasts, 0))));
    this.changed(room);
  }

  /** stop is for who has sent what they wrote. */
  stop(room: ID, user: UserID): void {
    const users = this.rooms.get(room);
    if (users?.has(user) !== true) return;
    clearTimeout(users.get(user));
    users.delete(user);
    this.changed(room);
  }

  /** write tells that one is writing in a room: at once, or when it is time to tell it again. */
  write(room: ID, tell: () => void): void {
    const wait = (this.told.get(room) ?? -Infinity) + repeat - Date.now();
    const now = () => {
      this.later.delete(room);
      this.told.set(room, Date.now());
      tell();
    };
    if (wait <= 0) now();
    else if (!this.later.has(room)) this.later.set(room, setTimeout(now, wait));
  }

  /** sent is for what one has written oneself. */
  sent(room: ID): void {
    clearTimeout(this.later.get(room));
    this.later.delete(room);
  }

  clear(): void {
    for (const users of this.rooms.values()) for (const timer of users.values()) clearTimeout(timer);
    this.rooms.clear();
    for (const timer of this.later.values()) clearTimeout(timer);
    this.later.clear();
  }
}
