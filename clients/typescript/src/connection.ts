import type { Update } from "./api.js";
import type { Caller } from "./call.js";
import { failureOf } from "./call.js";
import { Problem, problemOf } from "./problem.js";
import { EventParser, type ServerEvent } from "./sse.js";
import { backoff } from "./time.js";

/** What a connection calls. */
export interface ConnectionHost {
  /** cursor is where to go on. */
  cursor(): string | undefined;
  /** update gets what comes; the connection is made anew when it rejects. */
  update(update: Update, cursor: string, resumed: boolean): Promise<void>;
  /** lost is called when the server does not know the cursor: forget it. */
  lost(): void;
  /** alive is called when anything comes, a comment too. */
  alive(): void;
  status(status: "connecting" | "online" | "offline" | "signed_out", problem: Problem | null): void;
}

// The server sends a comment every 20 seconds, in milliseconds.
const silence = 45_000;
const tick = 5_000;
// A connection that lasted so long was a good one: the next is made at once.
const lasting = 5_000;
// So many attempts fail before it is called offline.
const attempts = 3;

/** Connection keeps a stream of events open, whatever ends it, until its signal is aborted. */
export class Connection {
  private failed = 0;
  private current: AbortController | undefined;
  private wakeUp: (() => void) | undefined;
  private heard = 0;
  private answered = false;
  private connected = false;

  constructor(private readonly caller: Caller, private readonly host: ConnectionHost, private readonly signal: AbortSignal) {}

  /** run returns when the signal is aborted. */
  async run(): Promise<void> {
    const off = this.watch();
    try {
      while (!this.signal.aborted) await this.attempt();
    } finally {
      off();
    }
  }

  /** wake connects at once where it waits, or where the connection may be dead. */
  wake(): void {
    this.failed = 0;
    if (this.wakeUp !== undefined) this.wakeUp();
    else if (Date.now() - this.heard > silence / 2) this.current?.abort();
  }

  private async attempt(): Promise<void> {
    if (!this.connected && this.failed < attempts) this.host.status("connecting", null);
    this.answered = false;
    const begun = Date.now();
    let problem: unknown = null;
    try {
      await this.open();
    } catch (error) {
      problem = failureOf(error, undefined);
    }
    if (this.signal.aborted) return;
    if (problem instanceof Problem && problem.status === 401) {
      this.connected = false;
      this.host.status("signed_out", problem);
      return this.pause(undefined);
    }
    if (problem instanceof Problem && problem.status === 400 && this.host.cursor() !== undefined) return this.host.lost();
    const good = this.answered && Date.now() - begun >= lasting;
    this.failed = good ? 0 : this.failed + 1;
    const cause = problem instanceof Problem ? problem : null;
    this.connected &&= good;
    if (!this.connected) this.host.status(this.failed >= attempts || offline() ? "offline" : "connecting", cause);
    // Where all were cut off together, they do not come back together.
    await this.pause(good ? Math.random() * 1000 : cause?.retryAfter ?? backoff(this.failed - 1));
  }

  private async open(): Promise<void> {
    const control = this.current = new AbortController();
    const abort = () => control.abort();
    this.signal.addEventListener("abort", abort, { once: true });
    let reader: ReadableStreamDefaultReader<Uint8Array> | undefined;
    try {
      this.heard = Date.now(); // the watch counts from here
      const cursor = this.host.cursor();
      const headers: Record<string, string> = { Accept: "text/event-stream" };
      if (cursor !== undefined) headers["Last-Event-ID"] = cursor;
      const response = await this.caller.fetch(this.caller.base + "/events", { headers, signal: control.signal, cache: "no-store" });
      if (!response.ok) throw await problemOf(response, Date.now());
      if (response.body === null) throw new TypeError("a response without a body");
      reader = response.body.getReader();
      await this.read(reader, cursor !== undefined);
    } finally {
      this.signal.removeEventListener("abort", abort);
      this.current = undefined;
      control.abort();
      await reader?.cancel().catch(() => undefined);
    }
  }

  private async read(reader: ReadableStreamDefaultReader<Uint8Array>, resumed: boolean): Promise<void> {
    const text = new TextDecoder();
    let events: ServerEvent[] = [];
    const parser = new EventParser((event) => events.push(event));
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      this.heard = Date.now();
      this.answered = true;
      this.host.alive();
      parser.push(text.decode(value, { stream: true }));
      const batch = events;
      events = [];
      for (const event of batch) {
        await this.host.update(JSON.parse(event.data) as Update, event.id, resumed);
        if (event.event === "hello") {
          this.connected = true;
          this.host.status("online", null);
        }
      }
    }
  }

  // pause waits for a time, or until it is woken.
  private pause(milliseconds: number | undefined): Promise<void> {
    return new Promise((resolve) => {
      const end = () => {
        clearTimeout(timer);
        this.signal.removeEventListener("abort", end);
        this.wakeUp = undefined;
        resolve();
      };
      const timer = milliseconds === undefined ? undefined : setTimeout(end, milliseconds);
      this.signal.addEventListener("abort", end, { once: true });
      this.wakeUp = end;
      if (this.signal.aborted) end();
    });
  }

  // watch ends connections that are silent, also those that slept with the machine.
  private watch(): () => void {
    const timer = setInterval(() => {
      if (this.current !== undefined && Date.now() - this.heard > silence) this.current.abort();
    }, tick);
    const off = onWake(() => this.wake());
    return () => {
      clearInterval(timer);
      off();
    };
  }
}

function offline(): boolean {
  return typeof navigator !== "undefined" && navigator.onLine === false;
}

/** onWake calls a function when the page is back: shown again, thawed, or online. */
export function onWake(call: () => void): () => void {
  const added: (() => void)[] = [];
  const on = (target: EventTarget | undefined, event: string, listener: () => void) => {
    target?.addEventListener?.(event, listener);
    added.push(() => target?.removeEventListener?.(event, listener));
  };
  const page = typeof document === "undefined" ? undefined : document;
  const frame = typeof window === "undefined" ? undefined : window;
  on(page, "visibilitychange", () => {
    if (page!.visibilityState === "visible") call();
  });
  on(page, "resume", call);
  on(frame, "pageshow", call);
  on(frame, "online", call);
  return () => added.forEach((remove) => remove());
}
