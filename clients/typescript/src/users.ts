import type { User, UserID } from "./api.js";
import { Value } from "./cell.js";
import type { Client } from "./client.js";
import { Problem } from "./problem.js";

// So many profiles are asked for at once, after so many milliseconds.
const batch = 100;
const gather = 20;

/** Users are what is known of users. What is not known is asked for, many at a time. */
export class Users {
  private readonly cells = new Map<UserID, Value<User>>();
  private readonly asked = new Set<UserID>();
  private wanted: UserID[] = [];
  private soon = false; // they are asked for
  private shown = true; // the host shows profiles

  constructor(
    private readonly client: Client, private readonly learned: (user: User) => void, private readonly signal: AbortSignal,
    private readonly onProblem: (problem: unknown) => void,
  ) {}

  /** get returns a user by what is known now, and asks for more where that is nothing. */
  get(id: UserID): User {
    return this.cell(id).get();
  }

  cell(id: UserID): Value<User> {
    let cell = this.cells.get(id);
    if (cell === undefined) {
      cell = new Value<User>({ id });
      this.cells.set(id, cell);
      this.ask(id);
    }
    return cell;
  }

  /** learn keeps what a response tells of a user. */
  learn(user: User | null | undefined): void {
    if (user == null) return;
    this.asked.add(user.id);
    const cell = this.cells.get(user.id);
    if (cell === undefined) {
      this.cells.set(user.id, new Value(user));
    } else if (JSON.stringify(cell.get()) !== JSON.stringify(user)) {
      cell.set(user);
      this.learned(user);
    }
  }

  /** again asks for what could not be read before. */
  again(): void {
    void this.load();
  }

  private ask(id: UserID): void {
    if (!this.shown || this.asked.has(id)) return;
    this.asked.add(id);
    this.wanted.push(id);
    if (!this.soon) setTimeout(() => void this.load(), gather);
    this.soon = true;
  }

  private async load(): Promise<void> {
    const ids = this.wanted;
    this.wanted = [];
    this.soon = false;
    for (let i = 0; i < ids.length; i += batch) {
      const some = ids.slice(i, i + batch);
      try {
        const { items } = await this.client.userList({ ids: some }, { signal: this.signal });
        items.forEach((user) => this.learn(user));
      } catch (error) {
        if (error instanceof Problem && error.status === 404) this.shown = false;
        else {
          this.wanted.push(...some);
          this.onProblem(error);
        }
      }
    }
  }
}
