import type { Media } from "./api.js";
import { type Caller, failureOf } from "./call.js";
import { delayOf, networkProblem, Problem, problemFrom, problemOf } from "./problem.js";
import { abortReason, backoff, sleep } from "./time.js";

/** What upload takes beside the file. */
export interface UploadOptions {
  /** What the file is called. Defaults to the name of a File. */
  name?: string | undefined;
  /** Is called as bytes leave, and with all of them at the end. */
  onProgress?: ((sent: number, total: number) => void) | undefined;
  /** Ends the upload, which then throws the reason of the signal. */
  signal?: AbortSignal | undefined;
  /** How often it is tried again at most. Defaults to the client's. */
  retries?: number | undefined;
}

/**
 * upload stores a file that one may send then. It is tried again: what is stored twice is
 * in no message, and goes when the host next sweeps.
 */
export async function upload(caller: Caller, file: Blob, options: UploadOptions = {}): Promise<Media> {
  const retries = options.retries ?? caller.options.retries ?? 3;
  for (let attempt = 0; ; attempt++) {
    try {
      const media = await once(caller, file, options);
      options.onProgress?.(file.size, file.size);
      return media;
    } catch (error) {
      if (!(error instanceof Problem) || !error.temporary || attempt >= retries) throw error;
      await sleep(error.retryAfter ?? backoff(attempt), options.signal);
    }
  }
}

async function once(caller: Caller, file: Blob, options: UploadOptions): Promise<Media> {
  const url = caller.base + "/media";
  const name = options.name ?? (file as Partial<File>).name ?? "";
  const headers: Record<string, string> = {
    Accept: "application/json",
    "Content-Type": "application/octet-stream",
    "Content-Disposition": disposition(name),
  };
  // Only XMLHttpRequest says how much has left.
  if (options.onProgress !== undefined && caller.options.fetch === undefined && typeof XMLHttpRequest !== "undefined") {
    return withProgress(caller, url, headers, file, options, false);
  }
  try {
    const response = await caller.fetch(url, { method: "POST", headers, body: file, signal: options.signal ?? null });
    if (!response.ok) throw await problemOf(response, Date.now());
    return await response.json() as Media;
  } catch (error) {
    throw failureOf(error, options.signal);
  }
}

/** disposition returns the header that names a file, in whatever script (RFC 8187). */
export function disposition(name: string): string {
  if (name === "") return "attachment";
  const escaped = encodeURIComponent(name.replace(/[\uD800-\uDFFF]/gu, "\uFFFD"))
    .replace(/['()*]/g, (c) => "%" + c.charCodeAt(0).toString(16).toUpperCase());
  return `attachment; filename*=UTF-8''${escaped}`;
}

async function withProgress(
  caller: Caller, url: string, headers: Record<string, string>, file: Blob, options: UploadOptions, refused: boolean,
): Promise<Media> {
  const all = { ...headers, ...await caller.headers(refused) };
  const response = await send(url, all, file, options, caller.options.credentials === "include");
  if (response.status === 401 && !refused && typeof caller.options.token === "function") {
    return withProgress(caller, url, headers, file, options, true);
  }
  if (response.status === 0) throw networkProblem(undefined);
  if (response.status < 200 || response.status > 299) {
    const retryAfter = delayOf(response.getResponseHeader("Retry-After"), Date.now());
    throw problemFrom(response.status, response.getResponseHeader("Content-Type"), response.responseText, retryAfter);
  }
  return JSON.parse(response.responseText) as Media;
}

function send(url: string, headers: Record<string, string>, file: Blob, options: UploadOptions, cookies: boolean): Promise<XMLHttpRequest> {
  return new Promise((resolve, reject) => {
    const { signal } = options;
    if (signal?.aborted) return reject(abortReason(signal));
    const request = new XMLHttpRequest();
    const abort = () => request.abort();
    request.open("POST", url);
    request.withCredentials = cookies;
    for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value);
    request.upload.onprogress = (event) => options.onProgress?.(Math.min(event.loaded, file.size), file.size);
    request.onabort = () => reject(signal?.aborted ? abortReason(signal) : networkProblem(undefined));
    request.onerror = () => reject(networkProblem(undefined));
    request.onload = () => resolve(request);
    request.onloadend = () => signal?.removeEventListener("abort", abort);
    signal?.addEventListener("abort", abort, { once: true });
    request.send(file);
  });
}
