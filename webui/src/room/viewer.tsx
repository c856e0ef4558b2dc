import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { useChat } from "../context";
import { Icon } from "../parts/icon";
import type { Media } from "../types";
import { thumbnailOf } from "./media";
import { useSource } from "./source";

// Viewer shows one picture of a room large, and the others by the arrows.
export function Viewer({ pictures, first }: { pictures: { media: Media; by: string; at: string }[]; first: string }) {
  const { lang, show } = useChat(), { t } = lang;
  const [at, setAt] = useState(Math.max(0, pictures.findIndex((p) => p.media.id === first)));
  const box = useRef<HTMLDialogElement>(null);
  useLayoutEffect(() => { box.current!.showModal(); return () => box.current?.close(); }, []);
  const { media: m, by, at: when } = pictures[at]!;
  const small = useSource(thumbnailOf(m)), whole = useSource(m.url);
  const [loaded, setLoaded] = useState("");
  useEffect(() => {
    if (!whole) return;
    const image = new Image();
    image.onload = () => setLoaded(whole);
    image.src = whole;
  }, [whole]);
  const go = (by: number) => setAt((n) => Math.max(0, Math.min(pictures.length - 1, n + by)));
  const keys = (e: KeyboardEvent) => {
    const by = { ArrowRight: 1, ArrowLeft: -1 }[e.key];
    if (by) go(lang.dir === "rtl" ? -by : by);
  };
  return (
    <dialog ref={box} class="viewer" aria-label={t("picture_of", { name: m.file_name, n: at + 1, all: pictures.length })} onKeyDown={keys}
      onCancel={(e) => { e.preventDefault(); show(null); }}>
      <header>
        <div class="lines"><b class="cut" dir="auto">{by}</b><small>{lang.full(new Date(when))}</small></div>
        <a class="icon" href={whole || undefined} download={m.file_name} aria-label={t("download")} title={t("download")}><Icon name="download" /></a>
        <button type="button" class="icon" aria-label={t("close")} onClick={() => show(null)} autofocus><Icon name="close" /></button>
      </header>
      <div class="stage" onClick={(e) => { if (e.target === e.currentTarget) show(null); }}>
        {(loaded === whole && whole || small) && <img src={loaded === whole && whole ? whole : small} alt={m.file_name} width={m.width!} height={m.height!} />}
        {at > 0 && <button type="button" class="icon go before" aria-label={t("picture_before")} onClick={() => go(-1)}><Icon name="left" /></button>}
        {at < pictures.length - 1 && <button type="button" class="icon go after" aria-label={t("picture_after")} onClick={() => go(1)}><Icon name="right" /></button>}
      </div>
    </dialog>
  );
}
