import { expect, test } from "vitest";
import type { Message } from "../src/index.js";
import { Missing } from "../src/missing.js";
import { until } from "./server.js";

test("What is asked for is read by a request that begins later, whatever arrives of earlier ones", async () => {
  let clock = 1;
  const read: number[] = [], put: number[] = [];
  const missing: Missing = new Missing({
    clock: () => clock,
    read: (after) => {
      read.push(after + 1);
      if (read.length === 1) { // an update tells of more meanwhile
        clock++;
        missing.add(7);
      }
      return Promise.resolve([{ number: after + 1 } as Message]);
    },
    put: (messages, since) => messages.forEach((message) => {
      put.push(message.number);
      missing.arrived(message.number, since);
    }),
    onProblem: (problem) => { throw problem; },
  });
  missing.add(7);
  missing.arrived(7, 0); // of a request from before
  await until("it was read twice", () => put.length === 2);
  missing.add(8);
  missing.arrived(8, clock);
  missing.add(9);
  await until("the last one was read", () => put.length === 3);
  expect(read).toEqual([7, 7, 9]);
});
