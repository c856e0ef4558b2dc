/** One server-sent event, as the chat sends them: an id, a kind, and data in one line or several. */
export interface ServerEvent {
  readonly id: string;
  readonly event: string;
  readonly data: string;
}

/** EventParser reads a text/event-stream in pieces, wherever they are cut. */
export class EventParser {
  private rest = "";
  private id = "";
  private event = "";
  private data: string[] = [];
  private started = false;

  constructor(private readonly deliver: (event: ServerEvent) => void) {}

  push(piece: string): void {
    if (piece === "") return;
    if (!this.started) {
      this.started = true;
      if (piece.startsWith("\uFEFF")) piece = piece.slice(1);
    }
    let text = this.rest + piece;
    // A \r at the end may be half of a line break.
    const held = text.endsWith("\r") ? "\r" : "";
    if (held) text = text.slice(0, -1);
    const lines = text.split(/\r\n|\n|\r/);
    this.rest = lines.pop()! + held;
    for (const line of lines) this.line(line);
  }

  private line(line: string): void {
    if (line === "") return this.end();
    const colon = line.indexOf(":");
    if (colon === 0) return; // a comment
    const name = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? "" : line.slice(colon + (line[colon + 1] === " " ? 2 : 1));
    if (name === "data") this.data.push(value);
    else if (name === "event") this.event = value;
    else if (name === "id" && !value.includes("\0")) this.id = value;
  }

  private end(): void {
    const event = { id: this.id, event: this.event, data: this.data.join("\n") };
    const empty = this.data.length === 0;
    this.event = "";
    this.data = [];
    if (!empty) this.deliver(event);
  }
}
