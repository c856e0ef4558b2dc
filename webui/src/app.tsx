import type { Client, Store } from "df-chat-client";
import { type ComponentChildren } from "preact";
import { useCallback, useEffect, useMemo, useRef, useState } from "preact/hooks";
import { type Chat, ChatContext, type Server, useReadable } from "./context";
import type { Language } from "./i18n";
import { problemText } from "./names";
import { fetchLater } from "./parts/later";
import { Rooms } from "./rooms/list";
import { RoomPane } from "./room/room";
import type { Target } from "./room/scroller";

// Opened is the room that is shown, and the message in it that one came for.
export interface Opened { room: string | null; at: Target | null }

export interface AppProps {
  store: Store; client: Client; lang: Language; server: Server; compact: boolean; opened: Opened;
  open(room: string | null, number?: number): void;
  source(url: string): string | Promise<string>;
  askToNotify: (() => void) | null;
}

interface Toast { text: string; action?: { label: string; run(): void } | undefined }

// App is the whole chat: the list of rooms, and one of them.
export function App({ store, client, lang, server, compact, opened, open, source, askToNotify }: AppProps) {
  const me = useReadable(store.me);
  const [dialog, show] = useState<ComponentChildren | null>(null);
  const [toast, setToast] = useState<Toast | null>(null);
  const [said, say] = useState("");
  const timer = useRef(0), loaded = useReadable(store.loaded);
  // Once there is something to see, the rest of the program comes: without a network it is there.
  useEffect(() => { if (loaded) (window.requestIdleCallback ?? setTimeout)(() => { fetchLater().catch(() => {}); }); }, [loaded]);
  const showToast = useCallback((text: string, action?: Toast["action"]) => {
    setToast({ text, action });
    clearTimeout(timer.current);
    timer.current = setTimeout(() => setToast(null), action ? 9000 : 4500) as unknown as number;
  }, []);
  const chat = useMemo<Chat>(() => ({
    store, client, lang, me: me as never, server, compact, open, show, say, toast: showToast, source,
    attempt: async (run) => {
      try {
        await run();
        return true;
      } catch (problem) {
        if ((problem as Error).name !== "AbortError") showToast(problemText(lang, problem));
        return false;
      }
    },
  }), [store, client, lang, me, server, compact, open, source]);
  return (
    <ChatContext.Provider value={chat}>
      <div class="frame" dir={lang.dir} lang={lang.code} part="app">
        <div class={`app ${opened.room ? "open" : ""}`}>
          <Connection store={store} lang={lang} />
          <Rooms current={opened.room} />
          {opened.room ? <RoomPane key={opened.room} id={opened.room} at={opened.at} />
            : <section class="pane empty" aria-label={lang.t("no_room")}><Empty lang={lang} ask={askToNotify} /></section>}
          {dialog && <div key={dialogs(dialog)}>{dialog}</div>}
          {toast && <div class="toast" role="status"><span>{toast.text}</span>{toast.action && <button type="button" onClick={() => { toast.action!.run(); setToast(null); }}>{toast.action.label}</button>}</div>}
          <p class="sr" role="log" aria-live="polite">{said}</p>
        </div>
      </div>
    </ChatContext.Provider>
  );
}

// Each dialog is a new one, also after one of the same kind.
let count = 0;
const keys = new WeakMap<object, number>();
function dialogs(dialog: ComponentChildren): number {
  if (typeof dialog !== "object" || dialog === null) return 0;
  if (!keys.has(dialog)) keys.set(dialog, ++count);
  return keys.get(dialog)!;
}

function Empty({ lang: { t }, ask }: { lang: Language; ask: (() => void) | null }) {
  return (
    <div class="welcome">
      <svg viewBox="0 0 120 96" aria-hidden="true"><path d="M60 12c-26 0-46 15.5-46 35 0 10.5 6 20 15.5 26.3L26 88l17-8.300c5.300 1.500 11 2.300 17 2.300 26 0 46-15.5 46-35S86 12 60 12z" /><path d="M42 48h.01M60 48h.01M78 48h.01" /></svg>
      <p>{t("choose")}</p>
      {ask && <button type="button" class="button" onClick={ask}>{t("notify_me")}</button>}
    </div>
  );
}

// Connection says when what is shown may be old. A short break says nothing.
function Connection({ store, lang: { t } }: { store: Store; lang: Language }) {
  const status = useReadable(store.status), loaded = useReadable(store.loaded);
  const [late, setLate] = useState(false);
  const well = status === "online" || status === "starting" || status === "closed";
  useEffect(() => {
    setLate(false);
    if (well) return;
    const timer = setTimeout(() => setLate(true), status === "connecting" ? (loaded ? 1200 : 4000) : 0);
    return () => clearTimeout(timer);
  }, [well, status === "offline", status === "signed_out"]);
  if (well || !late) return null;
  return (
    <div class="banner" role="status">
      {status === "signed_out" ? t("signed_out") : <><i class="spin" />{t(status === "offline" ? "offline" : "reconnecting")}</>}
      {status === "offline" && <button type="button" class="button" onClick={() => store.wake()}>{t("try_now")}</button>}
    </div>
  );
}
