import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";
import { expect, onTestFinished, test } from "vitest";

const root = join(import.meta.dirname, "../../..");

// What the snippets of each document take for granted that a page has.
const given: Record<string, string> = {
  "docs/guide.md": `declare const session: { token: string }, id: string, picture: File;
    declare function tellSo(): void; declare function showRooms(rooms: readonly RoomEntry[]): void; declare function showRoom(view: RoomView): void;
    import type { RoomEntry, RoomView } from "df-chat-client";`,
  "docs/component.md": `import type {} from "../../../webui/src/element.js";
    declare const session: { token(refused: boolean): Promise<string> }, signOutButton: HTMLButtonElement; declare function showBadge(n: number): void;`,
  "clients/typescript/README.md": `declare const session: { token: string }, userID: string;`,
};

// snippets are a document's blocks of TypeScript, one after the other as they are read.
function snippets(text: string): string[] {
  return [...text.matchAll(/^```(?:ts|typescript)\n(.*?)^```$/gms)].map(([, code]) => code!);
}

// compile returns what is wrong with each of some programs.
function compile(programs: readonly string[]): string[][] {
  const files = programs.map((code) => {
    const file = join(import.meta.dirname, `snippets-${Math.random().toString(36).slice(2)}.ts`);
    writeFileSync(file, code);
    onTestFinished(() => rmSync(file));
    return file;
  });
  const program = ts.createProgram(files, {
    target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext, moduleResolution: ts.ModuleResolutionKind.Bundler, noEmit: true, strict: true,
    exactOptionalPropertyTypes: true, lib: ["lib.es2023.d.ts", "lib.dom.d.ts", "lib.dom.iterable.d.ts"], types: [], skipLibCheck: true,
    paths: { "df-chat-client": [join(root, "clients/typescript/src/index.ts")] },
  });
  return files.map((file) => {
    const source = program.getSourceFile(file)!;
    const found = [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)];
    return found.map((one) => ts.flattenDiagnosticMessageText(one.messageText, "\n"));
  });
}

test("What the documents show in TypeScript compiles", () => {
  const paths = Object.keys(given);
  const programs = paths.map((path) => {
    const found = snippets(readFileSync(join(root, path), "utf8"));
    expect(found.length).toBeGreaterThan(0);
    return [given[path], ...found, "export {};"].join("\n");
  });
  const wrong = snippets("```ts\nimport { createClient } from \"df-chat-client\";\nawait createClient({ base: \"/\" }).chatRoomRetrieve({ id: 1 });\n```\n").join("\n");
  const errors = compile([...programs, wrong]);
  expect(Object.fromEntries(paths.map((path, i) => [path, errors[i]]))).toEqual(Object.fromEntries(paths.map((path) => [path, []])));
  expect(errors.at(-1)).toHaveLength(1); // which shows that what is wrong is noticed
});

test("No other document has snippets that nobody compiles", () => {
  for (const path of ["README.md", "docs/design.md", "docs/security.md", "docs/upgrading.md", "llms.txt"]) {
    expect([path, snippets(readFileSync(join(root, path), "utf8"))]).toEqual([path, []]);
  }
});
