import type { ComponentChild } from "preact";
import { useEffect, useState } from "preact/hooks";
import { useChat } from "../context";
import { authorOf, nameOf, problemText, titleOf } from "../names";
import { Avatar } from "../parts/avatar";
import { Icon } from "../parts/icon";
import { findUsers, messageSearch, type FoundMessage } from "../search";
import type { Room, User } from "../types";
import { Preview } from "./preview";

// Of three searches one may fail: then it is said why, beside what the others found.
interface Found { people: User[]; rooms: Room[]; messages: FoundMessage[]; next: string | null; problem: unknown }

// Results are what the field of the list finds beside one's rooms: people, public rooms, and messages.
export function Results({ query, done, none }: { query: string; done(): void; none: boolean }) {
  const chat = useChat(), { lang, client } = chat, { t } = lang;
  const [found, setFound] = useState<Found | null>(null);
  const [tries, setTries] = useState(0);

  useEffect(() => {
    const gone = new AbortController(), { signal } = gone, q = query.trim();
    setFound(null);
    const timer = setTimeout(async () => {
      if (!q) return;
      // The server makes two searches of a user at a time.
      const finding = findUsers(chat, q, signal);
      const third = async () => chat.server.search && q.length > 1 ? messageSearch(chat, q, undefined, undefined, signal) : { items: [], next: null };
      const [people, rooms, messages] = await Promise.allSettled([finding, client.chatRoomList({ q, limit: 10 }, { signal, retries: 1 }), finding.then(third, third)]);
      if (signal.aborted) return;
      const problem = [messages, rooms, people].find((search) => search.status === "rejected")?.reason ?? null;
      setFound({
        people: people.status === "fulfilled" ? people.value.filter((u) => u.id !== chat.me?.id) : [],
        rooms: rooms.status === "fulfilled" ? (rooms.value.items as unknown as Room[]).filter((r) => !r.is_member) : [],
        messages: messages.status === "fulfilled" ? messages.value.items : [], next: messages.status === "fulfilled" ? messages.value.next : null, problem,
      });
    }, 250);
    return () => { clearTimeout(timer); gone.abort(); };
  }, [query, tries]);

  if (!found) return <p class="none"><i class="spin" /></p>;
  const more = async () => {
    await chat.attempt(async () => {
      const page = await messageSearch(chat, query.trim(), undefined, found.next!);
      setFound({ ...found, messages: [...found.messages, ...page.items], next: page.next });
    });
  };
  const titleFor = (id: string) => {
    const { room } = chat.store.room(id).view.get();
    return room ? titleOf(lang, room as unknown as Room) : "";
  };
  const nothing = none && !found.problem && found.people.length + found.rooms.length + found.messages.length === 0;
  return (
    <div class="results">
      {found.people.length > 0 && <section><h3>{t("people")}</h3><div class="people">{found.people.slice(0, 8).map((u) => (
        <button type="button" class="person" onClick={() => chat.attempt(async () => { chat.open((await chat.store.openPrivate(u.id)).id); done(); })}>
          <Avatar name={nameOf(lang, u)} url={u.avatar_url} id={u.id} /><span class="lines cut" dir="auto">{nameOf(lang, u)}</span>
        </button>))}</div></section>}
      {found.rooms.length > 0 && <section><h3>{t("public_rooms")}</h3><div class="people">{found.rooms.map((r) => (
        <button type="button" class="person" onClick={() => { chat.show(<Preview room={r} joined={done} />); }}>
          <Avatar name={r.name} url={r.avatar_url} id={r.id} /><span class="lines"><b class="cut" dir="auto">{r.name}</b><small class="cut" dir="auto">{r.description || (r.member_count !== undefined ? t("members_count", { n: r.member_count }) : "")}</small></span><Icon name="globe" />
        </button>))}</div></section>}
      {found.messages.length > 0 && <section><h3>{t("messages")}</h3>{found.messages.map((hit) => <Hit hit={hit} room={titleFor(hit.message.room_id)} />)}
        {found.next && <button type="button" class="button" onClick={more}>{t("more_results")}</button>}</section>}
      {found.problem !== null && <SearchFailed problem={found.problem} again={() => setTries(tries + 1)} />}
      {nothing && <p class="none">{t("nothing_found")}</p>}
    </div>
  );
}

// SearchFailed says in words why there may be more than was found.
export function SearchFailed({ problem, again }: { problem: unknown; again(): void }) {
  const { lang } = useChat();
  return <p class="none" role="alert">{problemText(lang, problem)} <button type="button" class="button" onClick={again}>{lang.t("try_again")}</button></p>;
}

// Hit is a message that a search found.
export function Hit({ hit: { message: m, matches }, room, chosen }: { hit: FoundMessage; room?: string; chosen?(): void }) {
  const { lang, open } = useChat();
  return (
    <button type="button" class="found" onClick={() => { open(m.room_id, m.number); chosen?.(); }}>
      <span class="top"><b class="cut" dir="auto">{authorOf(lang, m)}{room && <small> · {room}</small>}</b><time dateTime={m.created_at}>{lang.when(new Date(m.created_at))}</time></span>
      <span class="text" dir="auto">{marked(m.text, matches)}</span>
    </button>
  );
}

// marked shows the text from somewhat before the first match on.
function marked(text: string, matches: FoundMessage["matches"]) {
  const letters = [...text], part = (from: number, to?: number) => letters.slice(from, to).join("");
  let at = matches.length && matches[0]!.start > 120 ? matches[0]!.start - 60 : 0;
  const parts: ComponentChild[] = at ? ["…"] : [];
  for (const { start, end } of matches) {
    parts.push(part(at, start), <mark>{part(start, end)}</mark>);
    at = end;
  }
  return [...parts, part(at)];
}
