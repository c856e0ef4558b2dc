import { useState } from "preact/hooks";
import { useChat } from "../context";
import { Icon } from "../parts/icon";
import type { Media } from "../types";
import { useBlob, useSource } from "./source";

// Unsent is a file that the browser still has, and how much of it has left.
export interface Unsent { blob: Blob; share: number | null }

export const isPicture = (m: Media) => m.width !== null && m.height !== null && (m.kind === undefined || m.kind === "image");

// The smaller copy of a picture, which every server with pictures makes.
export const thumbnailOf = (m: Media) => m.thumbnail_url ?? (m.url && `${m.url}${m.url.includes("?") ? "&" : "?"}variant=thumbnail`);

// MediaList shows the files of a message: pictures beside one another, everything else in rows.
export function MediaList({ media, view, unsent }: { media: Media[]; view?(m: Media): void; unsent?: ReadonlyMap<string, Unsent> }) {
  const pictures = media.filter(isPicture), others = media.filter((m) => !isPicture(m));
  return (
    <div class="media">
      {pictures.length > 0 && <div class={`pictures n${Math.min(pictures.length, 4)}`}>{pictures.map((m) => <Picture key={m.id} m={m} alone={pictures.length === 1} view={view} unsent={unsent?.get(m.id)} />)}</div>}
      {others.map((m) => <Other key={m.id} m={m} unsent={unsent?.get(m.id)} />)}
    </div>
  );
}

// Picture has its place before it has loaded: the list does not move when it has.
function Picture({ m, alone, view, unsent }: { m: Media; alone: boolean; view?: ((m: Media) => void) | undefined; unsent: Unsent | undefined }) {
  const { t } = useChat().lang;
  const [whole, setWhole] = useState(false);
  const own = useBlob(unsent?.blob ?? null), src = useSource(whole ? m.url : thumbnailOf(m)) || own;
  const w = m.width!, h = m.height!, scale = Math.min(1, 330 / h, 440 / w), shown = Math.max(120, Math.round(w * scale));
  const place = alone ? { "--w": `${shown}px`, "--ratio": `${Math.max(.4, Math.min(4, w / h))}` } : {};
  const image = src && <img src={src} alt={unsent ? m.file_name : ""} decoding="async" loading={unsent ? "eager" : "lazy"} onError={() => setWhole(true)} />;
  if (unsent) return <span class="picture" style={place}>{image}<Progress m={m} unsent={unsent} /></span>;
  return <button type="button" class="picture" aria-label={t("open_picture", { name: m.file_name })} onClick={() => { if (m.url) view?.(m); }} style={place}>{image}</button>;
}

function Progress({ m, unsent: { share } }: { m: Media; unsent: Unsent }) {
  return share === null ? null : <progress max={1} value={share} aria-label={useChat().lang.t("uploading", { name: m.file_name })} />;
}

function Other({ m, unsent }: { m: Media; unsent: Unsent | undefined }) {
  const kind = (m.kind ?? m.content_type).split("/")[0];
  if (kind === "video" || kind === "audio") return <Player m={m} kind={kind} unsent={unsent} />;
  if (!unsent) return <FileLink m={m} />;
  return <span class="file"><FileLines m={m} /><Progress m={m} unsent={unsent} /></span>;
}

// Player plays sound and film; what needs the token is fetched when somebody asks for it.
function Player({ m, kind: Kind, unsent }: { m: Media; kind: "video" | "audio"; unsent: Unsent | undefined }) {
  const { lang: { t }, source } = useChat();
  const direct = m.url === "" || typeof source(m.url) === "string";
  const [asked, ask] = useState(false), wanted = direct || asked;
  const own = useBlob(unsent?.blob ?? null), src = useSource(m.url, wanted) || own, poster = useSource(m.thumbnail_url ?? "");
  // A film has its place before it has loaded, as a picture has.
  const frame = Kind === "video" ? { poster: poster || undefined, style: m.width && m.height ? { "--ratio": `${Math.max(.6, Math.min(3, m.width / m.height))}` } : {} } : {};
  if (!wanted) return <button type="button" class="button" onClick={() => ask(true)}>{t("load", { name: m.file_name })}</button>;
  return (
    <figure class="player">
      <Kind controls preload="metadata" src={src || undefined} {...frame} aria-label={m.file_name} playsInline={true} />
      <figcaption class="cut" dir="auto">{m.file_name}</figcaption>
      {unsent && <Progress m={m} unsent={unsent} />}
    </figure>
  );
}

function FileLink({ m }: { m: Media }) {
  const { source, attempt } = useChat();
  const now = m.url && source(m.url);
  const fetched = async (e: Event) => {
    if (typeof now === "string") return; // the browser does it
    e.preventDefault();
    await attempt(async () => {
      const link = document.createElement("a");
      link.href = await now;
      link.download = m.file_name;
      link.click();
    });
  };
  return (
    <a class="file" href={typeof now === "string" ? now || undefined : "#"} download={m.file_name} onClick={fetched}>
      <FileLines m={m} />
      <Icon name="download" />
    </a>
  );
}

function FileLines({ m }: { m: Media }) {
  const { lang } = useChat();
  return <><span class="sign"><Icon name="file" /></span><span class="lines"><b class="cut" dir="auto">{m.file_name || lang.t("files", { n: 1 })}</b><small>{lang.size(m.size)}</small></span></>;
}
