import type { Readable } from "./store_types.js";

const waiting = new Set<() => void>();

function soon(call: () => void): void {
  if (waiting.size === 0) {
    queueMicrotask(() => {
      const calls = [...waiting];
      waiting.clear();
      for (const one of calls) one();
    });
  }
  waiting.add(call);
}

/**
 * Cell is a value that is computed when it is asked for and something it depends on has changed
 * since. Its listeners are called once for all changes of a turn of the event loop.
 */
export class Cell<T> implements Readable<T> {
  private value: T | undefined;
  private stale = true;
  private readonly listeners = new Set<() => void>();
  private readonly notify = () => {
    for (const listener of [...this.listeners]) listener();
  };

  constructor(private readonly compute: () => T) {}

  readonly get = (): T => {
    if (this.stale) {
      this.stale = false;
      this.value = this.compute();
    }
    return this.value as T;
  };

  readonly subscribe = (listener: () => void): (() => void) => {
    const own = () => listener(); // the same function may listen twice
    this.listeners.add(own);
    return () => void this.listeners.delete(own);
  };

  changed(): void {
    this.stale = true;
    if (this.listeners.size > 0) soon(this.notify);
  }
}

/** Value is a cell that is set. */
export class Value<T> extends Cell<T> {
  private current: T;

  constructor(first: T) {
    super(() => this.current);
    this.current = first;
  }

  set(value: T): void {
    if (Object.is(value, this.current)) return;
    this.current = value;
    this.changed();
  }
}
