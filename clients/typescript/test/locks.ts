/** Locks are the Web Locks of one browser, as far as the client uses them: Node has none. */
export class Locks {
  private readonly queues = new Map<string, (() => void)[]>();

  /** tab returns the locks as one tab has them; what it holds ends with the returned function. */
  tab(): { locks: LockManager; close(): void } {
    const held = new Set<() => void>();
    const request = async (name: string, options: { signal?: AbortSignal }, call: () => unknown): Promise<unknown> => {
      await this.granted(name, options.signal);
      let free = () => this.release(name);
      const release = () => {
        free();
        free = () => undefined;
        held.delete(release);
      };
      held.add(release);
      try {
        return await call();
      } finally {
        release();
      }
    };
    return {
      locks: { request } as unknown as LockManager,
      close: () => [...held].forEach((release) => release()),
    };
  }

  private granted(name: string, signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason);
      const queue = this.queues.get(name) ?? [];
      this.queues.set(name, queue);
      queue.push(resolve);
      signal?.addEventListener("abort", () => {
        const place = queue.indexOf(resolve);
        if (place > 0) {
          queue.splice(place, 1);
          reject(signal.reason);
        }
      });
      if (queue.length === 1) resolve();
    });
  }

  private release(name: string): void {
    const queue = this.queues.get(name)!;
    queue.shift();
    queue[0]?.();
  }
}
