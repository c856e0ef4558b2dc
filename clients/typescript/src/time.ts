/** sleep waits, and throws the reason of the signal when that is aborted. */
export function sleep(milliseconds: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(abortReason(signal));
    const end = () => {
      clearTimeout(timer);
      reject(abortReason(signal!));
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", end);
      resolve();
    }, milliseconds);
    signal?.addEventListener("abort", end, { once: true });
  });
}

/**
 * backoff returns how long to wait after an attempt, the first of which is 0: between half
 * and all of a time that doubles, so that clients which were cut off together do not come
 * back together.
 */
export function backoff(attempt: number, first = 500, most = 30_000): number {
  return Math.min(most, first * 2 ** Math.min(attempt, 16)) * (0.5 + Math.random() / 2);
}

export function abortReason(signal: AbortSignal): unknown {
  return signal.reason ?? new DOMException("This was aborted.", "AbortError");
}

/** timeLimit returns a signal that is aborted with another, or after some time. */
export function timeLimit(signal: AbortSignal | undefined, milliseconds: number | undefined): { signal: AbortSignal; end(): void } {
  const control = new AbortController();
  const abort = () => control.abort(signal!.reason);
  if (signal?.aborted) abort();
  signal?.addEventListener("abort", abort, { once: true });
  const timer = milliseconds === undefined ? undefined
    : setTimeout(() => control.abort(new DOMException("This took too long.", "TimeoutError")), milliseconds);
  return {
    signal: control.signal,
    end() {
      clearTimeout(timer);
      signal?.removeEventListener("abort", abort);
    },
  };
}

/** newID returns a random id, also where the page is not served securely. */
export function newID(): string {
  if (globalThis.crypto.randomUUID !== undefined) return globalThis.crypto.randomUUID();
  return Array.from(globalThis.crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
