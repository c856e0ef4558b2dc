import type { RoomEntry } from "df-chat-client";
import { useCallback, useEffect, useMemo, useRef, useState } from "preact/hooks";
import { useChat, useReadable } from "../context";
import { titleOf } from "../names";
import { Icon } from "../parts/icon";
import { Archive, NewRoom, Results } from "../parts/later";
import { Menu } from "../parts/menu";
import { isUnread, type Room } from "../types";
import { roomItems } from "./actions";
import { Item } from "./item";

type Filter = "all" | "unread" | "archived";
const first = 40, step = 200;

// Rooms is the list of one's rooms, with a field that finds rooms, people and messages.
export function Rooms({ current }: { current: string | null }) {
  const chat = useChat(), { t } = chat.lang;
  const entries = useReadable(chat.store.rooms), loaded = useReadable(chat.store.loaded);
  const [query, setQuery] = useState("");
  const [filter, setFilter] = useState<Filter>("all");
  const [menu, setMenu] = useState<{ entry: RoomEntry; at: Element | { x: number; y: number } } | null>(null);
  const openMenu = useCallback((entry: RoomEntry, at: Element | { x: number; y: number }) => setMenu({ entry, at }), []);

  const shown = useMemo(() => select(entries, filter, query, (r) => titleOf(chat.lang, r)), [entries, filter, query, chat.lang]);
  const archive = entries.some((e) => (e.room as unknown as Room).hidden !== undefined);
  const filters: Filter[] = archive ? ["all", "unread", "archived"] : ["all", "unread"];
  useEffect(() => { if (!filters.includes(filter)) setFilter("all"); });

  // The room as it is by now: it may be read while the menu is open.
  const of = menu && (entries.find((e) => e.room.id === menu.entry.room.id) ?? menu.entry).room as unknown as Room;

  return (
    <nav aria-label={t("chats")} part="rooms">
      <header>
        <h2>{t("chats")}</h2>
        <button type="button" class="icon" aria-label={t("new_chat")} title={t("new_chat")} onClick={() => chat.show(<NewRoom />)}><Icon name="compose" /></button>
      </header>
      <div class="search">
        <Icon name="search" />
        <input type="search" aria-label={t("search")} placeholder={t("search")} value={query} onInput={(e) => setQuery(e.currentTarget.value)}
          onKeyDown={(e) => { if (e.key === "Escape") setQuery(""); }} />
        {query && <button type="button" class="icon" aria-label={t("clear")} onClick={() => setQuery("")}><Icon name="close" /></button>}
      </div>
      {!query && entries.length > 0 && <div class="filters" role="group" aria-label={t("filter")}>
        {filters.map((f) => <button type="button" aria-pressed={f === filter} onClick={() => setFilter(f)}>{t(`filter_${f}`)}</button>)}
      </div>}
      <div class="scroll" tabIndex={-1}>
        {filter === "archived" && !query ? <Archive current={current} menu={openMenu} /> : <List entries={shown} current={current} menu={openMenu} />}
        {query ? <Results query={query} done={() => setQuery("")} none={shown.length === 0} />
          : shown.length === 0 && loaded && filter !== "archived" && <div class="none">
            <p>{t(filter === "unread" ? "none_unread" : "none_rooms")}</p>
            {filter === "all" && <button type="button" class="button main" onClick={() => chat.show(<NewRoom />)}>{t("new_chat")}</button>}
          </div>}
        {!loaded && entries.length === 0 && <ul class="waiting" aria-busy="true">{[52, 68, 44, 60, 50].map((w) => <li style={{ "--w": `${w}%` }}><i /><b /></li>)}</ul>}
      </div>
      {menu && of && <Menu label={titleOf(chat.lang, of)} at={menu.at} close={() => setMenu(null)} items={roomItems(chat, of)} />}
    </nav>
  );
}

// select keeps the server's order, with what is pinned before the rest.
function select(entries: readonly RoomEntry[], filter: Filter, query: string, title: (r: Room) => string): readonly RoomEntry[] {
  const words = query.toLocaleLowerCase();
  const kept = entries.filter((e) => {
    const room = e.room as unknown as Room;
    if (words) return title(room).toLocaleLowerCase().includes(words);
    return room.hidden !== true && (filter === "all" || isUnread(room));
  });
  const pinned = kept.filter((e) => (e.room as unknown as Room).pinned);
  return pinned.length ? [...pinned, ...kept.filter((e) => !(e.room as unknown as Room).pinned)] : kept;
}

// List draws the first rooms at once, and more of them as one scrolls there.
export function List({ entries, current, menu }: { entries: readonly RoomEntry[]; current: string | null; menu(entry: RoomEntry, at: Element | { x: number; y: number }): void }) {
  const [count, setCount] = useState(first);
  const end = useRef<HTMLLIElement>(null);
  useEffect(() => {
    if (!end.current) return;
    const seen = new IntersectionObserver((all) => { if (all.some((e) => e.isIntersecting)) setCount(count + step); }, { rootMargin: "600px" });
    seen.observe(end.current);
    return () => seen.disconnect();
  }, [count, entries.length > count]);
  const keys = (e: KeyboardEvent) => {
    const by = { ArrowDown: 1, ArrowUp: -1 }[e.key], at = (e.target as Element).closest("li");
    const to = by === 1 ? at?.nextElementSibling : by === -1 ? at?.previousElementSibling : null;
    if (!by || !to) return;
    e.preventDefault();
    to.querySelector("button")?.focus();
  };
  return (
    <ul class="rooms" onKeyDown={keys}>
      {entries.slice(0, count).map((e) => <Item key={e.room.id} entry={e} current={e.room.id === current} menu={menu} />)}
      {entries.length > count && <li ref={end} class="end" aria-hidden="true" />}
    </ul>
  );
}
