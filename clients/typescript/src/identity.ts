import { routes, type UserID } from "./api.js";
import type { CallOptions } from "./call.js";
import type { Client } from "./client.js";
import { openKept } from "./kept.js";
import { Problem } from "./problem.js";

/** Who is signed in. */
export interface Identity {
  readonly user: UserID;
  /** The database of what is kept of them. */
  readonly database: string;
  /** The server, or the host, has said so; otherwise it is who was there last. */
  readonly certain: boolean;
}

const memory = "df-chat";

/** identify tells who is signed in. It throws a Problem where nobody is, or nobody knows. */
export async function identify(client: Client, user: UserID | undefined, factory: IDBFactory | null, signal: AbortSignal): Promise<Identity> {
  const named = (id: UserID, certain: boolean): Identity => ({ user: id, database: `df-chat ${client.base} ${id}`, certain });
  if (user !== undefined) return named(user, true);
  try {
    return named(await whoAmI(client, signal), true);
  } catch (error) {
    if (!(error instanceof Problem) || error.status !== 0 || factory === null) throw error;
    const last = await lastUser(factory, client.base);
    if (last === undefined) throw error;
    return named(last, false);
  }
}

// A description without GET /me has no such operation: then a membership tells.
const me = Object.entries(routes).find(([, route]) => route.method === "GET" && route.path === "/me")?.[0];

async function whoAmI(client: Client, signal: AbortSignal): Promise<UserID> {
  if (me !== undefined) {
    const retrieve = (client as unknown as Record<string, (params: object, options: CallOptions) => Promise<{ id: UserID }>>)[me]!;
    return (await retrieve({}, { signal, retries: 0 })).id;
  }
  const { items } = await client.chatRoomList({ limit: 1 }, { signal, retries: 0 });
  const room = items[0];
  if (room === undefined) throw new Problem({ status: 404, code: "unreadable", detail: "nobody can tell who is signed in: name the user" });
  return (await client.roomUserRetrieve({ room: room.id, user: "me" }, { signal, retries: 0 })).user.id;
}

async function lastUser(factory: IDBFactory, base: string): Promise<UserID | undefined> {
  const kept = await openKept(factory, memory, () => undefined);
  const user = await kept.get("meta", base);
  kept.close();
  return user as UserID | undefined;
}

/** rememberUser keeps who was signed in last. */
export async function rememberUser(factory: IDBFactory | null, base: string, user: UserID | null): Promise<void> {
  const kept = await openKept(factory, memory, () => undefined);
  await kept.write([{ table: "meta", key: base, value: user ?? undefined }]);
  kept.close();
}
