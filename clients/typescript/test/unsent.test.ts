import { expect, test } from "vitest";
import type { Message, OutboxEntry } from "../src/index.js";
import { Unsent } from "../src/unsent.js";
import { RoomWindow } from "../src/window.js";

const user = { id: "alice" } as NonNullable<Message["user"]>;
const told = { id: "message 1", number: 1, user, text: "mine", reply_to_id: null } as Message; // as an update has it
const entry = { id: "client id", text: "mine", reply_to: null } as OutboxEntry;

function unsentOf(...messages: Message[]) {
  const window = new RoomWindow(60);
  window.show({ items: messages, has_before: false, has_after: false }, 0, 1);
  const asked: number[] = [];
  const unsent = new Unsent({ window, me: () => user.id, outbox: () => [entry], need: (number) => void asked.push(number) });
  return { unsent, asked };
}

test("An entry is not shown beside its message, which an update has told of after a response", () => {
  const { unsent } = unsentOf(told);
  unsent.arrived({ ...told, client_id: entry.id });
  expect(unsent.shown()).toEqual([]);
});

test("An entry that says what an unknown message of one's own says waits for the server to tell which it is", () => {
  const { unsent, asked } = unsentOf(told);
  expect(unsent.shown()).toEqual([]);
  expect(asked).toContain(1);
  unsent.arrived({ ...told, client_id: "another" });
  expect(unsent.shown()).toEqual([entry]);
});
