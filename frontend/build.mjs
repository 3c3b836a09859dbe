// Builds each entry by itself into src/lianfang/site/static/site/dist, under a name that never changes: a page loads only
// what it needs, and no file refers to another by a name made from its content. Called by tools/frontend.py.
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "vite";

const here = dirname(fileURLToPath(import.meta.url));
const out = resolve(here, "../src/lianfang/site/static/site/dist");
const ENTRIES = ["app", "map", "chart", "graph", "chains"];

rmSync(out, { recursive: true, force: true });
mkdirSync(out, { recursive: true });

for (const entry of ENTRIES) {
  await build({
    root: here,
    configFile: false,
    logLevel: "warn",
    publicDir: false,
    build: {
      outDir: out,
      emptyOutDir: false,
      target: "es2022",
      sourcemap: false,
      modulePreload: false,
      chunkSizeWarningLimit: 2000,
      rolldownOptions: {
        input: join(here, "src", `${entry}.ts`),
        output: { format: "es", entryFileNames: `${entry}.js`, assetFileNames: `${entry}[extname]`, codeSplitting: false },
        // htmx holds an eval for attributes that this application forbids (allowEval is off, and so says the page's policy).
        onLog: (level, log, say) => log.code === "EVAL" || say(level, log),
      },
    },
  });
}

// MapLibre runs its geometry in a worker; under a policy of script-src 'self' that has to be a file of its own.
// The comment naming its source map goes, since static files are checked for what they refer to.
const worker = readFileSync(join(here, "node_modules/maplibre-gl/dist/maplibre-gl-worker.mjs"), "utf-8");
writeFileSync(join(out, "map-worker.js"), worker.replace(/\n?\/\/# sourceMappingURL=.*\s*$/, "\n"));

// What is bundled is named with its licence.
const lock = JSON.parse(readFileSync(join(here, "package-lock.json"), "utf-8"));
const notices = [];
for (const [path, entry] of Object.entries(lock.packages)) {
  if (!path || entry.dev || entry.optional) continue;
  const folder = join(here, path);
  if (!existsSync(folder)) continue;
  const file = readdirSync(folder).find((name) => /^licen[cs]e/i.test(name));
  const text = file ? readFileSync(join(folder, file), "utf-8").trim() : "";
  notices.push(`${path.replace(/^.*node_modules\//, "")} ${entry.version} (${entry.license ?? "see below"})\n\n${text}`);
}
writeFileSync(join(out, "licences.txt"), notices.join(`\n\n${"-".repeat(80)}\n\n`) + "\n");
