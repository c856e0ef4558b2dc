import { IDBFactory } from "fake-indexeddb";
import { describe, expect, test } from "vitest";
import { type Client, type Message, openStore, type Room, type RoomView, type Store } from "../src/index.js";
import { Locks } from "./locks.js";
import { Network } from "./network.js";
import { startServer, until, userID } from "./server.js";

const runs = Number(process.env["CHAT_CLIENT_RUNS"] ?? 6);
const steps = Number(process.env["CHAT_CLIENT_STEPS"] ?? 60);
const first = Number(process.env["CHAT_CLIENT_SEED"] ?? Math.floor(Math.random() * 1e9));

// A small generator of numbers: a run is told by its seed.
function random(seed: number): (below: number) => number {
  return (below) => {
    seed = seed + 0x6d2b79f5 | 0;
    let t = Math.imul(seed ^ seed >>> 15, 1 | seed);
    t = t + Math.imul(t ^ t >>> 7, 61 | t) ^ t;
    return ((t ^ t >>> 14) >>> 0) % below;
  };
}

const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

describe("Whatever happens on the way, the store comes to be what the server has", () => {
  test.each(Array.from({ length: runs }, (_, i) => first + i))("seed %i", { timeout: 120_000 }, async (seed) => {
    const server = await startServer();
    const below = random(seed);
    const network = new Network();
    const memory = new IDBFactory();
    const me = server.client("alice", { fetch: network.fetch });
    const bob = server.client("bob"), carol = server.client("carol");
    const rooms: Room[] = [];
    for (const name of ["one", "two"]) {
      rooms.push(await bob.chatRoomCreate({ body: { name, members: [{ user_id: userID.alice }, { user_id: userID.carol }] } }));
    }
    // Half of the runs have two tabs, which share what is kept and one connection.
    const browser = new Locks();
    const begin = () => {
      const { locks, close } = browser.tab();
      const store = openStore(me, { user: userID.alice, indexedDB: memory, locks, window: 60, page: 10 });
      return { store, close, written: new Map<string, string[]>(rooms.map((room) => [room.id, []])) };
    };
    const faults: string[] = [];
    const look = async (tab: Tab) => {
      for (const room of rooms) {
        const { view } = tab.store.room(room.id);
        view.subscribe(() => faults.push(...faultsOf(view.get(), tab.written.get(room.id)!)));
        await tab.store.room(room.id).open().catch(() => undefined);
      }
    };
    const tabs = Array.from({ length: 1 + seed % 2 }, begin);
    await Promise.all(tabs.map(look));
    network.fate = () => ["lost before", "lost after", "pass", "pass", "pass", "pass"][below(6)] as "pass";
    network.delay = () => below(3) === 0 ? below(60) : 0;

    const sent = new Map<string, string[]>(rooms.map((room) => [room.id, []]));
    const pick = <T>(from: readonly T[]): T | undefined => from[below(Math.max(from.length, 1))];
    const someone = () => below(2) === 0 ? bob : carol;
    let count = 0;
    const step = () => ++count;
    for (let i = 0; i < steps; i++) {
      const room = pick(rooms)!;
      await act(pick(tabs)!, below(14), room);
      if (below(3) === 0) await pause(below(40));
    }

    async function act(tab: Tab, what: number, room: Room): Promise<void> {
      const { store } = tab;
      const view = store.room(room.id).view.get();
      const other = someone();
      const own = pick(view.messages.filter((one) => one.user?.id === userID.alice)); // never deleted here: to answer
      const message = pick(view.messages.filter((one) => one.deleted_at === null));
      switch (what) {
        case 0: case 1: case 2: {
          const text = `mine ${tabs.indexOf(tab)} ${sent.get(room.id)!.length}`;
          sent.get(room.id)!.push(text);
          await store.room(room.id).send({ text, reply_to: below(3) === 0 ? own : null });
          tab.written.get(room.id)!.push(text);
          return;
        }
        case 3: case 4:
          await other.chatMessageCreate({ room: room.id, body: { text: `theirs ${step()}`, ...(own !== undefined && below(3) === 0 ? { reply_to_id: own.id } : {}) } });
          return;
        case 5: {
          const theirs = pick((await other.chatMessageList({ room: room.id, limit: 20 })).items
            .filter((one) => one.user?.id === (other === bob ? userID.bob : userID.carol) && one.deleted_at === null));
          if (theirs !== undefined) await other.chatMessageUpdate({ message: theirs.id, body: { text: `edited ${step()}` } });
          return;
        }
        case 6: {
          const theirs = pick((await other.chatMessageList({ room: room.id, limit: 20 })).items
            .filter((one) => one.user?.id === (other === bob ? userID.bob : userID.carol) && one.deleted_at === null));
          if (theirs !== undefined) await other.chatMessageDelete({ message: theirs.id });
          return;
        }
        case 7:
          if (message !== undefined) await other.chatMessageReactionsCreate({ message: message.id, body: { reaction: pick(["👍", "🎉"])! } }).catch(() => undefined);
          return;
        case 8:
          if (message !== undefined) await store.room(room.id).react(message.id, pick(["👍", "🎉"])!).catch(() => undefined);
          return;
        case 9:
          network.cut();
          return;
        case 10:
          network.offline();
          await pause(below(100));
          network.online();
          return;
        case 11: // the page is closed and opened again
          const place = tabs.indexOf(tab);
          await store.close();
          tab.close();
          tabs[place] = begin();
          await look(tabs[place]!);
          return;
        case 12:
          store.room(room.id).markRead();
          return;
        case 13:
          await (below(2) === 0 ? store.room(room.id).loadBefore() : store.room(room.id).loadNewest()).catch(() => undefined);
      }
    }
    network.fate = () => "pass";
    network.delay = () => 0;
    tabs.forEach(({ store }) => store.wake());
    await settled(tabs.map((tab) => tab.store), rooms, bob);
    const compare = () => equal(tabs, rooms, sent, server.client("alice"));
    await until("the stores are what the server has", () => compare().then(() => true, () => false)).catch(() => undefined);
    await pause(300); // and stay so
    await compare();
    expect(faults).toEqual([]);
    for (const { store, close } of tabs) {
      await store.close();
      close();
    }
  });
});

