import { useChat } from "../context";
import { authorOf, previewOf, titleOf } from "../names";
import { Dialog } from "../parts/dialog";
import type { Room } from "../types";
import type { Pins } from "./pins";

// AllPins lists what is pinned in a room.
export function AllPins({ room, pins, jump }: { room: Room; pins: Pins; jump(number: number): void }) {
  const { lang, show } = useChat(), { t } = lang;
  return (
    <Dialog title={`${t("pinned_messages")} · ${titleOf(lang, room)}`} close={() => show(null)} wide>
      <div>{pins.items.map(({ message: m }) => (
        <button type="button" class="found" key={m.id} onClick={() => { show(null); jump(m.number); }}>
          <span class="top"><b class="cut" dir="auto">{authorOf(lang, m)}</b><time dateTime={m.created_at}>{lang.when(new Date(m.created_at))}</time></span>
          <span class="text" dir="auto">{previewOf(lang, m)}</span>
        </button>))}</div>
    </Dialog>
  );
}
