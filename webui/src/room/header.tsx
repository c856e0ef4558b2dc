import { useState } from "preact/hooks";
import { useChat } from "../context";
import { avatarOf, nameOf, titleOf } from "../names";
import { Avatar } from "../parts/avatar";
import { Icon } from "../parts/icon";
import { Info, RoomSearch } from "../parts/later";
import { Menu } from "../parts/menu";
import { roomItems } from "../rooms/actions";
import type { Room, User } from "../types";

// Header says which room it is, who is writing in it, and leads to what can be done with it.
export function Header({ room, typing, members }: { room: Room; typing: readonly User[]; members: number | undefined }) {
  const chat = useChat(), { lang, open, show, server } = chat, { t } = lang;
  const [menu, setMenu] = useState<Element | null>(null);
  const title = titleOf(lang, room);
  return (
    <header part="header">
      <button type="button" class="icon back" aria-label={t("back")} onClick={() => open(null)}><Icon name="back" /></button>
      <div class="title">
        <Avatar name={title} {...avatarOf(room)} size={40} />
        <div class="lines"><h2 class="cut" dir="auto">{title}</h2><Subtitle room={room} typing={typing} members={members} /></div>
        <button type="button" aria-label={t("about", { room: title })} onClick={() => show(<Info id={room.id} />)} />
      </div>
      {server.search && <button type="button" class="icon" aria-label={t("search_room")} title={t("search_room")} onClick={() => show(<RoomSearch room={room} />)}><Icon name="search" /></button>}
      <button type="button" class="icon" aria-label={t("more_actions")} title={t("more_actions")} aria-haspopup="menu" aria-expanded={menu !== null} onClick={(e) => setMenu(e.currentTarget)}><Icon name="more" /></button>
      {menu && <Menu label={title} at={menu} close={() => setMenu(null)} items={roomItems(chat, room)} />}
    </header>
  );
}

function Subtitle({ room, typing, members }: { room: Room; typing: readonly User[]; members: number | undefined }) {
  const { lang } = useChat(), { t } = lang, small = room.type === "private_messages";
  const [a, b] = typing;
  if (a) {
    const text = small ? t("typing_private") : typing.length > 2 ? t("typing_n", { n: typing.length }) : b ? t("typing_2", { a: nameOf(lang, a), b: nameOf(lang, b) }) : t("typing_1", { name: nameOf(lang, a) });
    return <p class="cut typing">{text}</p>;
  }
  if (small) {
    const seen = room.other?.last_seen_at;
    return <p class="cut">{seen ? t("last_seen", { ago: lang.ago(new Date(seen)) }) : t("private_chat")}</p>;
  }
  const count = room.member_count ?? members;
  return <p class="cut" dir="auto">{[count !== undefined && t("members_count", { n: count }), room.description].filter(Boolean).join(" · ") || t(room.type)}</p>;
}
