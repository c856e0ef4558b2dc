import type { Chat } from "../context";
import { titleOf } from "../names";
import { Confirm, Info, MuteDialog } from "../parts/later";
import type { MenuItem } from "../parts/menu";
import { isUnread, type Room } from "../types";

// roomItems are what one may do with a room, from the list and from its header.
export function roomItems(chat: Chat, room: Room): MenuItem[] {
  const { t } = chat.lang, store = chat.store.room(room.id);
  const set = (patch: object) => chat.attempt(() => store.updateMember("me", patch));
  const items: MenuItem[] = [{ icon: room.type === "private_messages" ? "user" : "users", label: t(room.type === "private_messages" ? "info" : "info_members"), run: () => chat.show(<Info id={room.id} />) }];
  if (isUnread(room)) items.push({ icon: "check", label: t("mark_read"), run: () => void markRead(chat, room) });
  else if (room.marked_unread !== undefined && room.last_number > 0) {
    items.push({ icon: "dot", label: t("mark_unread"), run: () => void markUnread(chat, room, room.last_number) });
  }
  if (room.pinned !== undefined) items.push({ icon: "pin", label: t(room.pinned ? "unpin_room" : "pin_room"), run: () => void set({ pinned: !room.pinned }) });
  if (room.muted) items.push({ icon: "bell", label: t("unmute"), run: () => void set({ muted: false }) });
  else items.push({ icon: "mute", label: t("mute"), run: () => { if (room.muted_until === undefined) void set({ muted: true }); else chat.show(<MuteDialog room={room} />); } });
  if (room.hidden !== undefined) {
    items.push({ icon: "archive", label: t(room.hidden ? "unarchive" : "archive"), run: () => void set({ hidden: !room.hidden }).then((done) => { if (done && !room.hidden) chat.open(null); }) });
  }
  if (room.type !== "private_messages" && room.owner?.id !== chat.me?.id) items.push({ icon: "leave", label: t("leave"), bad: true, run: () => leave(chat, room) });
  if (room.my_permissions.includes("can_delete_room")) items.push({ icon: "trash", label: t(room.type === "private_messages" ? "delete_chat" : "delete_room"), bad: true, run: () => remove(chat, room) });
  return items;
}

// markRead also takes away a mark as unread, which a reader's marker that stays does not.
export async function markRead(chat: Chat, room: Room) {
  if ((room.marked_unread ?? null) !== null) await chat.attempt(() => chat.client.roomUserRead({ room: room.id, body: { number: room.last_number } }));
  else chat.store.room(room.id).markRead();
}

// markUnread marks what is from a number on, and leaves the room: it would be read at once.
export async function markUnread(chat: Chat, room: Room, number: number) {
  const client = chat.client as unknown as { roomUserUnread(p: object): Promise<unknown> };
  chat.open(null);
  await chat.attempt(() => client.roomUserUnread({ room: room.id, body: { number } }));
}

export function leave(chat: Chat, room: Room) {
  const { t } = chat.lang, close = () => chat.show(null);
  chat.show(<Confirm title={t("leave_title", { room: titleOf(chat.lang, room) })} text={t("leave_text")} action={t("leave")} close={close}
    run={() => chat.store.room(room.id).leave()} />);
}

export function remove(chat: Chat, room: Room) {
  const { t } = chat.lang, close = () => chat.show(null);
  chat.show(<Confirm title={t("delete_room_title", { room: titleOf(chat.lang, room) })} text={t("delete_room_text")} action={t("delete")} close={close}
    run={() => chat.client.chatRoomDelete({ room: room.id })} />);
}
