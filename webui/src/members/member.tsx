import { useState } from "preact/hooks";
import { useChat } from "../context";
import type { Key } from "../i18n";
import { nameOf } from "../names";
import { Avatar } from "../parts/avatar";
import { Confirm, Dialog, Switch } from "../parts/dialog";
import { Icon } from "../parts/icon";
import { type Member, type Permission, permissions, type Room } from "../types";
import { BanDialog } from "./bans";
import { Info } from "./info";

const administrative: readonly Permission[] = ["can_remove_users", "can_delete_messages", "can_edit_messages", "can_edit_room"];

// MemberDialog shows a member, and what one may change of them: one gives and takes only
// permissions that one holds, and removes nobody who holds more.
export function MemberDialog({ room, member: given }: { room: Room; member: Member }) {
  const chat = useChat(), { lang, store, client, me, show, open, attempt } = chat, { t } = lang;
  const [member, setMember] = useState(given);
  const name = nameOf(lang, member.user), mine = room.my_permissions, back = () => show(<Info id={room.id} />);
  const mayGrant = mine.includes("can_edit_room") && !member.is_owner;
  const mayRemove = mine.includes("can_remove_users") && !member.is_owner && administrative.every((p) => !member.effective_permissions.includes(p) || mine.includes(p));
  const owner = room.owner?.id === me?.id;
  const set = (permission: Permission, on: boolean) => attempt(async () => {
    const wanted = on ? [...member.effective_permissions, permission] : member.effective_permissions.filter((p) => p !== permission);
    setMember({ ...member, effective_permissions: wanted });
    try {
      setMember(await store.room(room.id).updateMember(member.user.id, { permissions: wanted }) as unknown as Member);
    } catch (problem) {
      setMember(member);
      throw problem;
    }
  });
  const remove = () => show(<Confirm title={t("remove_title", { name })} text={t("remove_text")} action={t("remove")} close={back} run={() => client.roomUserDelete({ room: room.id, user: member.user.id })} />);
  const transfer = () => show(<Confirm title={t("transfer_title", { name })} text={t("transfer_text")} action={t("transfer")} close={back} run={() => client.chatRoomTransfer({ room: room.id, body: { user_id: member.user.id } })} />);
  return (
    <Dialog title={t("member")} close={back} wide>
      <div class="hero"><Avatar name={name} url={member.user.avatar_url} id={member.user.id} size={84} /><h3 dir="auto">{name}</h3>{member.is_owner && <p>{t("owner")}</p>}</div>
      <div class="acts">
        <button type="button" onClick={() => attempt(async () => { open((await store.openPrivate(member.user.id)).id); show(null); })}><Icon name="compose" />{t("write_to", { name })}</button>
        {owner && !member.is_owner && <button type="button" onClick={transfer}><Icon name="crown" />{t("transfer")}</button>}
        {mayRemove && <button type="button" class="bad" onClick={remove}><Icon name="leave" />{t("remove")}</button>}
        {mayRemove && <button type="button" class="bad" onClick={() => show(<BanDialog room={room} user={member.user} />)}><Icon name="ban" />{t("ban")}</button>}
      </div>
      {room.type !== "private_messages" && (mayGrant || member.effective_permissions.length > 0) && <fieldset class="fieldset">
        <legend><b>{t("permissions")}</b></legend>
        {permissions.filter((p) => p !== "can_delete_room").map((p) => (
          <Switch key={p} label={t(p as Key)} on={member.effective_permissions.includes(p)} disabled={!mayGrant || !mine.includes(p)} set={(on) => void set(p, on)} />))}
        {mayGrant && member.permissions && <button type="button" class="button" onClick={() => attempt(async () => setMember(await store.room(room.id).updateMember(member.user.id, { permissions: null }) as unknown as Member))}>{t("permissions_default")}</button>}
      </fieldset>}
    </Dialog>
  );
}
