import type { FunctionComponent } from "preact";
import { useEffect, useState } from "preact/hooks";
import { useChat } from "../context";
import type * as Later from "../later";

type Parts = typeof Later;
let loaded: Parts | null = null, loading: Promise<Parts> | null = null;

// fetchLater fetches what the first sight of the page does not need. Once it is there, it is
// there without a network too.
export function fetchLater(): Promise<Parts> {
  return loading ??= import("../later").then((parts) => loaded = parts, (e: unknown) => { loading = null; throw e; });
}

// later stands for a part that is fetched when it is first drawn, if it was not before.
function later<P extends object>(of: (parts: Parts) => FunctionComponent<P>): FunctionComponent<P> {
  return function Part(props: P) {
    const { attempt, show } = useChat();
    const [, drawn] = useState(loaded);
    useEffect(() => {
      if (!loaded) void attempt(async () => drawn(await fetchLater())).then((done) => { if (!done) show(null); });
    }, []);
    const Loaded = loaded && of(loaded);
    return Loaded ? <Loaded {...props} /> : null;
  };
}

export const AllPins = later((p) => p.AllPins);
export const Archive = later((p) => p.Archive);
export const Confirm = later((p) => p.Confirm);
export const Info = later((p) => p.Info);
export const MuteDialog = later((p) => p.MuteDialog);
export const NewRoom = later((p) => p.NewRoom);
export const Preview = later((p) => p.Preview);
export const Reacted = later((p) => p.Reacted);
export const Results = later((p) => p.Results);
export const RoomSearch = later((p) => p.RoomSearch);
export const Viewer = later((p) => p.Viewer);
