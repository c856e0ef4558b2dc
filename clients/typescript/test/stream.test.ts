import { afterEach, describe, expect, test, vi } from "vitest";
import { type Client, createClient, type Room, type Stream, type StreamOptions, type StreamUpdate } from "../src/index.js";
import { Locks } from "./locks.js";
import { Network } from "./network.js";
import { type Server, startServer, until, userID } from "./server.js";

const streams: Stream[] = [];
afterEach(() => streams.splice(0).forEach((stream) => stream.close()));

/** listen opens a stream and keeps what it is told. */
function listen(client: Client, options: Partial<StreamOptions> = {}) {
  const updates: StreamUpdate[] = [], statuses: string[] = [];
  const stream = client.stream({
    onUpdate: (update) => updates.push(update), onStatus: (status) => statuses.push(status), ...options,
  });
  streams.push(stream);
  const texts = (room: Room) => updates.flatMap((one) => one.kind === "message_created" && one.room_id === room.id ? [one.message!.text] : []);
  return { stream, updates, statuses, texts, online: () => until("the stream is online", () => stream.status === "online") };
}

async function group(server: Server): Promise<{ bob: Client; room: Room; say: (text: string) => Promise<unknown> }> {
  const bob = server.client("bob");
  const room = await bob.chatRoomCreate({ body: { name: "room", members: [{ user_id: userID.alice }] } });
  return { bob, room, say: (text) => bob.chatMessageCreate({ room: room.id, body: { text } }) };
}

