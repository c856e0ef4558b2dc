/** The tables of what is kept. Their keys: a name, a room's id or an entry's id. */
export type Table = "meta" | "rooms" | "windows" | "outbox" | "drafts" | "reads";

const tables: readonly Table[] = ["meta", "rooms", "windows", "outbox", "drafts", "reads"];

/** A change of what is kept; without a value it is deleted. */
export interface Write {
  readonly table: Table;
  readonly key: string;
  readonly value?: unknown;
}

/** Kept is what a browser keeps of one user. */
export interface Kept {
  get(table: Table, key: string): Promise<unknown>;
  all(table: Table): Promise<[string, unknown][]>;
  /** write makes changes, all or none. */
  write(changes: readonly Write[]): Promise<void>;
  close(): void;
}

/** openKept opens a database of IndexedDB, or something in memory where there is none. */
export async function openKept(factory: IDBFactory | null, name: string, onProblem: (problem: unknown) => void): Promise<Kept> {
  if (factory === null) return new KeptInMemory();
  try {
    return new KeptInDatabase(await openDatabase(factory, name));
  } catch (error) { // as in some private windows
    onProblem(error);
    return new KeptInMemory();
  }
}

/** deleteKept deletes a database. */
export function deleteKept(factory: IDBFactory | null, name: string): Promise<void> {
  return factory === null ? Promise.resolve() : done(factory.deleteDatabase(name)).then(() => undefined);
}

function done<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error ?? new DOMException("IndexedDB failed."));
  });
}

function openDatabase(factory: IDBFactory, name: string): Promise<IDBDatabase> {
  const request = factory.open(name, 1);
  request.onupgradeneeded = () => {
    for (const table of tables) request.result.createObjectStore(table);
  };
  return done(request);
}

class KeptInDatabase implements Kept {
  constructor(private readonly database: IDBDatabase) {
    database.onversionchange = () => database.close(); // another tab deletes it
  }

  get(table: Table, key: string): Promise<unknown> {
    return this.read(table, (store) => done(store.get(key)));
  }

  all(table: Table): Promise<[string, unknown][]> {
    return this.read(table, async (store) => {
      const [keys, values] = await Promise.all([done(store.getAllKeys()), done(store.getAll())]);
      return keys.map((key, i) => [String(key), values[i]] as [string, unknown]);
    });
  }

  private async read<T>(table: Table, ask: (store: IDBObjectStore) => Promise<T>): Promise<T> {
    return ask(this.database.transaction(table, "readonly").objectStore(table));
  }

  async write(changes: readonly Write[]): Promise<void> {
    if (changes.length === 0) return;
    const used = [...new Set(changes.map((change) => change.table))];
    const tx = this.database.transaction(used, "readwrite");
    const end = new Promise<void>((resolve, reject) => {
      tx.oncomplete = () => resolve();
      tx.onerror = tx.onabort = () => reject(tx.error ?? new DOMException("IndexedDB failed."));
    });
    for (const { table, key, value } of changes) {
      const store = tx.objectStore(table);
      if (value === undefined) store.delete(key);
      else store.put(value, key);
    }
    tx.commit(); // or else it needs this page to go on, which may be leaving
    await end;
  }

  close(): void {
    this.database.close();
  }
}

class KeptInMemory implements Kept {
  private readonly tables = new Map<Table, Map<string, unknown>>(tables.map((table) => [table, new Map()]));

  get(table: Table, key: string): Promise<unknown> {
    return Promise.resolve(this.tables.get(table)!.get(key));
  }

  all(table: Table): Promise<[string, unknown][]> {
    return Promise.resolve([...this.tables.get(table)!]);
  }

  write(changes: readonly Write[]): Promise<void> {
    for (const { table, key, value } of changes) {
      if (value === undefined) this.tables.get(table)!.delete(key);
      else this.tables.get(table)!.set(key, value);
    }
    return Promise.resolve();
  }

  close(): void {}
}
