import { useEffect, useState } from "preact/hooks";
import { useChat } from "../context";
import { nameOf } from "../names";
import { Avatar } from "../parts/avatar";
import { Dialog } from "../parts/dialog";
import type { Message, Reaction, User } from "../types";

// Reactions are the emoji under a message: a press adds one's own or takes it back.
export function Reactions({ m, may, react }: { m: Message; may: boolean; react(m: Message, emoji: string): void }) {
  const { lang } = useChat();
  return (
    <div class="reactions" role="group" aria-label={lang.t("reactions")}>
      {m.reactions.map((r) => {
        const who = whoReacted(r, (u) => nameOf(lang, u));
        const label = who.length ? lang.list(r.count > who.length ? [...who, lang.t("others", { n: r.count - who.length })] : who) : "";
        return (
          <button type="button" key={r.reaction} aria-pressed={r.mine !== null} disabled={!may} title={label || undefined} aria-label={`${r.reaction} ${lang.number(r.count)}${label && `: ${label}`}`}
            onClick={() => react(m, r.reaction)}>{r.reaction} <b>{lang.number(r.count)}</b></button>);
      })}
    </div>
  );
}

const whoReacted = (r: Reaction, name: (u: User) => string) => (r.users ?? []).map(name);

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
