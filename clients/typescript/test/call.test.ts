import { describe, expect, test } from "vitest";
import { createClient, Problem } from "../src/index.js";
import { disposition } from "../src/upload.js";
import { Network } from "./network.js";
import { startServer, userID } from "./server.js";

/** scripted returns a fetch that responds in turn, and what it was asked. */
function scripted(...responses: (Response | Error)[]) {
  const asked: { url: string; method: string; headers: Record<string, string>; body: unknown }[] = [];
  const fetch = async (url: RequestInfo | URL, init?: RequestInit): Promise<Response> => {
    asked.push({ url: String(url), method: init!.method!, headers: init!.headers as Record<string, string>, body: init!.body });
    const response = responses.shift();
    if (response === undefined || response instanceof Error) throw response ?? new Error("too many requests");
    return response;
  };
  return { asked, client: createClient({ base: "/chat/", token: "t", fetch }) };
}

function problem(status: number, code: string, headers: Record<string, string> = {}): Response {
  const body = JSON.stringify({ type: "about:blank", title: "", status, code, detail: "because", instance: "/" });
  return new Response(body, { status, headers: { "Content-Type": "application/problem+json", ...headers } });
}

const ok = (body: unknown, status = 200) => new Response(JSON.stringify(body), { status, headers: { "Content-Type": "application/json" } });

describe("A call", () => {
  test("puts its parameters where they belong", async () => {
    const { asked, client } = scripted(ok({}), ok({}));
    await client.userList({ ids: ["a b", "ü"] });
    await client.chatMessageUpdate({ message: "a/b", body: { text: "x" }, ifMatch: '"1"' });
    expect(asked).toEqual([
      { url: "/chat/users?ids=a+b&ids=%C3%BC", method: "GET", headers: { Accept: "application/json", Authorization: "Bearer t" }, body: undefined },
      {
        url: "/chat/messages/a%2Fb", method: "PATCH", body: '{"text":"x"}',
        headers: { Accept: "application/json", Authorization: "Bearer t", "If-Match": '"1"', "Content-Type": "application/merge-patch+json" },
      },
    ]);
  });

  test("throws what the server refuses as a problem", async () => {
    const { client } = scripted(problem(403, "forbidden"));
    await expect(client.chatRoomDelete({ room: "r" })).rejects.toMatchObject({ name: "Problem", status: 403, code: "forbidden", detail: "because" });
    const strange = scripted(new Response("<html>", { status: 404 }));
    await expect(strange.client.chatRoomList()).rejects.toMatchObject({ status: 404, code: "unreadable" });
  });

  test("is repeated where that is safe, and is not where it is not", async () => {
    const lost = new TypeError("lost");
    const get = scripted(lost, problem(503, "unavailable", { "Retry-After": "0" }), ok({ items: [] }));
    await get.client.chatRoomList();
    expect(get.asked).toHaveLength(3);

    const create = scripted(lost);
    await expect(create.client.chatRoomCreate({ body: { name: "x" } })).rejects.toMatchObject({ code: "network", uncertain: true });
    expect(create.asked).toHaveLength(1);

    const refused = scripted(problem(429, "rate_limited", { "Retry-After": "0" }), ok({}, 201)); // it was not done
    await refused.client.chatRoomCreate({ body: { name: "x" } });
    expect(refused.asked).toHaveLength(2);

    const conditional = scripted(lost);
    await expect(conditional.client.chatMessageUpdate({ message: "m", ifMatch: '"1"', body: { text: "x" } })).rejects.toBeInstanceOf(Problem);
    expect(conditional.asked).toHaveLength(1);
  });

  test("sends a message with the same client id each time", async () => {
    const { asked, client } = scripted(new TypeError("lost"), ok({}, 201), ok({}, 201), ok({}, 201));
    await client.chatMessageCreate({ room: "r", body: { text: "x" } });
    await client.chatMessageCreate({ room: "r", body: { text: "x" } });
    await client.chatMessageCreate({ room: "r", body: { text: "x", client_id: "mine" } });
    const ids = asked.map((one) => (JSON.parse(one.body as string) as { client_id: string }).client_id);
    expect(ids[0]).toBeTruthy();
    expect(ids[1]).toBe(ids[0]);
    expect(ids[2]).not.toBe(ids[0]);
    expect(ids[3]).toBe("mine");
  });

  test("takes what is deleted already for deleted, when a response was lost", async () => {
    const { client } = scripted(new TypeError("lost"), problem(404, "not_found"), problem(404, "not_found"));
    await client.chatRoomDelete({ room: "r" });
    await expect(client.chatRoomDelete({ room: "r" })).rejects.toMatchObject({ status: 404 });
  });

  test("waits as long as the server says, and no longer than is sensible", async () => {
    const { asked, client } = scripted(problem(429, "rate_limited", { "Retry-After": "1" }), ok({ items: [] }), problem(503, "unavailable", { "Retry-After": "3600" }));
    const begun = performance.now();
    await client.chatRoomList();
    expect(performance.now() - begun).toBeGreaterThan(990);
    await expect(client.chatRoomList()).rejects.toMatchObject({ status: 503, retryAfter: 3_600_000 });
    expect(asked).toHaveLength(3);
  });

  test("ends with its signal, also while it waits to be repeated", async () => {
    const { client } = scripted(problem(503, "unavailable", { "Retry-After": "20" }));
    const control = new AbortController();
    const call = client.chatRoomList({}, { signal: control.signal });
    setTimeout(() => control.abort(new Error("enough")), 20);
    await expect(call).rejects.toThrow("enough");
  });

  test("ends when no response comes in time", async () => {
    const hang: typeof fetch = (_, init) => new Promise((_resolve, reject) => {
      init!.signal!.addEventListener("abort", () => reject(init!.signal!.reason));
    });
    const client = createClient({ base: "/chat", fetch: hang, timeout: 20, retries: 0 });
    await expect(client.chatRoomList()).rejects.toMatchObject({ code: "network" });
  });

  test("asks for a new token once", async () => {
    const asked: boolean[] = [];
    const server = await startServer();
    const client = createClient({
      base: server.base,
      token: (refused) => {
        asked.push(refused);
        return refused ? "demo-alice" : "old";
      },
    });
    expect((await client.chatRoomList()).items.length).toBeGreaterThan(0);
    expect(asked).toEqual([false, true]);
    const never = createClient({ base: server.base, token: () => "old" });
    await expect(never.chatRoomList()).rejects.toMatchObject({ status: 401, code: "unauthenticated" });
  });
});

