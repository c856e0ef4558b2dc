import { useEffect, useState } from "preact/hooks";
import { useChat } from "../context";
import { titleOf } from "../names";
import { Dialog } from "../parts/dialog";
import { Icon } from "../parts/icon";
import { Hit, SearchFailed } from "../rooms/results";
import { messageSearch, type FoundMessage } from "../search";
import type { Room } from "../types";

// RoomSearch finds messages of one room, and goes to the one that is chosen.
export function RoomSearch({ room }: { room: Room }) {
  const chat = useChat(), { lang, show } = chat, { t } = lang;
  const [query, setQuery] = useState("");
  const [found, setFound] = useState<{ items: FoundMessage[]; next: string | null } | null>(null);
  const [busy, setBusy] = useState(false), [tries, setTries] = useState(0);
  const [problem, setProblem] = useState<unknown>(null);
  useEffect(() => {
    setFound(null);
    setProblem(null);
    const q = query.trim(), gone = new AbortController();
    if (!q) return;
    const timer = setTimeout(async () => {
      setBusy(true);
      await messageSearch(chat, q, room.id, undefined, gone.signal).then(setFound, (e: unknown) => { if (!gone.signal.aborted) setProblem(e); });
      setBusy(false);
    }, 250);
    return () => { clearTimeout(timer); gone.abort(); };
  }, [query, tries]);
  const more = () => chat.attempt(async () => {
    const page = await messageSearch(chat, query.trim(), room.id, found!.next!);
    setFound({ items: [...found!.items, ...page.items], next: page.next });
  });
  return (
    <Dialog title={t("search_in", { room: titleOf(lang, room) })} close={() => show(null)} wide>
      <div class="search"><Icon name="search" /><input type="search" autofocus aria-label={t("search_room")} placeholder={t("search_words")} value={query} onInput={(e) => setQuery(e.currentTarget.value)} /></div>
      <div aria-live="polite">
        {busy && !found && <p class="empty-note"><i class="spin" /></p>}
        {problem !== null && <SearchFailed problem={problem} again={() => setTries(tries + 1)} />}
        {found?.items.map((hit) => <Hit key={hit.message.id} hit={hit} chosen={() => show(null)} />)}
        {found?.next && <button type="button" class="button" onClick={more}>{t("more_results")}</button>}
        {found && !found.items.length && !found.next && <p class="empty-note">{t("nothing_found")}</p>}
      </div>
    </Dialog>
  );
}
