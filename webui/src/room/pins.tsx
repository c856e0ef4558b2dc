import { useEffect, useState } from "preact/hooks";
import { type Chat, useChat } from "../context";
import { previewOf } from "../names";
import { Icon } from "../parts/icon";
import { AllPins } from "../parts/later";
import type { Message, Pin, Room } from "../types";

type Calls = Record<"chatMessagePin" | "chatMessageUnpin", (p: { message: string }) => Promise<unknown>> & { chatPinList(p: { room: string }): Promise<{ items: Pin[] }> };
const calls = (chat: Chat) => chat.client as unknown as Calls;

export interface Pins { items: Pin[]; ids: ReadonlySet<string>; toggle(m: Message): void }

// usePins reads what is pinned in a room, where the server has pins, and again when the
// room's log goes on without a new message.
export function usePins(room: Room | null, seq: number): Pins | null {
  const chat = useChat();
  const has = room?.mention_count !== undefined && room.is_member; // both came with the same version of the API
  const [items, setItems] = useState<Pin[]>([]);
  const load = () => calls(chat).chatPinList({ room: room!.id }).then((page) => setItems(page.items), () => {});
  useEffect(() => { if (has) void load(); }, [room?.id, has, seq]);
  if (!has) return null;
  const ids = new Set(items.map((p) => p.message.id));
  return {
    items, ids,
    toggle: (m) => void chat.attempt(async () => {
      await (ids.has(m.id) ? calls(chat).chatMessageUnpin({ message: m.id }) : calls(chat).chatMessagePin({ message: m.id }));
      await load();
    }),
  };
}

// PinBar shows what was pinned last, and leads to it and to the others.
export function PinBar({ room, pins, jump }: { room: Room; pins: Pins; jump(number: number): void }) {
  const { lang, show } = useChat(), { t } = lang, last = pins.items[0]?.message;
  if (!last) return null;
  return (
    <div class="pinbar">
      <Icon name="pin" />
      <button type="button" class="lines" onClick={() => jump(last.number)}><b>{t("pinned_message")}</b><span class="cut" dir="auto">{previewOf(lang, last)}</span></button>
      {pins.items.length > 1 && <button type="button" class="chip" onClick={() => show(<AllPins room={room} pins={pins} jump={jump} />)}>{t("all_pins", { n: pins.items.length })}</button>}
    </div>
  );
}
