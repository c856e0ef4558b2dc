import { shownPictures } from "../size";
import type { OutboxEntry, OutboxFile, RoomStore } from "df-chat-client";
import { useChat } from "../context";
import { authorOf, previewOf, problemText } from "../names";
import { Icon } from "../parts/icon";
import { Rich } from "../parts/rich";
import type { Head, Media } from "../types";
import { MediaList, type Unsent } from "./media";

// Pending is an own message that the server has not confirmed: it waits, is being sent, or was refused.
export function Pending({ entry, store, first, last }: { entry: OutboxEntry; store: RoomStore; first: boolean; last: boolean }) {
  const { lang, attempt, say, toast } = useChat(), { t } = lang;
  const failed = entry.state === "failed", head = entry.reply_to as unknown as Head | null;
  const copy = async () => { await navigator.clipboard?.writeText(entry.text); toast(t("copied")); };
  return (
    <div class={`row mine ${first ? "first" : ""} ${last ? "last" : ""}`}>
      <div class="stack">
        <div class={`bubble ${failed ? "failed" : "pending"} ${entry.files.length && !entry.text ? "bare" : ""}`} part="message own-message">
          <span class="sr">{t("you")}: </span>
          {head && <div class="quote"><b class="cut" dir="auto">{authorOf(lang, head)}</b><span dir="auto">{previewOf(lang, head)}</span></div>}
          {entry.files.length > 0 && <Files entry={entry} />}
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

// Files takes the place that the files will have once they are sent.
function Files({ entry }: { entry: OutboxEntry }) {
  const media = entry.files.map((f, i) => mediaOf(f, i));
  const unsent = new Map(entry.files.map((f, i): [string, Unsent] => [
    media[i]!.id, { blob: f.blob, share: entry.state === "failed" || f.media ? null : f.size ? f.sent / f.size : 0 },
  ]));
  return <MediaList media={media} unsent={unsent} />;
}

// mediaOf is what the server will most likely make of a file, which goes by its bytes.
function mediaOf(f: OutboxFile, i: number): Media {
  const [major] = f.type.split("/"), kind = f.width && shownPictures.test(f.type) ? "image" : major === "video" || major === "audio" ? major : "file";
  return { id: `${i}`, kind, file_name: f.name, content_type: f.type, size: f.size, width: f.width, height: f.height, url: "" };
}
