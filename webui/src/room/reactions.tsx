import { useChat } from "../context";
import { nameOf } from "../names";
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
