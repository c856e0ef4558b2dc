import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { useChat } from "../context";
import type { Key } from "../i18n";
import { Icon } from "../parts/icon";
import { keptTone, recentEmoji, remember } from "./recent";

// words are all that an emoji is found by: its names in one's language and in English.
interface Entry { emoji: string; name: string; words: string; toned: boolean }
type Groups = { name: string; entries: Entry[] }[];

const tones = ["", "\u{1f3fb}", "\u{1f3fc}", "\u{1f3fd}", "\u{1f3fe}", "\u{1f3ff}"];
const signs: Record<string, string> = {
  "Smileys & Emotion": "😀", "People & Body": "👋", "Animals & Nature": "🐻", "Food & Drink": "🍔", "Travel & Places": "⛵",
  "Activities": "⚽", "Objects": "💡", "Symbols": "❤️", "Flags": "🏁",
};

// names are by language: in others, emoji are called as in English.
const names: Record<string, () => Promise<{ names: string }>> = { de: () => import("./names_de") };
const loaded = new Map<string, Promise<Groups>>();

// load fetches the emoji once, when somebody first asks for them, with their names in a language.
function load(code: string): Promise<Groups> {
  const language = code.split("-")[0]!;
  let groups = loaded.get(language);
  if (!groups) {
    loaded.set(language, groups = read(language));
    groups.catch(() => loaded.delete(language));
  }
  return groups;
}

async function read(language: string): Promise<Groups> {
  const [{ groups }, own] = await Promise.all([import("./data"), names[language]?.()]);
  const called = own?.names.split("\n");
  let i = 0;
  return groups.map(([name, lines]) => ({
    name, entries: lines.split("\n").map((line) => {
      const [emoji, english, toned] = line.split("\t"), [local, more] = called?.[i++]?.split("\t") ?? [english];
      return { emoji: emoji!, name: local!, words: `${local} ${more ?? ""} ${english}`.toLowerCase(), toned: toned !== undefined };
    }),
  }));
}

const withTone = (e: Entry, tone: string) => {
  if (!tone || !e.toned) return e.emoji;
  const [first, ...rest] = [...e.emoji];
  return first + tone + rest.join("").replace(/^\ufe0f/, "");
};

// Picker offers all emoji, by group, by what was used last, and by their names in one's language and in English.
export function Picker({ pick }: { pick(emoji: string): void }) {
  const { lang: { t, code } } = useChat();
  const [groups, setGroups] = useState<Groups | null>(null);
  const [failed, setFailed] = useState(false);
  const [query, setQuery] = useState("");
  const [tone, setTone] = useState(keptTone.get());
  const [shown, setShown] = useState(2);
  const grid = useRef<HTMLDivElement>(null);
  useEffect(() => { load(code).then(setGroups, () => setFailed(true)); }, [code]);
  // With a finger, the keyboard would cover what one came for.
  useEffect(() => { if (!matchMedia("(pointer: coarse)").matches) grid.current!.querySelector("input")!.focus(); }, []);
  // A thousand buttons are too many for the first frame.
  useEffect(() => {
    if (!groups || shown > groups.length) return;
    const timer = setTimeout(() => setShown(shown + 1), 30);
    return () => clearTimeout(timer);
  }, [groups, shown]);

  const last = useMemo(recentEmoji, []);
  const found = useMemo(() => {
    const words = query.toLowerCase().split(/\s+/).filter(Boolean);
    return words.length ? groups?.flatMap((g) => g.entries).filter((e) => words.every((w) => e.words.includes(w))).slice(0, 120) : undefined;
  }, [query, groups]);

  const choose = (emoji: string) => { remember(emoji); pick(emoji); };
  const button = (e: Entry) => {
    const emoji = withTone(e, tone);
    return <button key={e.emoji} type="button" tabIndex={-1} title={e.name} aria-label={e.name} onClick={() => choose(emoji)}>{emoji}</button>;
  };
  const keys = (e: KeyboardEvent) => {
    const all = [...grid.current!.querySelectorAll<HTMLButtonElement>(".emoji button")];
    const root = grid.current!.getRootNode() as ShadowRoot, now = all.indexOf(root.activeElement as HTMLButtonElement);
    if (now < 0) {
      if (e.key === "ArrowDown") { e.preventDefault(); all[0]?.focus(); }
      if (e.key === "Enter" && query && all[0]) { e.preventDefault(); all[0].click(); }
      return;
    }
    const wide = Math.max(1, all.findIndex((b) => b.offsetTop > all[0]!.offsetTop));
    const by = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: wide, ArrowUp: -wide }[e.key];
    if (!by) return;
    e.preventDefault();
    if (now + by < 0) grid.current!.querySelector<HTMLElement>("input")!.focus();
    else all[Math.min(now + by, all.length - 1)]!.focus();
  };
  const jump = (name: string) => grid.current!.querySelector(`[data-group="${name}"]`)?.scrollIntoView({ block: "start" });

  return (
    <div class="picker" ref={grid} onKeyDown={keys}>
      <div class="search"><Icon name="search" /><input type="search" aria-label={t("emoji_search")} placeholder={t("emoji_search")} value={query} onInput={(e) => setQuery(e.currentTarget.value)} /></div>
      <div class="emoji" tabIndex={0} role="group" aria-label={t("emoji")}>
        {failed && <p role="alert">{t("emoji_failed")}</p>}
        {!groups && !failed && <p><i class="spin" /></p>}
        {found ? <div class="cells">{found.map(button)}</div> : groups && <>
          {last.length > 0 && <section><h3>{t("emoji_recent")}</h3><div class="cells">{last.map((e) => <button type="button" tabIndex={-1} aria-label={e} onClick={() => choose(e)}>{e}</button>)}</div></section>}
          {groups.slice(0, shown).map((g) => (
            <section key={g.name} data-group={g.name}><h3>{t(`emoji_${g.name.toLowerCase().replace(/\W+/g, "_")}` as Key)}</h3><div class="cells">{g.entries.map(button)}</div></section>))}
        </>}
        {found?.length === 0 && <p>{t("nothing_found")}</p>}
      </div>
      <div class="foot">
        {groups?.map((g) => <button type="button" tabIndex={-1} title={t(`emoji_${g.name.toLowerCase().replace(/\W+/g, "_")}` as Key)} aria-label={t(`emoji_${g.name.toLowerCase().replace(/\W+/g, "_")}` as Key)} onClick={() => { setQuery(""); setShown(99); setTimeout(() => jump(g.name), 60); }}>{signs[g.name]}</button>)}
        <button type="button" class="tone" aria-label={t("emoji_tone")} title={t("emoji_tone")} onClick={() => { const next = tones[(tones.indexOf(tone) + 1) % tones.length]!; setTone(next); keptTone.set(next); }}>{"✋" + tone}</button>
      </div>
    </div>
  );
}