// equal fails unless the stores are what the server has, and each message of one's own came once, in the
// order in which they were written.
async function equal(tabs: readonly Tab[], rooms: readonly Room[], sent: ReadonlyMap<string, string[]>, server: Client): Promise<void> {
  const want = (await server.chatRoomList({ limit: 100 })).items;
  for (const [place, { store }] of tabs.entries()) {
    for (const room of rooms) {
      const view = store.room(room.id).view.get();
      expect(view.outbox).toEqual([]);
      const history = await all(server, room);
      const mine = history.filter((one) => one.user?.id === userID.alice).map((one) => one.text);
      const of = (texts: string[] | undefined) => texts?.filter((text) => text.startsWith(`mine ${place} `));
      expect(of(mine)).toEqual(of(sent.get(room.id)));
      const from = view.messages[0]?.number ?? 1;
      const to = view.messages.at(-1)?.number ?? 0;
      expect(shown(view.messages)).toEqual(shown(history.filter((one) => one.number >= from && one.number <= to)));
      expect(view.has_before).toBe(from > 1);
      expect(view.has_after).toBe(to < history.length);
    }
    expect(store.rooms.get().map((entry) => entry.room)).toEqual(want);
  }
}

// A client id is for who sent it: an update does not have it.
function shown(messages: readonly Message[]): unknown[] {
  return messages.map(({ client_id: _, ...message }) => message);
}

interface Tab {
  readonly store: Store;
  readonly written: Map<string, string[]>; // texts, by room, since the page was opened
  close(): void;
}

// faultsOf returns what may be in no view at any time.
function faultsOf(view: RoomView, written: readonly string[]): string[] {
  const faults: string[] = [];
  view.messages.forEach((message, i) => {
    if (message.number !== view.messages[0]!.number + i) faults.push(`a gap before ${message.number}`);
  });
  const own = (all: readonly { text: string }[]) => all.map((one) => one.text).filter((text) => text.startsWith("mine"));
  const shown = own([...view.messages, ...view.outbox]);
  if (new Set(shown).size < shown.length) faults.push(`something is shown twice: ${own(view.messages).join()} and ${own(view.outbox).join()}`);
  const newest = written.at(-1);
  if (newest !== undefined && !view.has_after && !shown.includes(newest)) faults.push(`${newest} is gone`);
  return faults;
}

// settled waits until the server has all, and the store has heard of it.
async function settled(stores: readonly Store[], rooms: readonly Room[], other: Client): Promise<void> {
  await until("the stores are online", () => stores.every((store) => store.status.get() === "online"));
  await until("everything is sent", () => stores.every((store) => rooms.every((room) => store.room(room.id).view.get().outbox.length === 0)));
  const ends = await Promise.all(rooms.map((room) => other.chatMessageCreate({ room: room.id, body: { text: "the end" } })));
  await until("the end is there", () => stores.every((store) => ends.every((end) => {
    const { messages, has_after, room } = store.room(end.room_id).view.get();
    return room !== null && room.last_number >= end.number && (has_after || messages.some((one) => one.id === end.id));
  })));
}

async function all(client: Client, room: Room): Promise<Message[]> {
  const messages: Message[] = [];
  for (let more = true; more;) {
    const page = await client.chatMessageList({ room: room.id, after: messages.at(-1)?.number ?? 0, limit: 100 });
    messages.push(...page.items);
    more = page.has_after;
  }
  return messages;
}
