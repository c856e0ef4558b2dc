import type { RoomEntry } from "df-chat-client";
import { memo } from "../parts/memo";
import { useRef } from "preact/hooks";
import { useChat } from "../context";
import { avatarOf, nameOf, previewOf, titleOf } from "../names";
import { Avatar } from "../parts/avatar";
import { Icon } from "../parts/icon";
import { holdToOpen } from "../parts/hold";
import { isUnread, type Room } from "../types";

// Item is a room in the list: what it is called, what was said last, and what is unread.
export const Item = memo(function Item({ entry, current, menu }: { entry: RoomEntry; current: boolean; menu(entry: RoomEntry, at: Element | { x: number; y: number }): void }) {
  const { lang, open } = useChat();
  const room = entry.room as unknown as Room, { t } = lang;
  const hold = useRef(holdToOpen((at) => menu(entry, at)));
  const title = titleOf(lang, room), unread = isUnread(room);
  return (
    <li class={`room ${unread ? "unread" : ""}`} {...hold.current}>
      <button type="button" part="room" aria-current={current ? "true" : undefined} onClick={() => open(room.id)}>
        <Avatar name={title} {...avatarOf(room)} />
        <span class="lines">
          <span class="top">
            {room.type === "channel" && <Icon name="channel" />}
            <b class="cut" dir="auto">{title}</b>
            {room.muted && <><Icon name="mute" /><span class="sr">{t("muted")}</span></>}
            {room.last_message_at && <time dateTime={room.last_message_at}>{lang.when(new Date(room.last_message_at))}</time>}
          </span>
          <span class="bottom">
            <Preview entry={entry} />
            {entry.failed > 0 && <span class="badge bad"><span aria-hidden="true">!</span><span class="sr">{t("not_sent")}</span></span>}
            {room.pinned && !unread && <><Icon name="pin" /><span class="sr">{t("pinned")}</span></>}
            {(room.mention_count ?? 0) > 0 && <span class="badge at"><span aria-hidden="true">@</span><span class="sr">{t("mentioned")}</span></span>}
            {unread && <span class={`badge ${room.muted ? "quiet" : ""}`} part="badge">{room.unread > 999 ? "999+" : room.unread || <>&#8203;</>}<span class="sr">{t("unread_count", { n: room.unread })}</span></span>}
          </span>
        </span>
      </button>
    </li>
  );
});

function Preview({ entry }: { entry: RoomEntry }) {
  const { lang, me } = useChat(), { t } = lang;
  const room = entry.room as unknown as Room, last = room.last_message;
  if (entry.typing.length > 0) {
    return <span class="preview typing cut">{room.type === "private_messages" ? t("typing_private") : t("typing_1", { name: nameOf(lang, entry.typing[0]!) })}</span>;
  }
  if (entry.draft?.text.trim()) return <span class="preview cut"><span class="draft">{t("draft")}</span> <bdi>{entry.draft.text}</bdi></span>;
  if (!last) return <span class="preview cut">{room.description}</span>;
  const who = last.user?.id === me?.id && last.user ? t("you") : room.type === "private_messages" || last.author_kind === "system" ? "" : nameOf(lang, last.user);
  return <span class="preview cut">{entry.waiting > 0 && <Icon name="clock" />}{who && <span class="by">{who}: </span>}<bdi>{previewOf(lang, last)}</bdi></span>;
}
