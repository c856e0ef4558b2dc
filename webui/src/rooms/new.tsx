import { useState } from "preact/hooks";
import { useChat } from "../context";
import { nameOf } from "../names";
import { Dialog, Switch } from "../parts/dialog";
import { Icon, type IconName } from "../parts/icon";
import { People } from "../members/people";
import type { Room, User } from "../types";

const kinds: [Room["type"], IconName][] = [["private_messages", "user"], ["group", "users"], ["channel", "channel"]];

// NewRoom opens a chat of two, or makes a group or a channel.
export function NewRoom() {
  const { lang, store, show, open, attempt } = useChat(), { t } = lang;
  const [kind, setKind] = useState<Room["type"]>("private_messages");
  const [name, setName] = useState("");
  const [description, setDescription] = useState("");
  const [open_to_all, setPublic] = useState(false);
  const [users, setUsers] = useState<User[]>([]);
  const [busy, setBusy] = useState(false);
  const start = async (make: () => Promise<{ id: string }>) => {
    setBusy(true);
    const done = await attempt(async () => open((await make()).id));
    setBusy(false);
    if (done) show(null);
  };
  const make = () => start(() => store.createRoom({
    type: kind, name: name.trim(), description: description.trim(), is_public: open_to_all, members: users.map((u) => ({ user_id: u.id })),
  }));
  const small = kind === "private_messages";
  return (
    <Dialog title={t("new_chat")} close={() => show(null)} wide foot={!small && <>
      <button type="button" class="button" onClick={() => show(null)}>{t("cancel")}</button>
      <button type="button" class="button main" disabled={busy || !name.trim()} onClick={make}>{t("create")}</button>
    </>}>
      <div class="kinds" role="radiogroup" aria-label={t("kind")}>{kinds.map(([k, icon]) => (
        <label key={k}><input class="sr" type="radio" name="kind" checked={k === kind} onChange={() => setKind(k)} /><Icon name={icon} />{t(k)}<small>{t(`${k}_hint`)}</small></label>))}</div>
      {small ? <People label={t("with_whom")} pick={(u) => start(() => store.openPrivate(u.id))} /> : <>
        <label>{t("name")}<input class="field" maxLength={128} value={name} dir="auto" autocomplete="off" required onInput={(e) => setName(e.currentTarget.value)} /></label>
        <label>{t("description")}<textarea class="field" rows={2} maxLength={1024} dir="auto" value={description} onInput={(e) => setDescription(e.currentTarget.value)} /></label>
        <Switch label={t("public")} hint={t("public_hint")} on={open_to_all} set={setPublic} />
        {users.length > 0 && <div class="chips">{users.map((u) => (
          <button type="button" class="chip" aria-label={t("remove_person", { name: nameOf(lang, u) })} onClick={() => setUsers(users.filter((x) => x.id !== u.id))}><bdi>{nameOf(lang, u)}</bdi><Icon name="close" /></button>))}</div>}
        <People label={t("add_people")} chosen={users} pick={(u) => setUsers(users.some((x) => x.id === u.id) ? users.filter((x) => x.id !== u.id) : [...users, u])} />
      </>}
    </Dialog>
  );
}
