import type { ID } from "./api.js";
import type { Draft } from "./store_types.js";
import type { Writes } from "./writes.js";

/** What drafts need of their store. */
export interface DraftsHost {
  readonly writes: Writes;
  /** tell tells other tabs of a draft. */
  tell(room: ID, draft: Draft | null): void;
  changed(room: ID): void;
}

/** Drafts are what is written in each room and not yet sent. */
export class Drafts {
  private readonly drafts = new Map<ID, Draft>();

  constructor(private readonly host: DraftsHost) {}

  get(room: ID): Draft | null {
    return this.drafts.get(room) ?? null;
  }

  set(room: ID, draft: Draft | null): void {
    const kept = draft === null || draft.text === "" && draft.reply_to === null ? null : draft;
    this.host.writes.add({ table: "drafts", key: room, value: kept ?? undefined });
    this.host.tell(room, kept);
    this.heard(room, kept);
  }

  /** sent drops a draft that has become a message: who keeps that, deletes the draft with it. */
  sent(room: ID): void {
    this.drafts.delete(room);
    this.host.writes.drop("drafts", room);
    this.host.tell(room, null);
  }

  /** heard takes what another tab has told. */
  heard(room: ID, draft: Draft | null): void {
    if (draft === null) this.drafts.delete(room);
    else this.drafts.set(room, draft);
    this.host.changed(room);
  }

  /** load takes a draft as it was kept, unless another tab has told of a newer one. */
  load(room: ID, draft: Draft): void {
    if (!this.drafts.has(room)) this.drafts.set(room, draft);
  }

  clear(): void {
    this.drafts.clear();
  }
}
