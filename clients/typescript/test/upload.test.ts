import { request as send } from "node:http";
import { afterEach, expect, test, vi } from "vitest";
import { startServer } from "./server.js";

// A browser's XMLHttpRequest as far as upload uses it: Node has none.
class Request {
  upload: { onprogress: ((event: { loaded: number }) => void) | null } = { onprogress: null };
  onload = () => undefined as void;
  onerror = () => undefined as void;
  onabort = () => undefined as void;
  onloadend = () => undefined as void;
  withCredentials = false;
  status = 0;
  responseText = "";
  private target: [string, string] = ["", ""];
  private readonly headers: Record<string, string> = {};
  private received: Record<string, string | string[] | undefined> = {};
  private running: ReturnType<typeof send> | undefined;
  private aborted = false;

  open(method: string, url: string) {
    this.target = [method, url];
  }

  setRequestHeader(name: string, value: string) {
    this.headers[name] = value;
  }

  getResponseHeader(name: string) {
    return (this.received[name.toLowerCase()] as string | undefined) ?? null;
  }

  abort() {
    this.aborted = true;
    this.running?.destroy();
    this.onabort();
    this.onloadend();
  }

  send(body: Blob) {
    const [method, url] = this.target;
    this.running = send(url, { method, headers: { ...this.headers, "Content-Length": body.size } }, (response) => {
      this.status = response.statusCode!;
      this.received = response.headers;
      response.setEncoding("utf8").on("data", (piece: string) => (this.responseText += piece)).on("end", () => {
        this.onload();
        this.onloadend();
      });
    });
    this.running.on("error", () => {
      if (!this.aborted) this.onerror();
    });
    void (async () => {
      for (let at = 0; at < body.size && !this.aborted; at += 1 << 16) {
        const piece = new Uint8Array(await body.slice(at, at + (1 << 16)).arrayBuffer());
        await new Promise((resolve) => this.running!.write(piece, resolve));
        if (!this.aborted) this.upload.onprogress?.({ loaded: Math.min(at + (1 << 16), body.size) });
      }
      if (!this.aborted) this.running!.end();
    })();
  }
}

afterEach(() => void vi.unstubAllGlobals());

test("An upload tells how much of it has left", async () => {
  vi.stubGlobal("XMLHttpRequest", Request);
  const server = await startServer();
  const told: number[] = [];
  const file = new Blob([new Uint8Array(300_000)]);
  const media = await server.client("alice").upload(file, { name: "zeros", onProgress: (sent, total) => told.push(sent / total) });
  expect(media).toMatchObject({ size: 300_000, file_name: "zeros" });
  expect(told.length).toBeGreaterThan(3);
  expect(told).toEqual([...told].sort((a, b) => a - b));
  expect(told.at(-1)).toBe(1);
});

test("An upload ends with its signal", async () => {
  vi.stubGlobal("XMLHttpRequest", Request);
  const server = await startServer();
  const control = new AbortController();
  const upload = server.client("alice").upload(new Blob([new Uint8Array(5_000_000)]), {
    signal: control.signal,
    onProgress: () => control.abort(new Error("no longer wanted")),
  });
  await expect(upload).rejects.toThrow("no longer wanted");
});

test("What the server refuses of an upload is a problem, with and without progress", async () => {
  const server = await startServer();
  const empty = (options: object) => server.client("nobody").upload(new Blob(["x"]), options);
  await expect(empty({})).rejects.toMatchObject({ name: "Problem", status: 401, code: "unauthenticated" });
  vi.stubGlobal("XMLHttpRequest", Request);
  await expect(empty({ onProgress: () => undefined })).rejects.toMatchObject({ name: "Problem", status: 401, code: "unauthenticated" });
});
