import { useState } from "preact/hooks";

// hueOf gives whoever has an id always the same colour.
export function hueOf(id: string): number {
  let h = 7;
  for (const c of id) h = (h * 31 + c.codePointAt(0)!) >>> 0;
  return Math.round((h * 137.508) % 360);
}

// Avatar is the picture of a user or a room or, without one, its initials.
export function Avatar({ name, url, id, size, online }: { name: string; url?: string | null | undefined; id: string; size?: number; online?: boolean }) {
  const [failed, setFailed] = useState<string | null>(null);
  const initials = (name.match(/[\p{L}\p{N}]+/gu) ?? []).slice(0, 2).map((word) => [...word][0]).join("").toUpperCase();
  return (
    <span class="avatar" part="avatar" aria-hidden="true" data-online={online} style={{ "--h": hueOf(id), ...(size && { "--size": `${size}px` }) }}>
      {initials || "?"}
      {url && failed !== url && <img src={url} alt="" loading="lazy" decoding="async" onError={() => setFailed(url)} />}
    </span>
  );
}
