import type { FunctionComponent } from "preact";
import { useEffect, useState } from "preact/hooks";
import { useChat } from "../context";

type Props = { pick(emoji: string): void };

let loaded: FunctionComponent<Props> | null = null;

// Picker is the picker of emoji, which is fetched when somebody first asks for it.
export function Picker(props: Props) {
  const { lang: { t } } = useChat();
  const [, set] = useState<FunctionComponent<Props> | null>(loaded);
  const [failed, setFailed] = useState(false);
  useEffect(() => {
    if (!loaded) import("./picker").then((m) => { loaded = m.Picker; set(() => m.Picker); }, () => setFailed(true));
  }, []);
  const Loaded = loaded;
  return Loaded ? <Loaded {...props} /> : <div class="picker"><div class="emoji"><p>{failed ? t("emoji_failed") : <i class="spin" />}</p></div></div>;
}
