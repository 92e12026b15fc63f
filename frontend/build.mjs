// Makes the one file that the integration serves, and says how large it is. With --watch, again and again.
import { build, context } from "esbuild";
import { readFile } from "node:fs/promises";
import { gzipSync } from "node:zlib";

const FOLDER = "../custom_components/timmy_access/panel/dist";
const FILE = `${FOLDER}/timmy-access-panel.js`;
// On a phone behind a slow connection it is there within a second.
const MOST_BYTES = 80_000;

const options = {
  entryPoints: ["src/panel.ts"],
  outfile: FILE,
  bundle: true,
  format: "esm",
  target: "es2022",
  minify: true,
  sourcemap: true,
  legalComments: "none",
  tsconfig: "tsconfig.json",
  logLevel: "info",
};

if (process.argv.includes("--watch")) {
  await (await context(options)).watch();
} else {
  await build(options);
  const bytes = gzipSync(await readFile(FILE)).length;
  console.log(`${(bytes / 1000).toFixed(1)} kB gzipped of ${MOST_BYTES / 1000} kB`);
  if (bytes > MOST_BYTES) {
    console.error("The panel is too large.");
    process.exitCode = 1;
  }
}
