import type { OutboxEntry, RoomStore } from "df-chat-client";
import type { ComponentChildren } from "preact";
import { dayOf, type Language } from "../i18n";
import type { Message, Room } from "../types";
import { type Acts, Bubble } from "./bubble";
import { Pending } from "./pending";

export interface RowsOf {
  lang: Language; room: Room; me: string | undefined; messages: readonly Message[]; outbox: readonly OutboxEntry[]; receipts: ReadonlyMap<string, number>;
  // The number behind which what is unread began when the room was opened; 0: nothing was.
  unreadAfter: number; after: boolean; store: RoomStore; acts: Acts;
}

const together = 5 * 60e3;

// rowsOf returns the rows of a history: days, the line above what is new, notices, messages,
// and what is not sent yet.
export function rowsOf(of: RowsOf): ComponentChildren[] {
  const { lang, room, me, messages, acts, store } = of, { t } = lang;
  const rows: ComponentChildren[] = [], group = room.type !== "private_messages", may = room.my_permissions.includes("can_create_messages");
  const mayReact = room.is_member && (group || room.other !== null);
  const marks = [...of.receipts].filter(([user]) => user !== me).map(([, number]) => number);
  let day = NaN, divided = of.unreadAfter === 0;
  messages.forEach((m, i) => {
    const at = new Date(m.created_at), today = dayOf(at);
    let joined = true;
    if (today !== day) {
      day = today;
      joined = false;
      rows.push(<li key={`day${day}`} class="day"><h3>{lang.day(at)}</h3></li>);
    }
    if (!divided && m.number > of.unreadAfter && m.user?.id !== me) {
      divided = true;
      joined = false;
      rows.push(<li key="new" class="new"><span>{t("new_messages")}</span></li>);
    }
    if (m.author_kind === "system" && !m.deleted_at) {
      rows.push(<li key={m.id} data-id={m.id} data-number={m.number} tabIndex={-1} class="notice"><span dir="auto">{m.text}</span></li>);
      return;
    }
    const mine = m.user !== null && m.user.id === me, before = messages[i - 1], next = messages[i + 1];
    const first = !joined || !near(before, m), last = !near(m, next) || (next !== undefined && dayOf(new Date(next.created_at)) !== today);
    const read = mine ? marks.filter((n) => n >= m.number).length : 0;
    rows.push(
      <li key={m.client_id ?? m.id} data-id={m.id} data-number={m.number} tabIndex={-1}>
        <Bubble m={m} mine={mine} first={first} last={last && !(mine && next === undefined && of.outbox.length > 0)} group={group} may={may} mayReact={mayReact} read={read} acts={acts} />
      </li>);
  });
  if (!of.after) {
    of.outbox.forEach((entry, i) => rows.push(
      <li key={entry.id} data-client-id={entry.id}>
        <Pending entry={entry} store={store} first={i === 0 && messages.at(-1)?.user?.id !== me} last={i === of.outbox.length - 1} />
      </li>));
  }
  return rows;
}

// near reports whether two messages are shown as one group.
function near(a: Message | undefined, b: Message | undefined): boolean {
  return a !== undefined && b !== undefined && a.author_kind === b.author_kind && a.author_kind !== "system" && a.user?.id === b.user?.id
    && Date.parse(b.created_at) - Date.parse(a.created_at) < together;
}
