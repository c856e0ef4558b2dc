import { type Route, routes } from "./api.js";
import { networkProblem, Problem, problemOf } from "./problem.js";
import { abortReason, backoff, sleep, timeLimit } from "./time.js";

/** What any call takes beside its parameters. */
export interface CallOptions {
  /** Ends the call, which then throws the reason of the signal. */
  signal?: AbortSignal | undefined;
  /** How often it is tried again at most, where that is safe. Defaults to the client's. */
  retries?: number | undefined;
}

/** What createClient takes. */
export interface ClientOptions {
  /** Where the API is: "/chat", or "https://chat.example.com/chat". */
  base: string;
  /**
   * The bearer token of the user, or what returns it at each request. It is called with
   * `true` after a 401: then it should get a new one, and what it returns is tried once.
   * Absent: the browser's cookies say who it is.
   */
  token?: string | ((refused: boolean) => string | null | Promise<string | null>) | undefined;
  /** Headers of each request. */
  headers?: Record<string, string> | (() => Record<string, string>) | undefined;
  /** In place of the global fetch. */
  fetch?: typeof fetch | undefined;
  /** Cookies go along: as in fetch. Defaults to "same-origin". */
  credentials?: RequestCredentials | undefined;
  /** How often a call is tried again at most, where that is safe. Defaults to 3. */
  retries?: number | undefined;
  /** Milliseconds that one attempt may take, uploads and streams aside. Defaults to 30,000. */
  timeout?: number | undefined;
}

/** Params are the parameters of a call by their names; one is called body. */
export type Params = Record<string, unknown>;

// Posts that do the same when they are repeated. A send does where it has a client id, which
// all have that go through a client.
const repeatable = new Set(["chatMessageCreate", "chatMessageReactionsCreate", "chatRoomJoin", "roomUserCreate", "roomBanCreate"]);

// Longer than this a call does not wait for the server: it throws what it was told.
const longestWait = 30_000;

/** A caller sends what the table of routes says. */
export class Caller {
  readonly base: string;

  constructor(readonly options: ClientOptions) {
    this.base = options.base.replace(/\/+$/, "");
  }

  /** call does an operation, and again where that is safe. */
  async call(name: string, params: Params = {}, options: CallOptions = {}): Promise<unknown> {
    const route = (routes as Record<string, Route>)[name]!;
    const retries = options.retries ?? this.options.retries ?? 3;
    for (let attempt = 0, lost = false; ; attempt++) {
      try {
        return await this.once(route, params, options.signal);
      } catch (error) {
        if (!(error instanceof Problem)) throw error;
        // What was deleted by an attempt whose response was lost is there no more.
        if (lost && route.method === "DELETE" && error.status === 404) return undefined;
        if (attempt >= retries || !mayRepeat(name, route, params, error)) throw error;
        const wait = error.retryAfter ?? backoff(attempt);
        if (wait > longestWait) throw error;
        lost ||= error.uncertain;
        await sleep(wait, options.signal);
      }
    }
  }

  private async once(route: Route, params: Params, signal: AbortSignal | undefined): Promise<unknown> {
    const { url, init } = requestOf(this.base, route, params);
    const limit = timeLimit(signal, route.body === "bytes" ? undefined : waitOf(params) + (this.options.timeout ?? 30_000));
    try {
      const response = await this.fetch(url, { ...init, signal: limit.signal });
      return await resultOf(response);
    } catch (error) {
      throw failureOf(error, signal);
    } finally {
      limit.end();
    }
  }

  /** fetch sends a request with what says who it is, and once more with a new token after a 401. */
  async fetch(url: string, init: RequestInit & { headers: Record<string, string> }): Promise<Response> {
    const send = this.options.fetch ?? fetch;
    for (let refused = false; ; refused = true) {
      const headers = { ...init.headers, ...await this.headers(refused) };
      const response = await send(url, { ...init, headers, credentials: this.options.credentials ?? "same-origin" });
      if (response.status !== 401 || refused || typeof this.options.token !== "function") return response;
      await response.body?.cancel().catch(() => undefined);
    }
  }

  /** headers returns the host's headers, with the token. */
  async headers(refused: boolean): Promise<Record<string, string>> {
    const { token, headers } = this.options;
    const all = { ...(typeof headers === "function" ? headers() : headers) };
    const bearer = typeof token === "function" ? await token(refused) : token;
    if (bearer) all["Authorization"] = `Bearer ${bearer}`;
    return all;
  }
}

// waitOf is what a poll is to wait for, which is no sign of a server that hangs.
function waitOf(params: Params): number {
  return typeof params["wait"] === "number" ? params["wait"] * 1000 : 0;
}

function mayRepeat(name: string, route: Route, params: Params, problem: Problem): boolean {
  if (!problem.temporary) return false;
  if (problem.status === 429) return true; // it was not done
  if (params["ifMatch"] !== undefined) return false; // it would meet its own change
  return route.method !== "POST" || repeatable.has(name);
}

/** requestOf returns an operation as a request. */
export function requestOf(base: string, route: Route, params: Params): { url: string; init: RequestInit & { headers: Record<string, string> } } {
  const query = new URLSearchParams();
  const headers: Record<string, string> = { Accept: "application/json" };
  const rest = new Map(Object.entries(params).filter(([, value]) => value !== undefined));
  const path = route.path.replace(/\{(\w+)\}/g, (_, name: string) => {
    const value = rest.get(name);
    if (value === undefined || value === "") throw new TypeError(`${route.method} ${route.path} needs ${name}`);
    rest.delete(name);
    return encodeURIComponent(String(value));
  });
  const body = rest.get("body");
  rest.delete("body");
  for (const [name, value] of rest) {
    const header = route.headers?.[name];
    if (header !== undefined) headers[header] = String(value);
    else for (const one of Array.isArray(value) ? value : [value]) query.append(name, String(one));
  }
  const init: RequestInit & { headers: Record<string, string> } = { method: route.method, headers };
  if (route.body === "bytes") {
    headers["Content-Type"] = "application/octet-stream";
    init.body = body as Blob;
  } else if (body !== undefined) {
    headers["Content-Type"] = route.body === "patch" ? "application/merge-patch+json" : "application/json";
    init.body = JSON.stringify(body);
  }
  const asked = query.toString();
  return { url: base + path + (asked === "" ? "" : "?" + asked), init };
}

async function resultOf(response: Response): Promise<unknown> {
  if (!response.ok) throw await problemOf(response, Date.now());
  if (response.status === 204) return undefined;
  if (!response.headers.get("Content-Type")?.startsWith("application/json")) return response.blob();
  return response.json();
}

/** failureOf returns what a call throws for what fetch threw. */
export function failureOf(error: unknown, signal: AbortSignal | undefined): unknown {
  if (error instanceof Problem) return error;
  if (signal?.aborted) return abortReason(signal);
  return networkProblem(error);
}