test("A conversation with the real server, by calls alone", async () => {
  const server = await startServer();
  const network = new Network();
  network.fate = (_, init) => init?.method === "POST" && Math.random() < 0.4 ? "lost after" : "pass";
  const alice = server.client("alice", { fetch: network.fetch, retries: 20 }), bob = server.client("bob");
  const room = await bob.chatRoomCreate({ body: { name: "Über & co", members: [{ user_id: userID.alice }] } });
  for (let i = 1; i <= 5; i++) await alice.chatMessageCreate({ room: room.id, body: { text: `${i}` } }, { retries: 20 });
  const page = await bob.chatMessageList({ room: room.id });
  expect(page.items.map((message) => message.text)).toEqual(["1", "2", "3", "4", "5"]);
  await bob.roomUserRead({ room: room.id, body: { number: 5 } });
  await expect(bob.chatMessageDelete({ message: page.items[0]!.id })).resolves.toBeUndefined();
  await expect(alice.chatMessageCreate({ room: room.id, body: { text: "" } })).rejects.toMatchObject({
    status: 422, code: "invalid", errors: [{ pointer: "/text", code: "required" }],
  });
  const media = await alice.upload(new Blob(["bytes"]), { name: "Kärtchen 'neu' (1).txt" });
  expect(media.file_name).toBe("Kärtchen 'neu' (1).txt");
  expect(await (await alice.chatMediaContent({ media: media.id })).text()).toBe("bytes");
});

test("The header that names a file is ASCII, whatever the name", () => {
  expect(disposition("")).toBe("attachment");
  expect(disposition("a'b (1)*.txt")).toBe("attachment; filename*=UTF-8''a%27b%20%281%29%2A.txt");
  expect(disposition("\ud800ü")).toBe("attachment; filename*=UTF-8''%EF%BF%BD%C3%BC");
});
