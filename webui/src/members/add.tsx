import { useEffect, useState } from "preact/hooks";
import { useChat } from "../context";
import { nameOf, titleOf } from "../names";
import { Dialog } from "../parts/dialog";
import { Icon } from "../parts/icon";
import type { Room, User } from "../types";
import { Info, membersOf } from "./info";
import { People } from "./people";

// Add puts people into a room. Those who are in it are not offered.
export function Add({ room }: { room: Room }) {
  const chat = useChat(), { lang, client, show, attempt, toast } = chat, { t } = lang;
  const [users, setUsers] = useState<User[]>([]);
  const [there, setThere] = useState<ReadonlySet<string>>(new Set());
  useEffect(() => { membersOf(chat, room.id).then((page) => setThere(new Set(page.items.map((m) => m.user.id))), () => {}); }, []);
  const back = () => show(<Info id={room.id} />);
  const add = async () => {
    if (!await attempt(() => client.roomUserCreate({ room: room.id, body: { members: users.map((u) => ({ user_id: u.id })) } }))) return;
    toast(t("added", { names: lang.list(users.map((u) => nameOf(lang, u))) }));
    back();
  };
  return (
    <Dialog title={t("add_title", { room: titleOf(lang, room) })} close={back} wide foot={<>
      <button type="button" class="button" onClick={back}>{t("cancel")}</button>
      <button type="button" class="button main" disabled={users.length === 0} onClick={add}>{t("add")}</button>
    </>}>
      {users.length > 0 && <div class="chips">{users.map((u) => (
        <button type="button" class="chip" aria-label={t("remove_person", { name: nameOf(lang, u) })} onClick={() => setUsers(users.filter((x) => x.id !== u.id))}><bdi>{nameOf(lang, u)}</bdi><Icon name="close" /></button>))}</div>}
      <People label={t("who")} chosen={users} without={there} pick={(u) => setUsers(users.some((x) => x.id === u.id) ? users.filter((x) => x.id !== u.id) : [...users, u])} />
    </Dialog>
  );
}
