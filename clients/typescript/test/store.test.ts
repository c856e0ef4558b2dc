import { IDBFactory } from "fake-indexeddb";
import { afterEach, describe, expect, test } from "vitest";
import { type Client, createClient, openStore, type Room, type Store, type StoreOptions } from "../src/index.js";
import { Locks } from "./locks.js";
import { Network } from "./network.js";
import { type Server, startServer, until, userID } from "./server.js";

const stores: Store[] = [];
afterEach(async () => {
  for (const store of stores.splice(0)) await store.close();
});

/** page is a page of a browser, with what the browser keeps and a network of its own. */
function page(server: Server, memory: IDBFactory | null, options: StoreOptions = {}, network = new Network()) {
  const client = server.client("alice", { fetch: network.fetch });
  const store = openStore(client, { user: userID.alice, indexedDB: memory, locks: null, ...options });
  stores.push(store);
  return { store, network, client, online: () => until("the store is online", () => store.status.get() === "online" && store.loaded.get()) };
}

async function group(server: Server, name = "room"): Promise<{ bob: Client; room: Room; texts: () => Promise<string[]> }> {
  const bob = server.client("bob");
  const room = await bob.chatRoomCreate({ body: { name, members: [{ user_id: userID.alice }] } });
  return { bob, room, texts: async () => (await bob.chatMessageList({ room: room.id, limit: 100 })).items.map((one) => one.text) };
}

const texts = (store: Store, room: Room) => store.room(room.id).view.get().messages.map((one) => one.text);
const waiting = (store: Store, room: Room) => store.room(room.id).view.get().outbox.map((one) => one.text);

