import { useCallback, useEffect, useMemo, useRef, useState } from "preact/hooks";
import { Composer, type ComposerHandle } from "../composer/composer";
import { useChat, useReadable } from "../context";
import { Picker } from "../emoji/lazy";
import { remember } from "../emoji/recent";
import { authorOf, nameOf, previewOf, problemText, titleOf } from "../names";
import { Icon } from "../parts/icon";
import { Viewer } from "../parts/later";
import { Floating } from "../parts/menu";
import { markRead } from "../rooms/actions";
import type { Media, Member, Message, Room } from "../types";
import type { Acts } from "./bubble";
import { Header } from "./header";
import { isPicture } from "./media";
import { useMentioned } from "./mentioned";
import { type MenuOf, MessageMenu } from "./message_menu";
import { PinBar, usePins } from "./pins";
import { rowsOf } from "./rows";
import { Scroller, type Target } from "./scroller";

// RoomPane is one room: its header, its history, and the place to write.
export function RoomPane({ id, at }: { id: string; at: Target | null }) {
  const chat = useChat(), { lang, me } = chat, { t } = lang;
  const store = chat.store.room(id), view = useReadable(store.view);
  const room = view.room as unknown as Room | null, messages = view.messages as unknown as readonly Message[];
  const scroller = useRef<Scroller>(null), composer = useRef<ComposerHandle>(null);
  const [target, setTarget] = useState<Target | null>(at);
  const [menu, setMenu] = useState<MenuOf | null>(null);
  const [picking, setPicking] = useState<{ m: Message; at: Element | { x: number; y: number } } | null>(null);
  const [atEnd, setAtEnd] = useState(true);
  const [dragged, setDragged] = useState(false);
  const unreadAfter = useRef<number | null>(null);
  const latest = useRef({ messages, view });
  latest.current = { messages, view };
  if (unreadAfter.current === null && room) unreadAfter.current = room.unread > 0 ? room.last_read_number : 0;

  useEffect(() => {
    const from = store.view.get().room, behind = from && from.unread > 40 ? from.last_read_number : undefined;
    if (!at && behind) setTarget({ number: behind + 1 });
    if (from && ((from as unknown as Room).marked_unread ?? null) !== null) void markRead(chat, from as unknown as Room);
    store.open(at?.number ?? behind).catch(() => {});
    if (from?.type !== "private_messages") store.loadMembers().catch(() => {});
    return () => store.close();
  }, [id]);
  const jump = useCallback((number: number) => {
    setTarget({ number });
    if (!latest.current.messages.some((m) => m.number === number)) void chat.attempt(() => store.loadAround(number));
  }, [id]);
  const opened = useRef(at);
  useEffect(() => {
    if (at && at !== opened.current) jump(at.number);
    opened.current = at;
  }, [at]);

  // What comes while one is here is told to screen readers.
  const told = useRef(0);
  useEffect(() => {
    const newest = messages.at(-1)?.number ?? 0, fresh = messages.filter((m) => m.number > told.current && m.user?.id !== me?.id && !m.deleted_at);
    if (told.current > 0 && !view.has_after && fresh.length > 0 && fresh.length < 10) chat.say(fresh.map((m) => `${authorOf(lang, m)}: ${previewOf(lang, m)}`).join(". "));
    if (!view.has_after && newest > 0) told.current = newest;
  }, [messages]);

  const mentioned = useMentioned(room, messages);
  const moved = useCallback((end: boolean, seen: number) => {
    setAtEnd(end);
    mentioned.saw((number) => scroller.current?.shows(number) === true);
    // Read is what was on the screen of a page that somebody looks at.
    const known = latest.current.view.room;
    if (known && seen > known.last_read_number && document.visibilityState === "visible" && document.hasFocus()) store.markRead(seen);
  }, [id]);
  const toEnd = async (smooth = false) => {
    if (latest.current.view.has_after) await chat.attempt(() => store.loadNewest());
    scroller.current?.toEnd(smooth);
  };

  const react = useCallback((m: Message, emoji: string) => {
    const had = latest.current.messages.find((x) => x.id === m.id)?.reactions.some((r) => r.reaction === emoji && r.mine);
    if (!had) remember(emoji);
    void chat.attempt(() => had ? store.unreact(m.id, emoji) : store.react(m.id, emoji));
  }, [id, chat]);
  const members = view.members as unknown as readonly Member[] | null;
  const names = useMemo(() => {
    const all = new Map<string, string>();
    for (const member of members ?? []) all.set(nameOf(lang, member.user).toLocaleLowerCase(), member.user.id);
    for (const m of messages) if (m.user) all.set(nameOf(lang, m.user).toLocaleLowerCase(), m.user.id);
    return all;
  }, [members, lang, room?.id, messages.length > 0]);
  const known = useRef(names);
  known.current = names;
  const acts = useMemo<Acts>(() => ({
    menu: (m, at) => setMenu({ m, at }),
    pick: (m, at) => setPicking({ m, at }),
    reply: (m) => composer.current?.reply(m),
    react, jump,
    view: (media: Media) => {
      const pictures = latest.current.messages.flatMap((m) => m.media.filter((p) => isPicture(p) && p.url).map((p) => ({ media: p, by: authorOf(lang, m), at: m.created_at })));
      chat.show(<Viewer pictures={pictures} first={media.id} />);
    },
    mention: (name) => {
      const user = known.current.get(name.toLocaleLowerCase());
      return user === undefined ? null : user === me?.id ? "me" : "other";
    },
    mentioned: (m, name) => {
      const user = m.mentions?.find((u) => nameOf(lang, u).toLocaleLowerCase() === name.toLocaleLowerCase());
      return user ? (user.id === me?.id ? "me" : "other") : m.mention_room && name.toLocaleLowerCase() === t("everyone").toLocaleLowerCase() ? "me" : null;
    },
  }), [id, chat, react, jump]);

  const pins = usePins(room, room ? room.last_seq - room.last_number : 0);
  if (!room) {
    return view.gone ? <Gone /> : <section class="pane" aria-busy="true"><Waiting /></section>;
  }
  if (view.gone) return <Gone />;
  const rows = rowsOf({ lang, room, me: me?.id, messages, outbox: view.outbox, receipts: view.receipts, unreadAfter: unreadAfter.current ?? 0, after: view.has_after, store, acts });
  const behind = room.last_number - (messages.at(-1)?.number ?? room.last_number) + messages.filter((m) => m.number > room.last_read_number && m.user?.id !== me?.id).length;
  const may = room.my_permissions.includes("can_create_messages");
  const title = titleOf(lang, room);
  return (
    <section class={`pane ${dragged ? "dragged" : ""}`} part="room-pane" aria-label={title}
      onDragOver={(e) => { if (may && e.dataTransfer?.types.includes("Files")) { e.preventDefault(); setDragged(true); } }}
      onDragLeave={(e) => { if (!(e.currentTarget as Element).contains(e.relatedTarget as Node | null)) setDragged(false); }}
      onDrop={(e) => { if (!dragged) return; e.preventDefault(); setDragged(false); composer.current?.attach([...e.dataTransfer?.files ?? []]); }}>
      <Header room={room} typing={view.typing as never} members={members?.length} />
      {pins && <PinBar room={room} pins={pins} jump={jump} />}
      <div class="body">
        <Scroller ref={scroller} label={t("messages_of", { room: title })} contents={[view.messages, view.outbox]} before={view.has_before} after={view.has_after} busy={view.loading !== null}
          target={target} moved={moved}
          more={(where) => { if (!view.problem) (where === "before" ? store.loadBefore() : store.loadAfter()).catch(() => {}); }}
          open={(row) => { const m = messages.find((x) => x.id === row.dataset["id"]); if (m && !m.deleted_at && m.author_kind !== "system") setMenu({ m, at: row.querySelector(".bubble") ?? row }); }}>
          {view.has_before ? <div class="older">{view.loading === "before" && <i class="spin" />}</div> : messages.length > 0 || view.loading === null ? <p class="start">{t(room.type === "private_messages" ? "start_private" : "start", { room: title })}</p> : null}
          {messages.length === 0 && view.loading !== null && <Waiting />}
          {view.problem && <p class="start bad" role="alert">{problemText(lang, view.problem)} <button type="button" class="button" onClick={() => chat.attempt(() => messages.length ? store.loadBefore() : store.loadNewest())}>{t("try_again")}</button></p>}
          <ol>{rows}</ol>
        </Scroller>
        {view.typing.length > 0 && atEnd && <div class="dots" aria-hidden="true"><i /><i /><i /></div>}
        {(!atEnd || view.has_after) && <button type="button" class="icon jump" aria-label={behind > 0 ? t("to_end_new", { n: behind }) : t("to_end")} onClick={() => toEnd(true)}><Icon name="down" />{behind > 0 && <span class="badge" aria-hidden="true">{behind > 99 ? "99+" : behind}</span>}</button>}
        {mentioned.numbers.length > 0 && <button type="button" class={`icon jump at ${!atEnd || view.has_after ? "above" : ""}`} aria-label={t("to_mention", { n: mentioned.numbers.length })} onClick={() => jump(mentioned.numbers[0]!)}><b aria-hidden="true">@</b><span class="badge" aria-hidden="true">{mentioned.numbers.length}</span></button>}
        {dragged && <div class="drop"><Icon name="photo" />{t("drop_here")}</div>}
      </div>
      {may ? <Composer key={id} handle={composer} room={room} store={store} draft={view.draft} sendAt={view.send_at} members={members} messages={messages} sent={() => toEnd()} />
        : <p class="readonly">{t(room.is_member ? "read_only" : "not_member")}</p>}
      {menu && <MessageMenu {...menu} room={room} store={store} close={() => setMenu(null)} reply={acts.reply} edit={(m) => composer.current?.edit(m)} react={react} pins={pins?.ids ?? null} pin={(m) => pins?.toggle(m)} pick={(m) => setPicking({ m, at: menu.at })} />}
      {picking && <Floating at={picking.at} close={() => setPicking(null)} label={t("react")} role="dialog" class="pickerbox">
        <Picker pick={(emoji) => { setPicking(null); react(picking.m, emoji); }} /></Floating>}
    </section>
  );
}

const Waiting = () => <div class="wait">{[60, 40, 70, 30, 55].map((w, i) => <i class={i % 3 === 2 ? "mine" : ""} style={{ "--w": `${w}%` }} />)}</div>;

function Gone() {
  const { lang: { t }, open } = useChat();
  return <section class="pane empty"><div><p role="alert">{t("room_gone")}</p><button type="button" class="button" onClick={() => open(null)}>{t("to_chats")}</button></div></section>;
}
