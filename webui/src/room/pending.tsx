import type { OutboxEntry, OutboxFile, RoomStore } from "df-chat-client";
import { useChat } from "../context";
import { authorOf, previewOf, problemText } from "../names";
import { Icon } from "../parts/icon";
import { Rich } from "../parts/rich";
import type { Head } from "../types";
import { useBlob } from "./source";

// Pending is an own message that the server has not confirmed: it waits, is being sent, or was refused.
export function Pending({ entry, store, first, last }: { entry: OutboxEntry; store: RoomStore; first: boolean; last: boolean }) {
  const { lang, attempt, say, toast } = useChat(), { t } = lang;
  const failed = entry.state === "failed", head = entry.reply_to as unknown as Head | null;
  const copy = async () => { await navigator.clipboard?.writeText(entry.text); toast(t("copied")); };
  return (
    <div class={`row mine ${first ? "first" : ""} ${last ? "last" : ""}`}>
      <div class="stack">
        <div class={`bubble ${failed ? "failed" : "pending"}`} part="message own-message">
          <span class="sr">{t("you")}: </span>
          {head && <div class="quote"><b class="cut" dir="auto">{authorOf(lang, head)}</b><span dir="auto">{previewOf(lang, head)}</span></div>}
          {entry.files.length > 0 && <div class="media">{entry.files.map((f) => <PendingFile f={f} failed={failed} />)}</div>}
          {entry.text && <p dir="auto"><Rich text={entry.text} /></p>}
          <span class="meta">{failed ? t("not_sent") : <><Icon name="clock" /><span class="sr">{t(entry.state === "sending" ? "sending" : "waiting")}</span></>}</span>
        </div>
        {failed && <div class="refused" role="alert">
          <span><Icon name="alert" />{entry.problem ? problemText(lang, entry.problem) : t("not_sent")}</span>
          <button type="button" onClick={() => attempt(() => store.retry(entry.id))}>{t("try_again")}</button>
          {entry.text && <button type="button" onClick={copy}>{t("copy")}</button>}
          <button type="button" onClick={() => attempt(async () => { await store.discard(entry.id); say(t("discarded")); })}>{t("discard")}</button>
        </div>}
      </div>
    </div>
  );
}

function PendingFile({ f, failed }: { f: OutboxFile; failed: boolean }) {
  const { lang } = useChat();
  const picture = f.type.startsWith("image/"), src = useBlob(picture ? f.blob : null);
  const share = f.media ? 1 : f.size ? f.sent / f.size : 0;
  return (
    <div class="uploading">
      {picture && src ? <img src={src} alt={f.name} /> : <span class="file"><span class="sign"><Icon name="file" /></span><span class="lines"><b class="cut" dir="auto">{f.name}</b><small>{lang.size(f.size)}</small></span></span>}
      {!failed && share < 1 && <progress max={1} value={share} aria-label={lang.t("uploading", { name: f.name })} />}
    </div>
  );
}
