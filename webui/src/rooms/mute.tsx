import { useChat } from "../context";
import { titleOf } from "../names";
import { Dialog } from "../parts/dialog";
import { Icon } from "../parts/icon";
import type { Room } from "../types";

const hour = 3600e3;

// MuteDialog asks for how long a room is to be muted.
export function MuteDialog({ room }: { room: Room }) {
  const { lang, store, attempt, show } = useChat(), { t } = lang;
  const mute = async (forMs: number | null) => {
    const patch = forMs === null ? { muted: true } : { muted_until: new Date(Date.now() + forMs).toISOString() };
    if (await attempt(() => store.room(room.id).updateMember("me", patch as object))) show(null);
  };
  return (
    <Dialog title={t("mute_title", { room: titleOf(lang, room) })} close={() => show(null)}>
      <p>{t("mute_text")}</p>
      <div class="acts">
        <button type="button" onClick={() => mute(hour)}><Icon name="clock" />{t("mute_hour")}</button>
        <button type="button" onClick={() => mute(8 * hour)}><Icon name="clock" />{t("mute_hours", { n: 8 })}</button>
        <button type="button" onClick={() => mute(7 * 24 * hour)}><Icon name="clock" />{t("mute_week")}</button>
        <button type="button" onClick={() => mute(null)}><Icon name="mute" />{t("mute_always")}</button>
      </div>
    </Dialog>
  );
}
