import { useRef } from "preact/hooks";
import { useChat } from "../context";
import { authorOf, nameOf, previewOf } from "../names";
import { Avatar, hueOf } from "../parts/avatar";
import { holdToOpen } from "../parts/hold";
import { Icon } from "../parts/icon";
import { memo } from "../parts/memo";
import { isEmoji, Rich } from "../parts/rich";
import type { Media, Message } from "../types";
import { MediaList } from "./media";
import { Reactions } from "./reactions";

type At = Element | { x: number; y: number };

// Acts are what a message can be asked to do. The object stays the same while a room is open.
export interface Acts {
  menu(m: Message, at: At): void;
  pick(m: Message, at: Element): void;
  reply(m: Message): void;
  react(m: Message, emoji: string): void;
  jump(number: number): void;
  view(m: Media): void;
  mention(name: string): "me" | "other" | null;
  mentioned(m: Message, name: string): "me" | "other" | null;
}

export interface BubbleProps {
  m: Message; mine: boolean; first: boolean; last: boolean; group: boolean;
  // May one send here; may one react, as every member of a room with somebody in it may.
  may: boolean; mayReact: boolean;
  // What is known of an own message: how many others have read it.
  read: number; acts: Acts;
}

export const Bubble = memo(function Bubble({ m, mine, first, last, group, may, mayReact, read, acts }: BubbleProps) {
  const { lang, me } = useChat(), { t } = lang;
  const forMe = !mine && (m.mention_room === true || m.mentions?.some((u) => u.id === me?.id) === true);
  const hold = useRef<ReturnType<typeof holdToOpen> | null>(null), now = useRef(m);
  now.current = m;
  hold.current ??= holdToOpen((at) => { if (!now.current.deleted_at) acts.menu(now.current, at); });
  const deleted = m.deleted_at !== null, large = !deleted && m.media.length === 0 && !m.reply_to && isEmoji(m.text);
  const who = mine ? t("you") : authorOf(lang, m);
  return (
    <div class={`row ${mine ? "mine" : ""} ${first ? "first" : ""} ${last ? "last" : ""}`}>
      {group && !mine && <div class="side">{last && <Avatar name={who} url={m.user?.avatar_url} id={m.user?.id ?? ""} size={32} />}</div>}
      <div class="stack">
        {first && group && !mine && <span class="who" dir="auto" style={{ "--h": hueOf(m.user?.id ?? "") }}>{who}</span>}
        <div class={`bubble ${forMe ? "for-me" : ""} ${deleted ? "gone" : ""} ${large ? "large" : ""} ${m.media.length && !m.text ? "bare" : ""}`} part={mine ? "message own-message" : "message"} {...hold.current}>
          <span class="sr">{who}: </span>
          {m.reply_to && !deleted && <Quote m={m} jump={acts.jump} />}
          {m.media.length > 0 && <MediaList media={m.media} view={acts.view} />}
          {deleted ? <p>{t("message_deleted")}</p> : m.text && <p dir="auto"><Rich text={m.text} mention={m.mentions ? (name) => acts.mentioned(m, name) : acts.mention} /></p>}
          <Meta m={m} mine={mine} read={read} />
        </div>
        {m.reactions.length > 0 && !deleted && <Reactions m={m} may={mayReact} react={acts.react} />}
      </div>
      {!deleted && <div class="tools">
        {mayReact && <button type="button" class="icon" tabIndex={-1} aria-label={t("react")} title={t("react")} onClick={(e) => acts.pick(m, e.currentTarget)}><Icon name="smile" /></button>}
        {may && <button type="button" class="icon" tabIndex={-1} aria-label={t("reply")} title={t("reply")} onClick={() => acts.reply(m)}><Icon name="reply" /></button>}
        <button type="button" class="icon" tabIndex={-1} aria-label={t("more_actions")} title={t("more_actions")} onClick={(e) => acts.menu(m, e.currentTarget)}><Icon name="more" /></button>
      </div>}
    </div>
  );
});

function Meta({ m, mine, read }: { m: Message; mine: boolean; read: number }) {
  const { lang } = useChat(), { t } = lang, at = new Date(m.created_at);
  return (
    <span class="meta">
      {m.edited_at && !m.deleted_at && <span title={lang.full(new Date(m.edited_at))}>{t("edited")} </span>}
      <time dateTime={m.created_at} title={lang.full(at)}>{lang.time(at)}</time>
      {mine && !m.deleted_at && <span class={`ticks ${read > 0 ? "read" : ""}`} title={read > 0 ? t("read_by", { n: read }) : t("sent")}>
        <Icon name={read > 0 ? "checks" : "check"} /><span class="sr">{read > 0 ? t("read_by", { n: read }) : t("sent")}</span></span>}
    </span>
  );
}

function Quote({ m, jump }: { m: Message; jump(number: number): void }) {
  const { lang } = useChat(), head = m.reply_to!;
  return (
    <button type="button" class="quote" onClick={() => jump(head.number)} style={{ "--h": hueOf(head.user?.id ?? "") }}>
      <span class="sr">{lang.t("replying_to", { name: "" })}</span>
      <b class="cut" dir="auto">{head.author_kind === "system" ? lang.t("notice") : nameOf(lang, head.user)}</b>
      <span dir="auto">{previewOf(lang, head)}</span>
    </button>
  );
}
