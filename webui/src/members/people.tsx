import { useEffect, useState } from "preact/hooks";
import { useChat } from "../context";
import { nameOf, problemText } from "../names";
import { Avatar } from "../parts/avatar";
import { Icon } from "../parts/icon";
import { findUsers } from "../search";
import type { User } from "../types";

// People finds users: one of them is picked, or several are chosen.
export function People({ label, pick, chosen, without }: { label: string; pick(u: User): void; chosen?: User[]; without?: ReadonlySet<string> }) {
  const chat = useChat(), { lang } = chat, { t } = lang;
  const [query, setQuery] = useState("");
  const [found, setFound] = useState<User[] | null>(null);
  const [problem, setProblem] = useState<unknown>(null);
  useEffect(() => {
    const gone = new AbortController();
    const timer = setTimeout(() => {
      findUsers(chat, query.trim(), gone.signal).then((users) => { setFound(users); setProblem(null); }, (e: unknown) => { if (!gone.signal.aborted) { setFound(null); setProblem(e); } });
    }, query ? 200 : 0);
    return () => { clearTimeout(timer); gone.abort(); };
  }, [query]);
  const shown = found?.filter((u) => u.id !== chat.me?.id && !without?.has(u.id)).slice(0, 50);
  return (
    <div class="fieldset">
      <span>{label}</span>
      <div class="search"><Icon name="search" /><input type="search" aria-label={t("find_people")} placeholder={t("find_people")} value={query} onInput={(e) => setQuery(e.currentTarget.value)} /></div>
      <div class="people" aria-live="polite">
        {shown?.map((u) => {
          const inside = <><Avatar name={nameOf(lang, u)} url={u.avatar_url} id={u.id} /><span class="lines cut" dir="auto">{nameOf(lang, u)}</span></>;
          return chosen ? <label key={u.id} class="person">{inside}<input type="checkbox" checked={chosen.some((c) => c.id === u.id)} onChange={() => pick(u)} /></label>
            : <button key={u.id} type="button" class="person" onClick={() => pick(u)}>{inside}</button>;
        })}
        {problem !== null && <p class="empty-note" role="alert">{problemText(lang, problem)}</p>}
        {shown?.length === 0 && <p class="empty-note">{t("no_people")}</p>}
      </div>
    </div>
  );
}
