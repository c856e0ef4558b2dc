import type { RoomStore } from "df-chat-client";
import { useRef, useState } from "preact/hooks";
import { useChat } from "../context";
import type { Language } from "../i18n";
import { nameOf } from "../names";
import { Avatar } from "../parts/avatar";
import type { Member, Room } from "../types";

// mentionAt returns what is written behind an @ before the caret, and null elsewhere.
export const mentionAt = (text: string, caret: number): string | null => /(?:^|[\s(])@([\p{L}\p{N}_.-]{0,40})$/u.exec(text.slice(0, caret))?.[1] ?? null;

// completed puts a member's name in the place of what was written of it.
export function completed(lang: Language, text: string, caret: number, member: Member) {
  const before = text.slice(0, caret).replace(/@[\p{L}\p{N}_.-]*$/u, `@${nameOf(lang, member.user)} `);
  return { text: before + text.slice(caret).replace(/^ /, ""), caret: before.length };
}

// mentionedIn returns whom a text still names of those that were chosen.
export function mentionedIn(text: string, chosen: Map<string, string>): { mentions?: string[]; mention_room?: boolean } {
  const ids = [...chosen].filter(([, name]) => text.includes(`@${name}`)).map(([id]) => id), users = ids.filter((id) => id !== everyone);
  return { ...(users.length > 0 && { mentions: users }), ...(users.length < ids.length && { mention_room: true }) };
}

// everyone stands for all members, where a user's id would.
const everyone = "";

// allOf is the one among the members who stands for all, where one may mention everybody.
function allOf(lang: Language, room: Room, members: readonly Member[]): Member[] {
  const may = room.mention_count !== undefined && (members.length <= 20 || room.my_permissions.includes("can_edit_room"));
  return may && members.length > 2 ? [{ user: { id: everyone, name: lang.t("everyone") } } as Member] : [];
}

export interface MentionState {
  open: boolean; at: number; found: Member[]; chosen: { current: Map<string, string> };
  look(query: string | null): void;
  choose(lang: Language, member: Member): void;
  keys(e: KeyboardEvent, choose: (member: Member) => void): boolean;
}

export function useMentions(room: Room, store: RoomStore, members: readonly Member[] | null, me: string | undefined): MentionState {
  const { lang } = useChat();
  const [query, setQuery] = useState<string | null>(null);
  const [at, setAt] = useState(0);
  const chosen = useRef(new Map<string, string>());
  const words = query?.toLocaleLowerCase() ?? "";
  const found = query === null || room.type === "private_messages" ? [] : [...members ?? [], ...allOf(lang, room, members ?? [])].filter((m) => m.user.id !== me
    && nameOf(lang, m.user).toLocaleLowerCase().split(/\s+/).some((w) => w.startsWith(words))).slice(0, 6);
  const open = found.length > 0;
  return {
    open, at: Math.min(at, found.length - 1), found, chosen,
    look: (q) => {
      if (q !== null && members === null) store.loadMembers().catch(() => {});
      setQuery(q);
      setAt(0);
    },
    choose: (language, member) => { chosen.current.set(member.user.id, nameOf(language, member.user)); setQuery(null); },
    keys: (e, choose) => {
      if (!open) return false;
      const by = { ArrowDown: 1, ArrowUp: -1 }[e.key];
      if (by) setAt((Math.min(at, found.length - 1) + by + found.length) % found.length);
      else if (e.key === "Enter" || e.key === "Tab") choose(found[Math.min(at, found.length - 1)]!);
      else if (e.key === "Escape") setQuery(null);
      else return false;
      e.preventDefault();
      return true;
    },
  };
}

// Mentions lists the members whose name begins with what is written behind an @.
export function Mentions({ state, choose }: { state: MentionState; choose(member: Member): void }) {
  const { lang } = useChat();
  if (!state.open) return null;
  return (
    <ul class="mentions" id="mentions" role="listbox" aria-label={lang.t("members")}>
      {state.found.map((m, i) => (
        <li key={m.user.id} id={`mention-${i}`} role="option" aria-selected={i === state.at} class="person" onMouseDown={(e) => { e.preventDefault(); choose(m); }}>
          <Avatar name={nameOf(lang, m.user)} url={m.user.avatar_url} id={m.user.id} size={28} /><span class="lines cut" dir="auto">{nameOf(lang, m.user)}</span>
        </li>))}
    </ul>
  );
}
