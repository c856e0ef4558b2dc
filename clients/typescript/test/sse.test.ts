import { expect, test } from "vitest";
import { EventParser, type ServerEvent } from "../src/sse.js";

function parse(pieces: Iterable<string>): ServerEvent[] {
  const events: ServerEvent[] = [];
  const parser = new EventParser((event) => events.push(event));
  for (const piece of pieces) parser.push(piece);
  return events;
}

const stream = "\uFEFF:comment\n\nid: 1\nevent: hello\ndata: {\"a\":1}\n\r\nid:2\rdata:x\rdata: y\r\r\nevent: nothing\n\ndata\n\nid: 3\ndata: cut off";
const want: ServerEvent[] = [
  { id: "1", event: "hello", data: '{"a":1}' },
  { id: "2", event: "", data: "x\ny" },
  { id: "2", event: "", data: "" },
];

test("Events are the same wherever the stream is cut", () => {
  expect(parse([stream])).toEqual(want);
  expect(parse(stream)).toEqual(want);
  for (let i = 0; i < stream.length; i++) {
    for (let j = i; j < stream.length; j++) {
      expect(parse([stream.slice(0, i), stream.slice(i, j), stream.slice(j)])).toEqual(want);
    }
  }
});
