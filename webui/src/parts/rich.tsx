import type { ComponentChildren } from "preact";

const address = /\bhttps?:\/\/[^\s<>"']+[^\s<>"'.,;:!?)\]]/g;

// Rich is a text in which addresses are links and mentions are set off. Everything else stays
// text: nothing in it is ever taken for markup.
export function Rich({ text, mention }: { text: string; mention?: ((name: string) => "me" | "other" | null) | undefined }) {
  const out: ComponentChildren[] = [];
  let at = 0;
  for (const found of text.matchAll(address)) {
    out.push(...mentions(text.slice(at, found.index), mention));
    out.push(<a href={found[0]} target="_blank" rel="noopener noreferrer nofollow ugc">{found[0]}</a>);
    at = found.index + found[0].length;
  }
  out.push(...mentions(text.slice(at), mention));
  return <>{out}</>;
}

function mentions(text: string, kind: ((name: string) => "me" | "other" | null) | undefined): ComponentChildren[] {
  if (!kind || !text.includes("@")) return [text];
  const out: ComponentChildren[] = [];
  let at = 0;
  for (const found of text.matchAll(/@([\p{L}\p{N}_.-]+(?: [\p{L}\p{N}_.-]+)?)/gu)) {
    // Names may be of one word or of two: the longer one first.
    const names = [found[1]!, found[1]!.split(" ")[0]!, found[1]!.split(" ")[0]!.replace(/[.-]+$/, "")];
    const name = names.find((n) => kind(n) !== null);
    if (name === undefined) continue;
    out.push(text.slice(at, found.index), <span class={`mention ${kind(name)}`}>@{name}</span>);
    at = found.index + 1 + name.length;
  }
  out.push(text.slice(at));
  return out;
}

const emojiOnly = new RegExp("^(?:\\p{RGI_Emoji}){1,3}$", "v");

// isEmoji reports whether a text is one to three emoji, which are shown large.
export const isEmoji = (text: string) => text.length < 60 && emojiOnly.test(text);
