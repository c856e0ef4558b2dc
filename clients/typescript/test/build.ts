import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestProject } from "vitest/node";

declare module "vitest" {
  interface ProvidedContext {
    webchat: string;
  }
}

/** The server of the tests is the example host, built once for all of them. */
export default function setup(project: TestProject): () => void {
  const folder = mkdtempSync(join(tmpdir(), "df-chat-client-"));
  const program = join(folder, "webchat");
  execFileSync("go", ["build", "-o", program, "./examples/webchat"], { cwd: join(import.meta.dirname, "../../.."), stdio: "inherit" });
  project.provide("webchat", program);
  return () => rmSync(folder, { recursive: true, force: true });
}
