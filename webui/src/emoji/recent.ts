// kept is a small list or a setting that this browser remembers.
const kept = (name: string) => ({
  get: () => { try { return localStorage.getItem(`df-chat-${name}`) ?? ""; } catch { return ""; } },
  set: (value: string) => { try { localStorage.setItem(`df-chat-${name}`, value); } catch { /* a browser that keeps nothing */ } },
});
const recent = kept("emoji");
export const keptTone = kept("tone");

export const recentEmoji = () => recent.get().split(" ").filter(Boolean);
export function remember(emoji: string) {
  recent.set([emoji, ...recentEmoji().filter((e) => e !== emoji)].slice(0, 24).join(" "));
}
