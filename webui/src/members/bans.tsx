import { useEffect, useState } from "preact/hooks";
import { useChat } from "../context";
import { nameOf } from "../names";
import { Avatar } from "../parts/avatar";
import { Dialog } from "../parts/dialog";
import type { Ban, Room, User } from "../types";
import { Info } from "./info";

// Bans are those who can neither join a room nor be added to it.
export function Bans({ room }: { room: Room }) {
  const { lang, client, attempt } = useChat(), { t } = lang;
  const [page, setPage] = useState<{ items: Ban[]; next: string | null } | null>(null);
  const load = (cursor?: string) => attempt(async () => {
    const next = await client.roomBanList({ room: room.id, cursor, limit: 100 }) as unknown as { items: Ban[]; next: string | null };
    setPage((had) => ({ items: [...(cursor ? had!.items : []), ...next.items], next: next.next }));
  });
  useEffect(() => { void load(); }, [room.id]);
  if (!page) return <p class="empty-note"><i class="spin" /></p>;
  if (page.items.length === 0) return <p class="empty-note">{t("none_banned")}</p>;
  return (
    <ul class="people">
      {page.items.map((b) => (
        <li class="person" key={b.user.id}>
          <Avatar name={nameOf(lang, b.user)} url={b.user.avatar_url} id={b.user.id} />
          <span class="lines"><span class="cut" dir="auto">{nameOf(lang, b.user)}</span><small dir="auto">{[b.until ? t("until", { when: lang.full(new Date(b.until)) }) : t("forever"), b.reason].filter(Boolean).join(" · ")}</small></span>
          <button type="button" class="button" onClick={() => attempt(async () => { await client.roomBanDelete({ room: room.id, user: b.user.id }); await load(); })}>{t("unban")}</button>
        </li>))}
      {page.next && <li><button type="button" class="button" onClick={() => load(page.next!)}>{t("more_results")}</button></li>}
    </ul>
  );
}

const day = 864e5;

// BanDialog asks for how long and why.
export function BanDialog({ room, user }: { room: Room; user: User }) {
  const { lang, client, show, attempt } = useChat(), { t } = lang;
  const [days, setDays] = useState(0);
  const [reason, setReason] = useState("");
  const back = () => show(<Info id={room.id} />);
  const ban = async () => {
    const body = { user_id: user.id, reason: reason.trim(), until: days ? new Date(Date.now() + days * day).toISOString() : null };
    if (await attempt(() => client.roomBanCreate({ room: room.id, body }))) back();
  };
  return (
    <Dialog title={t("ban_title", { name: nameOf(lang, user) })} close={back} foot={<>
      <button type="button" class="button" onClick={back}>{t("cancel")}</button>
      <button type="button" class="button main bad" onClick={ban}>{t("ban")}</button>
    </>}>
      <p>{t("ban_text")}</p>
      <label>{t("how_long")}<select class="field" value={days} onChange={(e) => setDays(Number(e.currentTarget.value))}>
        <option value={0}>{t("forever")}</option><option value={1}>{t("days", { n: 1 })}</option><option value={7}>{t("days", { n: 7 })}</option><option value={30}>{t("days", { n: 30 })}</option>
      </select></label>
      <label>{t("reason")}<input class="field" maxLength={512} dir="auto" value={reason} onInput={(e) => setReason(e.currentTarget.value)} /></label>
    </Dialog>
  );
}
