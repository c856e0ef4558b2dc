import { useChat } from "../context";
import { nameOf } from "../names";
import { Avatar } from "../parts/avatar";
import { Dialog } from "../parts/dialog";
import type { Room } from "../types";

// Preview is what one sees of a public room before one joins it.
export function Preview({ room, joined }: { room: Room; joined(): void }) {
  const { lang, store, show, open, attempt } = useChat(), { t } = lang;
  const join = () => attempt(async () => {
    await store.join(room.id);
    show(null);
    open(room.id);
    joined();
  });
  return (
    <Dialog title={t(room.type === "channel" ? "channel" : "group")} close={() => show(null)} foot={<>
      <button type="button" class="button" onClick={() => show(null)}>{t("cancel")}</button>
      <button type="button" class="button main" autofocus onClick={join}>{t("join")}</button>
    </>}>
      <div class="hero">
        <Avatar name={room.name} url={room.avatar_url} id={room.id} size={84} />
        <h3 dir="auto">{room.name}</h3>
        <p dir="auto">{room.description}</p>
        {room.member_count !== undefined && <p>{t("members_count", { n: room.member_count })}</p>}
        {room.owner && <p>{t("owned_by", { name: nameOf(lang, room.owner) })}</p>}
      </div>
    </Dialog>
  );
}
