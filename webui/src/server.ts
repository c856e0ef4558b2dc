import type { Client } from "df-chat-client";
import type { Server } from "./context";

// What a server has and allows that does not say.
export const usual: Server = { search: true, uploads: true, directory: false, reactions: null, textLength: 4000, files: 10, fileSize: 25 << 20 };

// Me is what the component reads of GET /me.
interface Me {
  features: { uploads: boolean; message_search: boolean; user_search: boolean };
  reactions: { policy: string; choices: string[] };
  limits: { text_characters: number; media_per_message: number; upload_bytes: number };
}

// readServer asks what this server has and allows, where it can be asked.
export async function readServer(client: Client): Promise<Server> {
  const ask = (client as unknown as { meRetrieve?(): Promise<Me> }).meRetrieve;
  if (!ask) return usual;
  const { features, reactions, limits } = await ask();
  return {
    search: features.message_search, uploads: features.uploads, directory: features.user_search,
    reactions: reactions.policy === "emoji" || reactions.policy === "any" || reactions.choices.length === 0 ? null : reactions.choices,
    textLength: limits.text_characters, files: limits.media_per_message, fileSize: limits.upload_bytes,
  };
}
