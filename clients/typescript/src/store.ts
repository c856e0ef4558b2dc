import type { Client } from "./client.js";
import type { Store, StoreOptions } from "./store_types.js";

/** openStore returns a store of what the user of a client sees, and connects it. */
export function openStore(_client: Client, _options: StoreOptions = {}): Store {
  throw new Error("not yet");
}
