import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { inject, onTestFinished } from "vitest";
import { type Client, type ClientOptions, createClient } from "../src/index.js";

/** Server is a real one, in a process and a folder of its own. */
export class Server {
  private process: ChildProcess | undefined;
  private readonly folder = mkdtempSync(join(tmpdir(), "df-chat-server-"));
  private address = "127.0.0.1:0";

  /** base is where its API is; the same after it was started again. */
  get base(): string {
    return `http://${this.address}/chat`;
  }

  async start(...flags: string[]): Promise<void> {
    const files = ["-db", join(this.folder, "chat.db"), "-media", join(this.folder, "media"), "-users", "60"];
    this.process = spawn(inject("webchat"), ["-addr", this.address, "-unlimited", ...files, ...flags], { stdio: ["ignore", "pipe", "ignore"] });
    const lines = createInterface({ input: this.process.stdout! });
    for await (const line of lines) {
      const found = /http:\/\/([\d.:]+)\//.exec(line);
      if (found !== null) {
        this.address = found[1]!;
        break;
      }
    }
    if (this.address.endsWith(":0")) throw new Error("the server did not start");
    this.process.stdout!.resume();
  }

  /** kill ends it without warning. */
  async kill(): Promise<void> {
    const process = this.process;
    this.process = undefined;
    if (process === undefined || process.exitCode !== null) return;
    process.kill("SIGKILL");
    await once(process, "exit");
  }

  async end(): Promise<void> {
    await this.kill();
    rmSync(this.folder, { recursive: true, force: true });
  }

  client(login: string, options: Partial<ClientOptions> = {}): Client {
    return createClient({ base: this.base, token: "demo-" + login, ...options });
  }
}

/** startServer starts a server that ends with the test. */
export async function startServer(...flags: string[]): Promise<Server> {
  const server = new Server();
  onTestFinished(() => server.end());
  await server.start(...flags);
  return server;
}

/** until waits for something to be so. */
export async function until(what: string, is: () => boolean | Promise<boolean>, milliseconds = 30_000): Promise<void> {
  for (const end = Date.now() + milliseconds; ;) {
    if (await is()) return;
    if (Date.now() > end) throw new Error("in vain waited until " + what);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

export const userID = { alice: "1", bob: "2", carol: "3", dave: "4" };
