import type { Message } from "./api.js";
import { Problem } from "./problem.js";

const gather = 20; // milliseconds in which requests for single messages are put together
const pageMost = 100;

/** What reading messages needs of its room. */
export interface MissingHost {
  clock(): number;
  /** read asks for up to a number of messages after another number, and put puts them in. */
  read(after: number, limit: number): Promise<readonly Message[]>;
  put(messages: readonly Message[], since: number): void;
  onProblem(problem: unknown): void;
}

/** Missing are the numbers of messages that are known in part, and asked for: by a request that begins after that was known. */
export class Missing {
  private readonly numbers = new Map<number, number>(); // and since when
  private reading = false;

  constructor(private readonly host: MissingHost) {}

  /** add asks for a message, soon. */
  add(number: number): void {
    this.numbers.set(number, this.host.clock());
    if (this.reading) return;
    this.reading = true;
    setTimeout(() => this.read(), gather);
  }

  /** arrived takes that a message is known whole, as it was at a tick of the clock or later. */
  arrived(number: number, since: number): void {
    if ((this.numbers.get(number) ?? Infinity) <= since) this.numbers.delete(number);
  }

  /** read asks for all of them now. */
  read(): void {
    if (this.numbers.size === 0) {
      this.reading = false;
      return;
    }
    this.reading = true;
    this.readSome().then(() => {
      this.reading = false;
      if (this.numbers.size > 0) this.read();
    }, (error) => { // it is tried again when the connection is back
      this.reading = false;
      if (!(error instanceof Problem && error.temporary)) this.numbers.clear();
      this.host.onProblem(error);
    });
  }

  // readSome reads those that are close with one request.
  private async readSome(): Promise<void> {
    const numbers = [...this.numbers.keys()].sort((a, b) => a - b);
    const first = numbers[0]!;
    const last = numbers.filter((number) => number < first + pageMost).at(-1)!;
    const since = this.host.clock();
    const messages = await this.host.read(first - 1, last - first + 1);
    for (const number of numbers) if (number <= last) this.arrived(number, since); // there or not
    this.host.put(messages, since);
  }
}
