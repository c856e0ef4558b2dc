import type { RoomUser, UpdatedMember, User, UserID } from "./api.js";
import { type Known, mergeMember } from "./merge.js";
import type { StreamUpdate } from "./sequence.js";

/** RoomMembers are the members of an open room, once they were asked for. */
export class RoomMembers {
  /** Null until they are read, and of rooms with more than a page of them. */
  all: readonly RoomUser[] | null = null;

  /** apply takes an update; it returns whether the members are to be read again. */
  apply(update: StreamUpdate, known: Known): boolean {
    if (this.all === null) return false;
    switch (update.kind) {
      case "user_added":
      case "user_updated":
        if (update.member !== undefined) this.put(update.member, known);
        return false;
      case "user_removed":
      case "user_banned":
        this.all = this.all.filter((one) => one.user.id !== update.user_id);
        return false;
    }
    return update.kind === "owner_changed";
  }

  private put(member: UpdatedMember, from: Known): void {
    const all = this.all!, known = all.find((one) => one.user.id === member.user_id);
    const merged = mergeMember(known, member, from);
    this.all = known === undefined ? [...all, merged] : all.map((one) => one === known ? merged : one);
  }

  /** replace takes a member as a response has them, and returns whether they were there. */
  replace(member: RoomUser): boolean {
    return this.change(member.user.id, () => member);
  }

  /** userChanged shows what was learned of a user, and returns whether they are a member. */
  userChanged(user: User): boolean {
    return this.change(user.id, (member) => ({ ...member, user }));
  }

  private change(id: UserID, by: (member: RoomUser) => RoomUser): boolean {
    if (this.all?.some((member) => member.user.id === id) !== true) return false;
    this.all = this.all.map((member) => member.user.id === id ? by(member) : member);
    return true;
  }
}
