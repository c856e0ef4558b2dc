import { expect, test } from "vitest";
import type { Message, MessagePage } from "../src/index.js";
import { RoomWindow } from "../src/window.js";

const message = (number: number) => ({ id: `message ${number}`, number }) as Message;
const page = (numbers: number[], has_after: boolean): MessagePage => ({ items: numbers.map(message), has_before: false, has_after });

test("A page that updates have overtaken does not make the window end before what is newer", () => {
  const window = new RoomWindow(60);
  window.show(page([1, 2], false), 0, 2);
  for (const number of [3, 4, 5, 6]) window.update(message(number), number);
  window.after(page([3, 4], true), 0); // read when 5 was there
  expect(window.hasAfter).toBe(false);
  window.update(message(7), 7);
  expect(window.last).toBe(7);
  window.after(page([], false), 0);
  expect([window.last, window.hasAfter]).toEqual([7, false]);
});

test("A page of what is not known goes after the window", () => {
  const window = new RoomWindow(60);
  window.show(page([1, 2], false), 0, 2);
  window.update(message(5), 1); // there is a gap
  window.after(page([3, 4], false), 0);
  expect([window.last, window.hasAfter]).toEqual([5, false]);
  window.show(page([1, 2], true), 1, 5);
  window.after(page([3, 4], true), 1);
  expect([window.last, window.hasAfter]).toEqual([4, true]);
});

test("What was kept is shown with what was told since, and nothing of it is aside", () => {
  const window = new RoomWindow(60);
  const edited = { ...message(2), text: "edited" };
  window.update(edited, 1);
  window.update(message(3), 2);
  window.update(message(5), 3);
  window.showKept([message(1), message(2), message(3)], false);
  expect(window.messages).toEqual([message(1), edited, message(3)]);
  expect([1, 2, 3, 4, 5].map((number) => window.isAside(number))).toEqual([false, false, false, false, true]);
});

test("A response that updates have overtaken is outdated: its messages, what they reply to, and how many reply to them", () => {
  const window = new RoomWindow(60);
  const answer = { ...message(3), reply_count: 0, reply_to: { id: "message 1" } } as Message;
  const answered = { ...message(2), reply_count: 1, reply_to: null } as Message;
  const plain = { ...message(4), reply_count: 0, reply_to: null } as Message;
  const outdated = () => [answer, answered, plain].map((one) => window.outdated(one, 5));
  window.update(message(1), 5); // as the response has it
  expect(outdated()).toEqual([false, false, false]);
  window.update(message(1), 6);
  expect(outdated()).toEqual([true, false, false]);
  window.unreplied(7);
  expect(outdated()).toEqual([true, true, false]);
  window.replied(plain.id, 8);
  expect(outdated()).toEqual([true, true, true]);
});
