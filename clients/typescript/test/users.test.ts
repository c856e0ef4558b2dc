import { expect, test } from "vitest";
import { type Client, type Message, Problem, type User } from "../src/index.js";
import { withUser } from "../src/merge.js";
import { Users } from "../src/users.js";
import { until } from "./server.js";

const carol: User = { id: "3", name: "Carol" };

test("A user who could not be read is asked for again", async () => {
  let fails = true;
  const client = {
    userList: () => fails ? Promise.reject(new Problem({ status: 0, code: "network", detail: "cut" })) : Promise.resolve({ items: [carol] }),
  } as unknown as Client;
  const learned: User[] = [], problems: unknown[] = [];
  const users = new Users(client, (user) => void learned.push(user), new AbortController().signal, (problem) => void problems.push(problem));
  expect(users.get(carol.id)).toEqual({ id: carol.id });
  await until("it has failed", () => problems.length > 0);
  fails = false;
  users.again();
  await until("the user is known", () => learned.length > 0);
  expect(users.get(carol.id)).toEqual(carol);
});

test("What is learned of a user is shown wherever a message shows them", () => {
  const unknown: User = { id: carol.id }, bob: User = { id: "2", name: "Bob" };
  const message = {
    user: unknown, reply_to: { user: unknown }, mentions: [bob, unknown], reactions: [{ users: [bob] }, { users: [unknown] }],
  } as unknown as Message;
  expect(withUser(message, carol)).toEqual({
    user: carol, reply_to: { user: carol }, mentions: [bob, carol], reactions: [{ users: [bob] }, { users: [carol] }],
  });
  expect(withUser(message, { id: "4" })).toBe(message);
});