describe("What is written", () => {
  test("offline goes out when the network is back, once and in order, also after a reload", async () => {
    const server = await startServer();
    const { room, texts: sent } = await group(server);
    const memory = new IDBFactory(), network = new Network();
    const first = page(server, memory, {}, network);
    await first.online();
    await first.store.room(room.id).open();
    network.offline();
    for (const text of ["one", "two", "three"]) await first.store.room(room.id).send({ text });
    expect(waiting(first.store, room)).toEqual(["one", "two", "three"]);
    await first.store.close();
    const second = page(server, memory, {}, network);
    await second.store.ready;
    await second.store.room(room.id).open();
    expect(second.store.rooms.get().find((entry) => entry.room.id === room.id)).toMatchObject({ waiting: 3, room: { name: "room" } });
    expect(waiting(second.store, room)).toEqual(["one", "two", "three"]);
    await second.store.room(room.id).send({ text: "four" });
    network.online();
    second.store.wake();
    await until("all is sent", () => waiting(second.store, room).length === 0 && texts(second.store, room).length === 4);
    expect(await sent()).toEqual(["one", "two", "three", "four"]);
    expect(texts(second.store, room)).toEqual(["one", "two", "three", "four"]);
  });

  test("is there once, when the server stored it and the response was lost", async () => {
    const server = await startServer();
    const { room, texts: sent } = await group(server);
    const memory = new IDBFactory(), network = new Network();
    const first = page(server, memory, {}, network);
    await first.online();
    network.fate = (_, init) => init?.method === "POST" ? "lost after" : "pass";
    await first.store.room(room.id).send({ text: "once" });
    await until("the server has it", async () => (await sent()).length === 1);
    await first.store.close(); // with the entry in the outbox, perhaps
    network.fate = () => "pass";
    const second = page(server, memory, {}, network);
    await second.online();
    await second.store.room(room.id).open();
    await second.store.room(room.id).send({ text: "twice" });
    await until("all is sent", async () => (await sent()).includes("twice"));
    expect(await sent()).toEqual(["once", "twice"]);
    await until("it is shown", () => texts(second.store, room).length === 2 && waiting(second.store, room).length === 0);
  });

  test("is never shown twice, whichever comes first: the response or the update", async () => {
    const server = await startServer();
    const { room } = await group(server);
    const { store, network, online } = page(server, null);
    await online();
    await store.room(room.id).open();
    const { view } = store.room(room.id);
    const shown: string[][] = [];
    view.subscribe(() => shown.push([...view.get().messages, ...view.get().outbox].map((one) => one.text)));
    network.delay = () => 80; // the update is there long before the response
    await store.room(room.id).send({ text: "one" });
    await until("it is sent", () => waiting(store, room).length === 0);
    network.delay = () => 0;
    await store.room(room.id).send({ text: "two" });
    await until("it is sent", () => waiting(store, room).length === 0 && texts(store, room).length === 2);
    for (const state of shown) expect(state).toEqual([...new Set(state)]);
    for (const state of shown) expect(state).toContain("one");
  });

  test("stays when the server refuses it, and is sent when one tries again", async () => {
    const server = await startServer();
    const { bob, room, texts: sent } = await group(server);
    const memory = new IDBFactory();
    const first = page(server, memory);
    await first.online();
    await bob.roomUserUpdate({ room: room.id, user: userID.alice, body: { permissions: [] } });
    const entry = await first.store.room(room.id).send({ text: "may I?" });
    await until("it is refused", () => first.store.room(room.id).view.get().outbox[0]?.state === "failed");
    await first.store.close();
    const { store, online } = page(server, memory);
    await online();
    await store.room(room.id).open();
    expect(store.room(room.id).view.get().outbox).toMatchObject([{ id: entry.id, text: "may I?", state: "failed", problem: { status: 403, code: "forbidden" } }]);
    expect(store.rooms.get().find((one) => one.room.id === room.id)).toMatchObject({ waiting: 0, failed: 1 });
    await bob.roomUserUpdate({ room: room.id, user: userID.alice, body: { permissions: null } });
    await store.room(room.id).send({ text: "first" });
    await until("the other one is sent", async () => (await sent()).length === 1);
    await store.room(room.id).retry(entry.id);
    await until("it is sent", async () => (await sent()).length === 2);
    expect(await sent()).toEqual(["first", "may I?"]);
    const again = await store.room(room.id).send({ text: "x".repeat(5000) });
    await until("it is refused", () => store.room(room.id).view.get().outbox[0]?.state === "failed");
    await store.room(room.id).discard(again.id);
    expect(waiting(store, room)).toEqual([]);
  });

  test("is not erased by what the server says, nor is a draft", async () => {
    const server = await startServer();
    const { bob, room } = await group(server);
    const other = (await group(server, "other")).room;
    const memory = new IDBFactory(), network = new Network();
    const first = page(server, memory, {}, network);
    await first.online();
    await first.store.room(room.id).open();
    network.fate = (_, init) => init?.method === "POST" ? "lost before" : "pass";
    await first.store.room(room.id).send({ text: "mine" });
    first.store.room(room.id).setDraft({ text: "half a sen", reply_to: null });
    first.store.room(other.id).setDraft({ text: "for another", reply_to: null });
    await bob.chatMessageCreate({ room: room.id, body: { text: "theirs" } });
    await first.store.refresh();
    await first.store.room(room.id).loadNewest();
    await first.store.close();
    const { store, online } = page(server, memory, {}, network);
    await online();
    await store.room(room.id).open();
    expect(texts(store, room)).toEqual(["theirs"]);
    expect(waiting(store, room)).toEqual(["mine"]);
    expect(store.room(room.id).view.get().draft?.text).toBe("half a sen");
    expect(store.room(other.id).view.get().draft?.text).toBe("for another");
    await store.room(room.id).send({ text: "half a sentence" }); // what is sent is no draft any more
    expect(store.room(room.id).view.get().draft).toBeNull();
  });

  test("waits in a room in slow mode, rather than being refused", async () => {
    const server = await startServer();
    const { bob, room, texts: sent } = await group(server);
    await bob.chatRoomUpdate({ room: room.id, body: { slow_mode: 2 } });
    const { store, network, online } = page(server, null);
    await online();
    const it = store.room(room.id), view = () => it.view.get(), states: string[] = [];
    it.view.subscribe(() => states.push(...view().outbox.map((entry) => entry.state)));
    await it.open();
    expect(view().send_at).toBe(null);
    await it.send({ text: "one" });
    await until("it is sent", () => texts(store, room).length === 1);
    const at = view().send_at!;
    expect(at - Date.now()).toBeGreaterThan(0);
    expect(at - Date.now()).toBeLessThanOrEqual(2000);
    await it.send({ text: "two" });
    await it.send({ text: "three" });
    store.wake(); // which must not ask too early
    expect(waiting(store, room)).toEqual(["two", "three"]);
    await until("all is sent", () => view().outbox.length === 0);
    await until("one may send again", () => view().send_at === null);
    expect(await sent()).toEqual(["one", "two", "three"]);
    expect(states).not.toContain("failed");
    expect(network.requests.filter((one) => one === `POST /chat/rooms/${room.id}/messages`)).toHaveLength(3);
    // What was written elsewhere counts too, and what a new page does not know, it is told.
    await server.client("alice").chatMessageCreate({ room: room.id, body: { text: "elsewhere" } });
    await until("the update has come", () => view().send_at !== null);
    const later = page(server, null);
    await later.online();
    await later.store.room(room.id).send({ text: "from a new page" });
    await until("it is told to wait", () => later.store.room(room.id).view.get().send_at !== null && waiting(later.store, room).length === 1);
    await until("it is sent", async () => (await sent()).at(-1) === "from a new page");
    // Who may write at any pace from now on does.
    await bob.chatRoomUpdate({ room: room.id, body: { slow_mode: 600 } });
    await until("it is slower", () => view().send_at! - Date.now() > 10_000);
    await bob.chatRoomUpdate({ room: room.id, body: { slow_mode: 0 } });
    await until("it is not slow", () => view().send_at === null);
    await it.send({ text: "at once" });
    await until("it is there", async () => (await sent()).at(-1) === "at once");
  });

  test("with files: they are kept, stored once, and sent in their order", async () => {
    const server = await startServer();
    const { bob, room } = await group(server);
    const memory = new IDBFactory(), network = new Network();
    const first = page(server, memory, {}, network);
    await first.online();
    network.offline();
    const files = [new File(["first"], "a.txt"), new File(["second"], "b.txt")];
    await first.store.room(room.id).send({ text: "", files });
    await first.store.close();
    network.requests.length = 0;
    const { store, online } = page(server, memory, {}, network);
    await store.ready;
    expect(store.room(room.id).view.get().outbox[0]!.files.map((file) => [file.name, file.size])).toEqual([["a.txt", 5], ["b.txt", 6]]);
    let lost = 0;
    network.fate = (url, init) => init?.method === "POST" && url.endsWith("/messages") && lost++ < 2 ? "lost after" : "pass";
    network.requests.length = 0;
    network.online();
    store.wake();
    await online();
    await until("it is sent", () => waiting(store, room).length === 0);
    const { items } = await bob.chatMessageList({ room: room.id });
    expect(items.map((message) => message.media.map((file) => file.file_name))).toEqual([["a.txt", "b.txt"]]);
    expect(await (await bob.chatMediaContent({ media: items[0]!.media[1]!.id })).text()).toBe("second");
    expect(network.requests.filter((one) => one === "POST /chat/media")).toHaveLength(2);
  });

  test("goes out from one tab at a time, and is seen in all", async () => {
    const server = await startServer();
    const { room, texts: sent } = await group(server);
    const memory = new IDBFactory(), browser = new Locks(), network = new Network();
    const tabs = [0, 1].map(() => page(server, memory, { locks: browser.tab().locks }, network));
    await Promise.all(tabs.map((tab) => tab.online()));
    await Promise.all(tabs.map((tab) => tab.store.room(room.id).open()));
    network.offline();
    for (let i = 0; i < 6; i++) await tabs[i % 2]!.store.room(room.id).send({ text: `${i}` });
    for (const { store } of tabs) await until("both show all", () => waiting(store, room).length === 6);
    network.online();
    tabs.forEach((tab) => tab.store.wake());
    for (const { store } of tabs) await until("all is sent", () => waiting(store, room).length === 0 && texts(store, room).length === 6);
    expect(await sent()).toEqual(["0", "1", "2", "3", "4", "5"]);
    expect(network.requests.filter((one) => one === `POST /chat/rooms/${room.id}/messages` ).length).toBeLessThan(20);
    tabs[0]!.store.room(room.id).setDraft({ text: "seen elsewhere", reply_to: null });
    await until("the draft is there too", () => tabs[1]!.store.room(room.id).view.get().draft?.text === "seen elsewhere");
  });
});

