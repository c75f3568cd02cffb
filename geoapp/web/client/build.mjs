// Bundles the client into ../static: one file per page, MapLibre and rarely used tools in chunks of their own.
// Names carry a content hash; manifest.json says which file stands for which entry.
import { build } from "esbuild";
import { copyFileSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { basename, dirname, extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { catalogues, usedMessages } from "./messages.mjs";

const here = dirname(fileURLToPath(import.meta.url));
const out = join(here, "..", "static");
const fresh = join(here, "..", "static.new");
const watch = process.argv.includes("--debug");

rmSync(fresh, { recursive: true, force: true });
mkdirSync(fresh, { recursive: true });

const result = await build({
  absWorkingDir: here,
  entryPoints: {
    map: "src/map.ts",
    style: "src/style.css",
    plain: "src/plain.css",
    report: "src/report.ts",
    desk: "src/desk.ts",
    patrol: "src/patrol.ts",
    "report-worker": "src/report-worker.ts",
    "map-worker": "node_modules/maplibre-gl/dist/maplibre-gl-worker.mjs",
  },
  outdir: fresh,
  bundle: true,
  format: "esm",
  splitting: true,
  minify: !watch,
  sourcemap: watch ? "inline" : false,
  target: "es2022",
  entryNames: "[name]-[hash]",
  chunkNames: "[name]-[hash]",
  assetNames: "[name]-[hash]",
  metafile: true,
  logLevel: "warning",
  charset: "utf8",
  legalComments: "inline",
});

const manifest = {};
for (const [path, output] of Object.entries(result.metafile.outputs)) {
  const name = basename(path);
  if (output.entryPoint) {
    const stem = basename(name, extname(name)).replace(/-[A-Z0-9]{8}$/, "");
    manifest[stem + extname(name)] = name;
  }
}

// One dictionary per language, of the messages that the client says.
const used = usedMessages(join(here, "src"));
for (const [language, messages] of catalogues(join(here, "..", "translations"))) {
  const chosen = Object.fromEntries(used.filter((id) => messages[id]).map((id) => [id, messages[id]]));
  writeFileSync(join(fresh, `messages-${language}.json`), JSON.stringify(chosen));
}

// What sheets and hand-out pages carry inside them: a Chinese font for PDF, Leaflet for pages that open offline.
const modules = join(here, "node_modules");
const handedOut = {
  fonts: [
    "@expo-google-fonts/noto-sans-sc/400Regular/NotoSansSC_400Regular.ttf",
    "@expo-google-fonts/noto-sans-sc/700Bold/NotoSansSC_700Bold.ttf",
  ],
  leaflet: ["leaflet/dist/leaflet.js", "leaflet/dist/leaflet.css"],
};
for (const [folder, paths] of Object.entries(handedOut)) {
  mkdirSync(join(fresh, folder));
  for (const path of paths) copyFileSync(join(modules, path), join(fresh, folder, basename(path)));
}

writeFileSync(join(fresh, "manifest.json"), JSON.stringify(manifest, null, 1));
for (const name of readdirSync(fresh)) {
  if (/\.(js|css|json)$/.test(name)) {
    writeFileSync(join(fresh, `${name}.gz`), gzipSync(readFileSync(join(fresh, name)), { level: 9 }));
  }
}
rmSync(out, { recursive: true, force: true });
renameSync(fresh, out);

for (const [path, output] of Object.entries(result.metafile.outputs)) {
  if (output.bytes > 2000) console.log(`${basename(path).padEnd(40)} ${(output.bytes / 1024).toFixed(0).padStart(6)} KiB`);
}
