import { useEffect, useState } from "preact/hooks";
import { type Chat, useChat, useReadable } from "../context";
import { avatarOf, nameOf, titleOf } from "../names";
import { Avatar } from "../parts/avatar";
import { Dialog } from "../parts/dialog";
import { Icon } from "../parts/icon";
import { roomItems } from "../rooms/actions";
import type { Member, Room } from "../types";
import { Add } from "./add";
import { Bans } from "./bans";
import { EditRoom } from "./edit";
import { MemberDialog } from "./member";

// Info is all that there is to know of a room: what it is, who is in it, and what one may change.
export function Info({ id }: { id: string }) {
  const chat = useChat(), { lang, store, show } = chat, { t } = lang;
  const view = useReadable(store.room(id).view), room = view.gone ? null : view.room as unknown as Room | null;
  const [banned, setBanned] = useState(false);
  useEffect(() => { if (!room) show(null); }, [room]);
  if (!room) return null;
  const title = titleOf(lang, room), small = room.type === "private_messages", may = (p: string) => (room.my_permissions as string[]).includes(p);
  const items = roomItems(chat, room).slice(1).filter((i) => i.icon !== "check" && i.icon !== "dot");
  return (
    <Dialog title={t(small ? "info" : room.type)} close={() => show(null)} wide>
      <div class="hero">
        <Avatar name={title} {...avatarOf(room)} size={88} />
        <h3 dir="auto">{title}</h3>
        {room.description && <p dir="auto">{room.description}</p>}
        {!small && <p>{[room.member_count !== undefined && t("members_count", { n: room.member_count }), t(room.is_public ? "public" : "private")].filter(Boolean).join(" · ")}</p>}
      </div>
      <div class="acts">
        {!small && may("can_edit_room") && <button type="button" onClick={() => show(<EditRoom room={room} />)}><Icon name="edit" />{t("edit_room")}</button>}
        {!small && may("can_add_users") && <button type="button" onClick={() => show(<Add room={room} />)}><Icon name="plus" />{t("add_people")}</button>}
        {items.map((i) => <button type="button" class={i.bad ? "bad" : undefined} onClick={() => { if (!i.bad && i.icon !== "mute") show(null); i.run(); }}><Icon name={i.icon} />{i.label}</button>)}
      </div>
      {!small && may("can_remove_users") && <div class="tabs" role="tablist">
        <button type="button" role="tab" aria-selected={!banned} onClick={() => setBanned(false)}>{t("members")}</button>
        <button type="button" role="tab" aria-selected={banned} onClick={() => setBanned(true)}>{t("banned")}</button>
      </div>}
      {!small && (banned ? <Bans room={room} /> : <Members room={room} />)}
    </Dialog>
  );
}

// membersOf reads a page of a room's members.
export async function membersOf(chat: Chat, room: string, cursor?: string): Promise<{ items: Member[]; next: string | null }> {
  return await chat.client.roomUserList({ room, cursor, limit: 100 }) as unknown as { items: Member[]; next: string | null };
}

function Members({ room }: { room: Room }) {
  const chat = useChat(), { lang, me, show } = chat, { t } = lang;
  const [page, setPage] = useState<{ items: Member[]; next: string | null } | null>(null);
  useEffect(() => { void chat.attempt(async () => setPage(await membersOf(chat, room.id))); }, [room.id, room.updated_at]);
  const more = () => chat.attempt(async () => {
    const next = await membersOf(chat, room.id, page!.next!);
    setPage({ items: [...page!.items, ...next.items], next: next.next });
  });
  if (!page) return <p class="empty-note"><i class="spin" /></p>;
  return (
    <div class="people" role="group" aria-label={t("members")}>
      {page.items.map((m) => (
        <button type="button" class="person" key={m.user.id} disabled={m.user.id === me?.id} onClick={() => show(<MemberDialog room={room} member={m} />)}>
          <Avatar name={nameOf(lang, m.user)} url={m.user.avatar_url} id={m.user.id} />
          <span class="lines"><span class="cut" dir="auto">{nameOf(lang, m.user)}{m.user.id === me?.id && ` (${t("you")})`}</span>{m.last_seen_at && <small>{t("last_seen", { ago: lang.ago(new Date(m.last_seen_at)) })}</small>}</span>
          {m.is_owner ? <span class="tag">{t("owner")}</span> : m.effective_permissions.includes("can_edit_room") || m.effective_permissions.includes("can_remove_users") ? <span class="tag">{t("moderator")}</span> : null}
        </button>))}
      {page.next && <button type="button" class="button" onClick={more}>{t("more_results")}</button>}
    </div>
  );
}
