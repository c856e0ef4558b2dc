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
