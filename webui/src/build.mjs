// Builds ../dist, which the Go package embeds, from this folder: node build.mjs [--check].
// With --check nothing is written, and it fails when the folder differs from what it would be.
import { build, transform } from "esbuild";
import fs from "node:fs";
import path from "node:path";
import { gzipSync } from "node:zlib";

const here = import.meta.dirname, dist = path.join(here, "..", "dist");
const check = process.argv.includes("--check");

// Styles are texts that the component puts into its shadow root.
const css = {
  name: "css",
  setup(b) {
    b.onLoad({ filter: /\.css$/ }, async ({ path: file }) => {
      const { code } = await transform(fs.readFileSync(file, "utf8"), { loader: "css", minify: true, target: "es2022" });
      return { loader: "text", contents: code.trim() };
    });
  },
};

const result = await build({
  absWorkingDir: here, entryPoints: { "df-chat": "df-chat.tsx" }, outdir: dist, write: false, metafile: true,
  bundle: true, splitting: true, minify: true, format: "esm", target: "es2022", charset: "utf8",
  jsx: "automatic", jsxImportSource: "preact", plugins: [css], legalComments: "none", chunkNames: "[name]-[hash]",
  alias: { "df-chat-client": path.join(here, "../../clients/typescript/src/index.ts") },
});

const made = new Map(result.outputFiles.map((f) => [path.basename(f.path), Buffer.from(f.contents)]));
const page = await transform(fs.readFileSync(path.join(here, "style/page.css"), "utf8"), { loader: "css", minify: true });
made.set("page.css", Buffer.from(page.code));
made.set("icon.svg", fs.readFileSync(path.join(here, "icon.svg")));
made.set("LICENSES.txt", Buffer.from(licences()));

if (check) {
  const had = new Map(fs.readdirSync(dist).map((name) => [name, fs.readFileSync(path.join(dist, name))]));
  const differ = [...new Set([...made.keys(), ...had.keys()])].filter((name) => !had.get(name)?.equals(made.get(name) ?? Buffer.alloc(0)));
  if (differ.length) {
    console.error(`webui/dist differs from what its sources make: ${differ.join(", ")}. Run "make webui".`);
    process.exit(1);
  }
} else {
  fs.rmSync(dist, { recursive: true, force: true });
  fs.mkdirSync(dist);
  for (const [name, content] of made) fs.writeFileSync(path.join(dist, name), content);
}
for (const [name, content] of made) console.log(name.padEnd(24), content.length, "bytes,", gzipSync(content, { level: 9 }).length, "with gzip");
if (process.argv.includes("--parts")) {
  for (const output of Object.values(result.metafile.outputs)) {
    for (const [file, { bytesInOutput }] of Object.entries(output.inputs).sort((a, b) => b[1].bytesInOutput - a[1].bytesInOutput)) console.log(String(bytesInOutput).padStart(8), file);
  }
}

// licences are those of everything in the build that is not this library's own.
function licences() {
  const packages = new Set();
  for (const file of Object.keys(result.metafile.inputs)) {
    const found = /node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(file);
    if (found) packages.add(found[1]);
  }
  const texts = [...packages].sort().map((name) => {
    const folder = path.join(here, "node_modules", name);
    const { version } = JSON.parse(fs.readFileSync(path.join(folder, "package.json"), "utf8"));
    const file = fs.readdirSync(folder).find((f) => /^licen[cs]e/i.test(f));
    return `${name} ${version}\n\n${fs.readFileSync(path.join(folder, file), "utf8").trim()}\n`;
  });
  texts.push(`Unicode's list of emoji, and their names of its CLDR\n\n${fs.readFileSync(path.join(here, "../../internal/emoji/LICENSE-UNICODE"), "utf8").trim()}\n`);
  return "What the files of this folder have of others, and under which licences.\n\n" + texts.join("\n" + "-".repeat(72) + "\n\n");
}
