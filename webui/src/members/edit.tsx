import { useRef, useState } from "preact/hooks";
import { useChat } from "../context";
import type { Key } from "../i18n";
import { Avatar } from "../parts/avatar";
import { Dialog, Switch } from "../parts/dialog";
import { type Permission, permissions, type Room } from "../types";
import { Info } from "./info";

const slowModes = [0, 10, 30, 60, 300, 900, 3600];

// EditRoom changes what a room is called and how it is, as far as the server has that.
export function EditRoom({ room }: { room: Room }) {
  const { lang, client, store, server, show, attempt } = useChat(), { t } = lang;
  const [name, setName] = useState(room.name);
  const [description, setDescription] = useState(room.description);
  const [isPublic, setPublic] = useState(room.is_public);
  const [defaults, setDefaults] = useState<Permission[]>(room.default_permissions);
  const [slow, setSlow] = useState(room.slow_mode ?? 0);
  const [history, setHistory] = useState<"all" | "joined">(room.history_visibility ?? "all");
  const [avatar, setAvatar] = useState<{ id: string | null; url: string | null } | null>(null);
  const [busy, setBusy] = useState(false);
  const file = useRef<HTMLInputElement>(null);
  const back = () => show(<Info id={room.id} />);
  const upload = async (chosen: File | undefined) => {
    if (!chosen) return;
    setBusy(true);
    await attempt(async () => { const media = await client.upload(chosen); setAvatar({ id: media.id, url: URL.createObjectURL(chosen) }); });
    setBusy(false);
  };
  const save = async () => {
    setBusy(true);
    const same = defaults.length === room.default_permissions.length && defaults.every((p) => room.default_permissions.includes(p));
    const patch = {
      ...(name.trim() !== room.name && { name: name.trim() }), ...(description.trim() !== room.description && { description: description.trim() }),
      ...(isPublic !== room.is_public && { is_public: isPublic }), ...(!same && { default_permissions: defaults }), ...(avatar && { avatar_id: avatar.id }),
      ...(slow !== (room.slow_mode ?? 0) && { slow_mode: slow }), ...(history !== (room.history_visibility ?? "all") && { history_visibility: history }),
    };
    const done = await attempt(async () => { if (Object.keys(patch).length) await store.room(room.id).update(patch); });
    setBusy(false);
    if (done) back();
  };
  return (
    <Dialog title={t("edit_room")} close={back} wide foot={<>
      <button type="button" class="button" onClick={back}>{t("cancel")}</button>
      <button type="button" class="button main" disabled={busy || !name.trim()} onClick={save}>{t("save")}</button>
    </>}>
      {server.uploads && <div class="hero">
        <Avatar name={name} id={room.id} url={avatar ? avatar.url : room.avatar_url} size={84} />
        <div class="chips">
          <button type="button" class="chip" onClick={() => file.current!.click()}>{t("choose_picture")}</button>
          {(avatar ? avatar.id : room.avatar_url) && <button type="button" class="chip" onClick={() => setAvatar({ id: null, url: null })}>{t("remove_picture")}</button>}
        </div>
        <input ref={file} type="file" accept="image/png,image/jpeg,image/gif,image/webp" hidden onChange={(e) => void upload(e.currentTarget.files?.[0])} />
      </div>}
      <label>{t("name")}<input class="field" maxLength={128} dir="auto" value={name} required onInput={(e) => setName(e.currentTarget.value)} /></label>
      <label>{t("description")}<textarea class="field" rows={2} maxLength={1024} dir="auto" value={description} onInput={(e) => setDescription(e.currentTarget.value)} /></label>
      <Switch label={t("public")} hint={t("public_hint")} on={isPublic} set={setPublic} />
      {room.slow_mode !== undefined && <label>{t("slow_mode")}<select class="field" value={slow} onChange={(e) => setSlow(Number(e.currentTarget.value))}>
        {[...new Set([...slowModes, slow])].sort((a, b) => a - b).map((s) => <option value={s}>{s ? t("slow_every", { n: s }) : t("slow_off")}</option>)}</select></label>}
      {room.history_visibility !== undefined && <label>{t("history")}<select class="field" value={history} onChange={(e) => setHistory(e.currentTarget.value as "all" | "joined")}>
        <option value="all">{t("history_all")}</option><option value="joined">{t("history_joined")}</option></select></label>}
      <fieldset class="fieldset">
        <legend><b>{t("default_permissions")}</b></legend>
        {permissions.filter((p) => p !== "can_delete_room").map((p) => (
          <Switch key={p} label={t(p as Key)} on={defaults.includes(p)} disabled={!room.my_permissions.includes(p)} set={(on) => setDefaults(on ? [...defaults, p] : defaults.filter((x) => x !== p))} />))}
      </fieldset>
    </Dialog>
  );
}
