import { useEffect, useState } from "preact/hooks";
import { useChat } from "../context";
import { nameOf } from "../names";
import { Avatar } from "../parts/avatar";
import { Dialog } from "../parts/dialog";
import type { User } from "../types";

// Reacted lists who reacted to a message, and with what.
export function Reacted({ message }: { message: string }) {
  const { lang, client, show } = useChat(), { t } = lang;
  const [items, setItems] = useState<{ id: string; reaction: string; user: User }[] | null>(null);
  const [next, setNext] = useState<string | null>(null);
  const load = async (cursor?: string) => {
    const page = await client.chatMessageReactionsList({ message, cursor, limit: 50 });
    setItems((had) => [...(cursor ? had ?? [] : []), ...page.items]);
    setNext(page.next);
  };
  useEffect(() => { void load().catch(() => setItems([])); }, [message]);
  return (
    <Dialog title={t("reactions")} close={() => show(null)}>
      {!items && <p><i class="spin" /></p>}
      <ul class="people">{items?.map((r) => (
        <li class="person" key={r.id}><Avatar name={nameOf(lang, r.user)} url={r.user.avatar_url} id={r.user.id} /><span class="lines cut" dir="auto">{nameOf(lang, r.user)}</span><span class="big">{r.reaction}</span></li>))}</ul>
      {next && <button type="button" class="button" onClick={() => load(next)}>{t("more_results")}</button>}
    </Dialog>
  );
}