describe("A stream", () => {
  test("delivers what happens, once, over connections that are cut", async () => {
    const server = await startServer();
    const { room, say } = await group(server);
    const network = new Network();
    const { online, texts, updates } = listen(server.client("alice", { fetch: network.fetch }));
    await online();
    const want: string[] = [];
    for (let i = 0; i < 20; i++) {
      want.push(`${i}`);
      await say(`${i}`);
      if (i % 5 === 2) network.cut();
    }
    await until("all is there", () => texts(room).length >= want.length);
    expect(texts(room)).toEqual(want);
    expect(updates[0]).toMatchObject({ kind: "hello" });
    expect(network.requests.filter((one) => one.endsWith("/events")).length).toBeGreaterThan(1);
  });

  test("goes on where it was, when the server is killed and comes back", async () => {
    const server = await startServer();
    const { room, say } = await group(server);
    const { online, texts, statuses } = listen(server.client("alice"));
    await online();
    await say("before");
    await until("it is there", () => texts(room).length === 1);
    await server.kill();
    await until("it is noticed", () => statuses.includes("connecting") && statuses.at(-1) !== "online");
    await server.start();
    await say("after");
    await until("it is there", () => texts(room).length === 2);
    expect(texts(room)).toEqual(["before", "after"]);
  });

  test("goes on from the cursor and the seqs of an earlier one", async () => {
    const server = await startServer();
    const { room, say } = await group(server);
    const alice = server.client("alice");
    const first = listen(alice);
    await first.online();
    await say("one");
    await until("it is there", () => first.texts(room).length === 1);
    const after = first.stream.cursor!;
    const seq = (first.updates.at(-1) as { seq: number }).seq;
    first.stream.close();
    await say("two");
    await say("three");
    const second = listen(alice, { after, seqs: [[room.id, seq]] });
    await until("all is there", () => second.texts(room).length === 2);
    expect(second.texts(room)).toEqual(["two", "three"]);
    // Without a cursor, what is missing is known by the seq alone.
    const third = listen(alice, { seqs: [[room.id, seq]] });
    await until("all is there", () => third.texts(room).length === 2);
    expect(third.texts(room)).toEqual(["two", "three"]);
  });

  test("drops repeats, and fills gaps before it goes on", async () => {
    const server = await startServer();
    const { room, say } = await group(server);
    const network = new Network();
    // A server in between that leaves some events out and tells others twice.
    const lossy: typeof fetch = async (url, init) => {
      const response = await network.fetch(url, init);
      if (!String(url).endsWith("/events")) return response;
      let text = "";
      const decoder = new TextDecoder(), encoder = new TextEncoder();
      return new Response(response.body!.pipeThrough(new TransformStream<Uint8Array, Uint8Array>({
        transform(piece, out) {
          text += decoder.decode(piece, { stream: true });
          for (let end = text.indexOf("\n\n"); end >= 0; end = text.indexOf("\n\n")) {
            const event = text.slice(0, end + 2);
            text = text.slice(end + 2);
            if (event.includes('"text":"lost')) continue;
            out.enqueue(encoder.encode(event));
            if (event.includes('"text":"twice')) out.enqueue(encoder.encode(event));
          }
        },
      })), response);
    };
    const { online, texts, updates } = listen(server.client("alice", { fetch: lossy }));
    await online();
    const want = ["a", "lost 1", "lost 2", "b", "twice", "lost 3", "c"];
    for (const text of want) await say(text);
    await until("all is there", () => texts(room).includes("c"));
    expect(texts(room)).toEqual(want);
    const seqs = updates.flatMap((one) => "seq" in one && one.room_id === room.id ? [one.seq] : []);
    expect(seqs).toEqual(seqs.map((_, i) => seqs[0]! + i));
  });

  test("takes a cursor that the server does not know for a reset", async () => {
    const server = await startServer();
    const { room, say } = await group(server);
    const { online, updates, texts } = listen(server.client("alice"), { after: "what is that" });
    await online();
    await until("it is told", () => updates.some((one) => one.kind === "reset"));
    expect(updates.map((one) => one.kind)).toEqual(["hello", "reset"]);
    await say("after");
    await until("it goes on", () => texts(room).length === 1);
  });

  test("waits for another token when the server does not take it", async () => {
    const server = await startServer();
    let token = "expired";
    const { stream, statuses, online } = listen(createClient({ base: server.base, token: () => token }));
    await until("it is signed out", () => stream.status === "signed_out");
    token = "demo-alice";
    stream.wake();
    await online();
    expect(statuses).toEqual(["signed_out", "connecting", "online"]);
  });

  test("is tried again, ever less often, and at once when it is woken", async () => {
    const server = await startServer();
    const network = new Network();
    network.down = true;
    const { stream, statuses, online } = listen(server.client("alice", { fetch: network.fetch }));
    await until("it is offline", () => stream.status === "offline");
    expect(network.requests.length).toBe(3);
    network.online();
    stream.wake();
    await online();
    expect(statuses).toEqual(["offline", "connecting", "online"]);
  });

  test("is made anew when nothing comes for too long, and when the machine slept", async () => {
    vi.useFakeTimers({ toFake: ["setInterval", "clearInterval", "setTimeout", "clearTimeout", "Date"] });
    try {
      let opened = 0;
      const hang: typeof fetch = async (url, init) => {
        if (!String(url).endsWith("/events")) throw new TypeError("not here");
        opened++;
        const hello = new TextEncoder().encode('id: c\nevent: hello\ndata: {"kind":"hello","created_at":"2026-01-01T00:00:00Z","rooms":[]}\n\n');
        return new Response(new ReadableStream({
          start(control) {
            control.enqueue(hello);
            init!.signal!.addEventListener("abort", () => control.error(new TypeError("ended")));
          },
        }));
      };
      const { stream } = listen(createClient({ base: "/chat", fetch: hang }));
      await vi.waitFor(() => expect(stream.status).toBe("online"));
      await vi.advanceTimersByTimeAsync(40_000);
      expect(opened).toBe(1);
      await vi.advanceTimersByTimeAsync(15_000);
      expect(opened).toBe(2);
      await vi.waitFor(() => expect(stream.status).toBe("online"));
      vi.setSystemTime(Date.now() + 3_600_000); // nothing ran meanwhile
      stream.wake();
      await vi.advanceTimersByTimeAsync(1_500);
      expect(opened).toBe(3);
    } finally {
      vi.useRealTimers();
    }
  });

  test("serves all tabs with one connection, and goes on when the tab that has it is closed", async () => {
    const server = await startServer();
    const { room, say } = await group(server);
    const browser = new Locks(), share = crypto.randomUUID();
    const networks = [new Network(), new Network(), new Network()];
    const tabs = networks.map((network) => {
      const { locks } = browser.tab();
      return listen(server.client("alice", { fetch: network.fetch }), { share, locks });
    });
    const connections = () => networks.map((network) => network.requests.filter((one) => one.endsWith("/events")).length);
    await Promise.all(tabs.map((tab) => tab.online()));
    await say("one");
    await until("all tabs have it", () => tabs.every((tab) => tab.texts(room).length === 1));
    expect(connections()).toEqual([1, 0, 0]);
    expect(tabs.map((tab) => tab.stream.leader)).toEqual([true, false, false]);
    tabs[0]!.stream.close();
    await say("two");
    await until("the others have it", () => tabs.slice(1).every((tab) => tab.texts(room).length === 2));
    await say("three");
    await until("the others have it", () => tabs.slice(1).every((tab) => tab.texts(room).length === 3));
    expect(tabs.map((tab) => tab.texts(room))).toEqual([["one"], ["one", "two", "three"], ["one", "two", "three"]]);
    expect(connections()).toEqual([1, 1, 0]);
  });

  test("has everything in a tab that was opened later, from its cursor on", async () => {
    const server = await startServer();
    const { room, say } = await group(server);
    const browser = new Locks(), share = crypto.randomUUID();
    const alice = server.client("alice");
    const first = listen(alice, { share, locks: browser.tab().locks });
    await first.online();
    const after = first.stream.cursor!;
    const seqs = (first.updates[0] as { rooms: { room_id: string; seq: number }[] }).rooms.map((one) => [one.room_id, one.seq] as const);
    await say("one");
    await until("it is there", () => first.texts(room).length === 1);
    const second = listen(alice, { share, locks: browser.tab().locks, after, seqs });
    await until("it caught up", () => second.texts(room).length === 1);
    await say("two");
    await until("it follows", () => second.texts(room).length === 2);
    expect(second.texts(room)).toEqual(["one", "two"]);
  });
});
