import { useState } from "preact/hooks";
import { useChat } from "../context";
import { Icon } from "../parts/icon";
import type { Media } from "../types";
import { useSource } from "./source";

export const isPicture = (m: Media) => m.width !== null && m.height !== null;

// The smaller copy of a picture, which every server with pictures makes.
export const thumbnailOf = (m: Media) => m.thumbnail_url ?? `${m.url}${m.url.includes("?") ? "&" : "?"}variant=thumbnail`;

// MediaList shows the files of a message: pictures beside one another, everything else in rows.
export function MediaList({ media, view }: { media: Media[]; view(m: Media): void }) {
  const pictures = media.filter(isPicture), others = media.filter((m) => !isPicture(m));
  return (
    <div class="media">
      {pictures.length > 0 && <div class={`pictures n${Math.min(pictures.length, 4)}`}>{pictures.map((m) => <Picture key={m.id} m={m} alone={pictures.length === 1} view={view} />)}</div>}
      {others.map((m) => <Other key={m.id} m={m} />)}
    </div>
  );
}

// Picture has its place before it has loaded: the list does not move when it has.
function Picture({ m, alone, view }: { m: Media; alone: boolean; view(m: Media): void }) {
  const { t } = useChat().lang;
  const [whole, setWhole] = useState(false);
  const src = useSource(whole ? m.url : thumbnailOf(m));
  const w = m.width!, h = m.height!, scale = Math.min(1, 330 / h, 440 / w), shown = Math.max(120, Math.round(w * scale));
  return (
    <button type="button" class="picture" aria-label={t("open_picture", { name: m.file_name })} onClick={() => view(m)}
      style={alone ? { "--w": `${shown}px`, "--ratio": `${Math.max(.4, Math.min(4, w / h))}` } : {}}>
      {src && <img src={src} alt="" decoding="async" loading="lazy" onError={() => setWhole(true)} />}
    </button>
  );
}

function Other({ m }: { m: Media }) {
  if (m.content_type.startsWith("video/")) return <Player m={m} kind="video" />;
  if (m.content_type.startsWith("audio/")) return <Player m={m} kind="audio" />;
  return <FileLink m={m} />;
}

// Player plays sound and film; what needs the token is fetched when somebody asks for it.
function Player({ m, kind: Kind }: { m: Media; kind: "video" | "audio" }) {
  const { lang: { t }, source } = useChat();
  const direct = typeof source(m.url) === "string";
  const [wanted, setWanted] = useState(direct);
  const src = useSource(m.url, wanted);
  if (!wanted) return <button type="button" class="button" onClick={() => setWanted(true)}>{t("load", { name: m.file_name })}</button>;
  return (
    <figure class="player">
      <Kind controls preload="metadata" src={src || undefined} aria-label={m.file_name} playsInline={true} />
      <figcaption class="cut" dir="auto">{m.file_name}</figcaption>
    </figure>
  );
}

function FileLink({ m }: { m: Media }) {
  const { lang, source, attempt } = useChat();
  const now = source(m.url);
  const fetched = async (e: Event) => {
    if (typeof now === "string") return;
    e.preventDefault();
    await attempt(async () => {
      const link = document.createElement("a");
      link.href = await now;
      link.download = m.file_name;
      link.click();
    });
  };
  return (
    <a class="file" href={typeof now === "string" ? now : "#"} download={m.file_name} onClick={fetched}>
      <span class="sign"><Icon name="file" /></span>
      <span class="lines"><b class="cut" dir="auto">{m.file_name || lang.t("files", { n: 1 })}</b><small>{lang.size(m.size)}</small></span>
      <Icon name="download" />
    </a>
  );
}
