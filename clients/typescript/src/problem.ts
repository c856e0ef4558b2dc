import type { Fault, Problem as Body } from "./api.js";

/**
 * What a program looks at: a code of the server's, or `network` when no response came
 * (offline, cut off, out of time), or `unreadable` when what came is not the chat's.
 */
export type ProblemCode = Body["code"] | "network" | "unreadable";

/** An error of a call: what the server refused, or why there is no response. */
export class Problem extends Error {
  override readonly name = "Problem";
  /** The HTTP status; 0 without a response. */
  readonly status: number;
  /** Stable: what a program should look at, and what texts for people are chosen by. */
  readonly code: ProblemCode;
  /** For people, in English. */
  readonly detail: string;
  /** What is wrong with the input, a code and a place each; empty otherwise. */
  readonly errors: readonly Fault[];
  /** Milliseconds after which the server wants to be asked again; undefined: it did not say. */
  readonly retryAfter: number | undefined;

  constructor(of: { status: number; code: ProblemCode; detail: string; errors?: readonly Fault[]; retryAfter?: number | undefined; cause?: unknown }) {
    super(of.detail, of.cause === undefined ? undefined : { cause: of.cause });
    this.status = of.status;
    this.code = of.code;
    this.detail = of.detail;
    this.errors = of.errors ?? [];
    this.retryAfter = of.retryAfter;
  }

  /** Whether the same may succeed later without anybody changing anything. */
  get temporary(): boolean {
    return this.status === 0 || this.status === 429 || this.status >= 500 && this.status !== 501 && this.status !== 507;
  }

  /** Whether the server may have done it all the same: nothing says that it did not. */
  get uncertain(): boolean {
    return this.status === 0 || this.status >= 500 && this.status !== 501;
  }

  /** What a store keeps of it. */
  toJSON(): StoredProblem {
    return { status: this.status, code: this.code, detail: this.detail, errors: this.errors };
  }
}

/** A problem as plain data. */
export interface StoredProblem {
  readonly status: number;
  readonly code: ProblemCode;
  readonly detail: string;
  readonly errors: readonly Fault[];
}

/** problemOf reads the problem of a response that is no success. */
export async function problemOf(response: Response, now: number): Promise<Problem> {
  const retryAfter = delayOf(response.headers.get("Retry-After"), now);
  const body = await response.text().catch(() => "");
  return problemFrom(response.status, response.headers.get("Content-Type"), body, retryAfter);
}

export function problemFrom(status: number, type: string | null, body: string, retryAfter: number | undefined): Problem {
  if (type?.startsWith("application/problem+json")) {
    try {
      const said = JSON.parse(body) as Body;
      return new Problem({ status, code: said.code, detail: said.detail, errors: said.errors ?? [], retryAfter });
    } catch {
      // Something in between cut it: it is as unreadable as any other page.
    }
  }
  return new Problem({ status, code: "unreadable", detail: `the server responded with ${status}`, retryAfter });
}

export function networkProblem(cause: unknown): Problem {
  return new Problem({ status: 0, code: "network", detail: "the server cannot be reached", cause });
}

/** delayOf returns the milliseconds of a Retry-After, which is a number of seconds or a date. */
export function delayOf(value: string | null, now: number): number | undefined {
  if (value === null) return undefined;
  if (/^\d+$/.test(value.trim())) return Number(value) * 1000;
  const at = Date.parse(value);
  return Number.isNaN(at) ? undefined : Math.max(0, at - now);
}
