import type { RoomStore } from "df-chat-client";
import type { Chat } from "../context";
import { Icon } from "../parts/icon";
import { Confirm, Reacted } from "../parts/later";
import { Menu, type MenuItem } from "../parts/menu";
import { useChat } from "../context";
import { recentEmoji } from "../emoji/recent";
import { markUnread } from "../rooms/actions";
import type { Message, Room } from "../types";

export interface MenuOf { m: Message; at: Element | { x: number; y: number } }

interface Props extends MenuOf {
  room: Room; store: RoomStore; close(): void; reply(m: Message): void; edit(m: Message): void; react(m: Message, emoji: string): void; pick(m: Message): void;
  // What is pinned in the room; null where the server has no pins.
  pins: ReadonlySet<string> | null; pin(m: Message): void;
}

const usual = ["👍", "❤️", "😂", "😮", "😢", "🎉"];

// quickReactions are six: what one used last, then what people use.
export const quickReactions = (allowed: readonly string[] | null) => allowed ? allowed.slice(0, 6) : [...new Set([...recentEmoji().slice(0, 2), ...usual])].slice(0, 6);

// MessageMenu has what one may do with a message, and nothing else.
export function MessageMenu(props: Props) {
  const chat = useChat(), { t } = chat.lang, { m, close } = props;
  const may = props.room.is_member && (props.room.type !== "private_messages" || props.room.other !== null);
  const quick = quickReactions(chat.server.reactions);
  const mine = (emoji: string) => m.reactions.some((r) => r.reaction === emoji && r.mine);
  return (
    <Menu label={t("more_actions")} at={props.at} close={close} items={itemsOf(chat, props)}
      before={may && <div class="quick" role="group" aria-label={t("react")}>
        {quick.map((e) => <button type="button" role="menuitemcheckbox" aria-checked={mine(e)} aria-label={e} tabIndex={-1} onClick={() => { close(); props.react(m, e); }}>{e}</button>)}
        {!chat.server.reactions && <button type="button" role="menuitem" tabIndex={-1} class="icon" aria-label={t("more_emoji")} onClick={() => { close(); props.pick(m); }}><Icon name="plus" /></button>}
      </div>} />
  );
}

function itemsOf(chat: Chat, { m, room, store, reply, edit, pins, pin }: Props): MenuItem[] {
  const { t } = chat.lang, may = (p: string) => (room.my_permissions as string[]).includes(p), mine = m.user !== null && m.user.id === chat.me?.id;
  const items: MenuItem[] = [];
  if (may("can_create_messages")) items.push({ icon: "reply", label: t("reply"), run: () => reply(m) });
  if (m.text) items.push({ icon: "copy", label: t("copy"), run: () => void copy(chat, m.text) });
  if (may("can_edit_messages") || mine && may("can_edit_own_messages")) items.push({ icon: "edit", label: t("edit"), run: () => edit(m) });
  if (pins && may("can_edit_room")) items.push({ icon: "pin", label: t(pins.has(m.id) ? "unpin" : "pin"), run: () => pin(m) });
  if (room.marked_unread !== undefined && !mine) items.push({ icon: "dot", label: t("mark_unread_from"), run: () => void markUnread(chat, room, m.number) });
  if (m.reactions.length > 0) items.push({ icon: "users", label: t("who_reacted"), run: () => chat.show(<Reacted message={m.id} />) });
  if (may("can_delete_messages") || mine && may("can_delete_own_messages")) {
    items.push({
      icon: "trash", label: t("delete"), bad: true,
      run: () => chat.show(<Confirm title={t("delete_message_title")} text={t("delete_message_text")} action={t("delete")} close={() => chat.show(null)} run={() => store.remove(m.id)} />),
    });
  }
  return items;
}

async function copy(chat: Chat, text: string) {
  try {
    await navigator.clipboard.writeText(text);
    chat.toast(chat.lang.t("copied"));
  } catch {
    chat.toast(chat.lang.t("copy_failed"));
  }
}
