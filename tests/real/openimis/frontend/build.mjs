// Bundles the front end into one script beside its page: node build.mjs FOLDER

import { cp, mkdir } from "node:fs/promises";
import { join } from "node:path";
import { build } from "esbuild";

const folder = process.argv[2];
await mkdir(folder, { recursive: true });
await cp("src/index.html", join(folder, "index.html"));
await build({
  entryPoints: ["src/index.jsx"],
  outfile: join(folder, "app.js"),
  bundle: true,
  minify: true,
  logLevel: "error",
  mainFields: ["module", "browser", "main"],
  jsx: "transform",
  loader: { ".js": "jsx", ".svg": "dataurl", ".png": "dataurl" },
  define: { "process.env.NODE_ENV": '"production"', "process.env.PUBLIC_URL": '"/front"', "process.env.REACT_APP_API_URL": '"/api"' },
  // fe-core reads lodash and the name of its own module as if they were global.
  inject: ["src/lodash.js"],
  banner: { js: 'var module = "core";' },
});
