import type { Client } from "df-chat-client";

const kept = 200;

// sources returns where an <img> or <video> finds a file. One that is read with the browser's
// cookies, or by a signed URL, is where it is. Of the others, whose token no <img> can send, a
// copy is fetched and kept for a while.
export function sources(client: Client, tokened: () => boolean): { source(url: string): string | Promise<string>; close(): void } {
  const copies = new Map<string, string | Promise<string>>();
  const base = new URL(client.base, location.href);
  const fetched = async (url: string, media: string): Promise<string> => {
    try {
      const blob = await client.chatMediaContent({ media, variant: url.includes("variant=thumbnail") ? "thumbnail" : "original" });
      const made = URL.createObjectURL(blob);
      copies.set(url, made);
      return made;
    } catch (problem) {
      copies.delete(url);
      throw problem;
    }
  };
  const trim = () => {
    for (const [url, copy] of copies) {
      if (copies.size <= kept) return;
      if (typeof copy === "string") { URL.revokeObjectURL(copy); copies.delete(url); }
    }
  };
  return {
    source(url) {
      const whole = new URL(url, base).href, media = /\/media\/([0-9a-f-]{36})\/content/.exec(whole)?.[1];
      if (!tokened() || !media || /[?&](sig|signature|expires)=/.test(whole)) return whole;
      const had = copies.get(whole);
      if (had !== undefined) return had;
      trim();
      const made = fetched(whole, media);
      copies.set(whole, made);
      return made;
    },
    close() {
      for (const copy of copies.values()) if (typeof copy === "string") URL.revokeObjectURL(copy);
      copies.clear();
    },
  };
}