describe("A store", () => {
  test("shows what was kept without a network, of who is said to be signed in", async () => {
    const server = await startServer();
    const { bob, room } = await group(server);
    await bob.chatMessageCreate({ room: room.id, body: { text: "hello" } });
    const memory = new IDBFactory(), network = new Network();
    const first = page(server, memory, {}, network);
    await first.online();
    await first.store.room(room.id).open();
    await first.store.close();
    network.down = true;
    const { store } = page(server, memory, {}, network);
    await store.ready;
    await store.room(room.id).open();
    expect(store.rooms.get().map((entry) => entry.room.name)).toContain("room");
    expect(texts(store, room)).toEqual(["hello"]);
    expect(store.loaded.get()).toBe(false);
    const other = page(server, memory, { user: userID.bob }, network); // nothing of another user's
    await other.store.ready;
    expect(other.store.rooms.get()).toEqual([]);
  });

  test("asks who is signed in, remembers it for the time without a network, and forgets it", async () => {
    const server = await startServer();
    const memory = new IDBFactory(), network = new Network();
    const begin = () => {
      const store = openStore(server.client("alice", { fetch: network.fetch }), { indexedDB: memory, locks: null });
      stores.push(store);
      return store;
    };
    const first = begin();
    await until("it knows", () => first.me.get()?.id === userID.alice && first.loaded.get());
    await first.close();
    network.down = true;
    const second = begin();
    await second.ready;
    expect(second.me.get()?.id).toBe(userID.alice);
    expect(second.rooms.get().length).toBeGreaterThan(0);
    network.online();
    second.wake();
    await until("it is certain", () => second.status.get() === "online");
    await second.clear();
    network.down = true;
    const third = begin();
    await until("it is offline", () => third.status.get() === "offline");
    expect([third.me.get(), third.rooms.get()]).toEqual([null, []]);
  });

  test("sends nothing for another user than who wrote it", async () => {
    const server = await startServer();
    const { bob, room, texts: sent } = await group(server);
    const memory = new IDBFactory(), network = new Network();
    let token = "demo-alice";
    const begin = () => {
      const store = openStore(createClient({ base: server.base, token: () => token, fetch: network.fetch }), { indexedDB: memory, locks: null });
      stores.push(store);
      return store;
    };
    const first = begin();
    await until("it knows", () => first.status.get() === "online");
    network.offline();
    await first.room(room.id).send({ text: "from alice" });
    await first.close();
    token = "demo-bob";
    const second = begin(); // offline: it takes itself for alice's
    await second.ready;
    expect(waiting(second, room)).toEqual(["from alice"]);
    network.online();
    second.wake();
    await until("it knows better", () => second.me.get()?.id === userID.bob && second.status.get() === "online");
    await second.room(room.id).send({ text: "from bob" });
    await until("that is sent", async () => (await sent()).length > 0);
    expect((await bob.chatMessageList({ room: room.id })).items.map((one) => [one.user!.id, one.text])).toEqual([[userID.bob, "from bob"]]);
    await second.close();
    token = "demo-alice";
    const third = begin();
    await until("it is sent after all", async () => (await sent()).length === 2);
    expect(third.me.get()?.id).toBe(userID.alice);
  });

  test("counts what is unread, and keeps what was read while offline", async () => {
    const server = await startServer();
    const { bob, room } = await group(server);
    const memory = new IDBFactory();
    const { store, network, online } = page(server, memory);
    await online();
    const unread = () => store.rooms.get().find((entry) => entry.room.id === room.id)!.room.unread;
    const before = store.unread.get().messages;
    for (const text of ["a", "b", "c"]) await bob.chatMessageCreate({ room: room.id, body: { text } });
    await until("they are counted", () => unread() === 3);
    expect(store.unread.get().messages).toBe(before + 3);
    network.offline();
    store.room(room.id).markRead(2);
    expect(unread()).toBe(1);
    store.room(room.id).markRead();
    expect(unread()).toBe(0);
    network.online();
    await store.refresh(); // the server does not know yet
    expect(unread()).toBe(0);
    store.wake();
    await until("the server knows", async () => (await server.client("alice").chatRoomRetrieve({ room: room.id })).unread === 0);
  });

  test("follows what one does in another browser: pinned, archived, muted, marked as unread", async () => {
    const server = await startServer();
    const { bob, room } = await group(server);
    const other = (await group(server, "other")).room;
    const { store, online } = page(server, null), elsewhere = server.client("alice");
    await online();
    const names = () => store.rooms.get().map((entry) => entry.room.name);
    const it = () => store.room(room.id).view.get().room!;
    for (const text of ["a", "b", "c"]) await bob.chatMessageCreate({ room: room.id, body: { text } });
    await bob.chatMessageCreate({ room: other.id, body: { text: "newest" } });
    await until("the other is first", () => names()[0] === "other");
    await elsewhere.roomUserUpdate({ room: room.id, user: "me", body: { pinned: true } });
    await until("the pinned one is first", () => names()[0] === "room");
    store.room(room.id).markRead();
    await until("the server knows", async () => (await elsewhere.chatRoomRetrieve({ room: room.id })).unread === 0);
    await elsewhere.roomUserUnread({ room: room.id, body: { number: 2 } });
    await until("it is unread again", () => it().unread === 2 && it().marked_unread === 2 && it().last_read_number === 3);
    await store.room(room.id).markUnread(3);
    await until("one of them is", () => it().unread === 1);
    store.room(room.id).markRead();
    expect([it().unread, it().marked_unread]).toEqual([0, null]);
    await until("the server knows", async () => (await elsewhere.chatRoomRetrieve({ room: room.id })).marked_unread === null);
    await elsewhere.roomUserUpdate({ room: room.id, user: "me", body: { muted_until: "2999-01-01T00:00:00Z" } });
    await until("it is muted", () => it().muted && it().muted_until !== null);
    await elsewhere.roomUserUpdate({ room: other.id, user: "me", body: { hidden: true } });
    await until("it is archived", () => store.archived.get().map((entry) => entry.room.name).includes("other") && !names().includes("other"));
    await bob.chatMessageCreate({ room: other.id, body: { text: "come back" } });
    await until("it is back", () => names().includes("other") && store.archived.get().length === 0);
    const later = page(server, null);
    await later.online();
    expect(later.store.rooms.get()).toEqual(store.rooms.get());
  });

  test("notices the end of a mute when it comes, also without a network", async () => {
    const server = await startServer();
    const { bob, room } = await group(server);
    const { store, network, online } = page(server, null);
    await online();
    await bob.chatMessageCreate({ room: room.id, body: { text: "unread" } });
    const it = () => store.room(room.id).view.get().room!;
    const quiet = () => store.unread.get().messages - store.unread.get().unmuted.messages;
    await store.room(room.id).updateMember("me", { muted_until: new Date(Date.now() + 3000).toISOString() });
    await until("it is muted", () => it().muted && it().unread === 1 && quiet() === 1);
    let told = 0;
    store.rooms.subscribe(() => told++);
    network.offline();
    await until("it is not muted any more", () => !store.rooms.get().find((entry) => entry.room.id === room.id)!.room.muted);
    expect([it().muted_until, quiet()]).toEqual([null, 0]);
    await until("who looks at it was told", () => told > 0);
    expect((await server.client("alice").chatRoomRetrieve({ room: room.id })).muted).toBe(false);
  });

  test("tells who is writing and how far others have read", async () => {
    const server = await startServer();
    const { bob, room } = await group(server);
    const { store, online } = page(server, null);
    await online();
    await store.room(room.id).open();
    await store.room(room.id).loadMembers();
    await bob.roomTyping({ room: room.id });
    await until("bob is writing", () => store.room(room.id).view.get().typing.length === 1);
    expect(store.room(room.id).view.get().typing).toMatchObject([{ id: userID.bob }]);
    await bob.chatMessageCreate({ room: room.id, body: { text: "done" } });
    await until("bob has written", () => store.room(room.id).view.get().typing.length === 0 && texts(store, room).length === 1);
    await store.room(room.id).send({ text: "read this" });
    await until("it is sent", () => texts(store, room).length === 2);
    await bob.roomUserRead({ room: room.id, body: { number: 2 } });
    await until("bob has read it", () => store.room(room.id).view.get().receipts.get(userID.bob) === 2);
    expect(store.room(room.id).view.get().members?.map((one) => one.user.name).sort()).toEqual(["Alice", "Bob"]);
  });

  test("learns of rooms that one is added to, and of being removed", async () => {
    const server = await startServer();
    const { store, online } = page(server, null);
    await online();
    const { bob, room } = await group(server, "new");
    await until("it is there", () => store.rooms.get()[0]?.room.id === room.id);
    await store.room(room.id).open();
    await bob.chatRoomUpdate({ room: room.id, body: { name: "renamed" } });
    await until("it has another name", () => store.rooms.get()[0]?.room.name === "renamed");
    await bob.roomUserDelete({ room: room.id, user: userID.alice });
    await until("it is gone", () => store.room(room.id).view.get().gone);
    expect(store.rooms.get().some((entry) => entry.room.id === room.id)).toBe(false);
    await bob.roomUserCreate({ room: room.id, body: { members: [{ user_id: userID.alice }] } });
    await until("it is back", () => store.rooms.get().some((entry) => entry.room.id === room.id));
    expect(store.room(room.id).view.get().gone).toBe(false);
  });

  test("has a window of history that moves", async () => {
    const server = await startServer();
    const { bob, room } = await group(server);
    for (let i = 1; i <= 70; i++) await bob.chatMessageCreate({ room: room.id, body: { text: `${i}` } });
    const { store, online } = page(server, null, { page: 10, window: 25 });
    await online();
    const it = store.room(room.id);
    const state = () => {
      const view = it.view.get();
      return [view.messages[0]?.number, view.messages.at(-1)?.number, view.has_before, view.has_after];
    };
    await it.open();
    expect(state()).toEqual([61, 70, true, false]);
    await it.loadBefore();
    await it.loadBefore();
    expect(state()).toEqual([41, 65, true, true]);
    await it.loadAfter();
    expect(state()).toEqual([46, 70, true, false]);
    await it.loadAround(5);
    expect(state()).toEqual([1, 10, false, true]);
    await bob.chatMessageCreate({ room: room.id, body: { text: "71" } });
    await until("it is known", () => it.view.get().room?.last_number === 71);
    expect(state()).toEqual([1, 10, false, true]);
    await it.loadNewest();
    expect(state()).toEqual([62, 71, true, false]);
    expect(it.view.get().messages.map((one) => one.text)).toEqual(Array.from({ length: 10 }, (_, i) => `${62 + i}`));
  });

  test("shows the message that one came for, whatever else asks for the end meanwhile", async () => {
    const server = await startServer();
    const { bob, room } = await group(server);
    for (let i = 1; i <= 40; i++) await bob.chatMessageCreate({ room: room.id, body: { text: `${i}` } });
    const { store, online } = page(server, null, { page: 10, window: 25 });
    await online();
    const it = store.room(room.id), numbers = () => it.view.get().messages.map((one) => one.number);
    const opened = it.open(5);
    await Promise.all([opened, it.catchUp(), it.loadBefore(), it.loadAfter()]);
    expect(numbers()[0]).toBe(1);
    it.close();
    const again = store.room(room.id);
    const jumped = again.loadAround(20);
    await Promise.all([jumped, again.reload()]);
    expect(numbers()).toContain(20);
  });

  test("goes on after it was signed out", async () => {
    const server = await startServer();
    const { room, texts: sent } = await group(server);
    let token = "demo-alice";
    const client = createClient({ base: server.base, token: () => token });
    const store = openStore(client, { user: userID.alice, indexedDB: null });
    stores.push(store);
    await until("it is online", () => store.status.get() === "online");
    token = "expired";
    await store.room(room.id).send({ text: "later" });
    await until("it is signed out", () => store.status.get() === "signed_out");
    expect(store.room(room.id).view.get().outbox).toMatchObject([{ text: "later", state: "waiting" }]);
    token = "demo-alice";
    store.wake();
    await until("it is sent", async () => (await sent()).length === 1);
  });
});
