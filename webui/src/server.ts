import type { Client } from "df-chat-client";
import type { Server } from "./context";

// What a server allows that does not say.
export const usual: Server = { search: true, uploads: true, directory: false, reactions: null, textLength: 4000, files: 10, fileSize: 25 << 20 };

// readServer asks what this server has and allows.
export async function readServer(_client: Client): Promise<Server> {
  return usual;
}
