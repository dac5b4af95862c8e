// Bundles an entrypoint into one file that Node 24 runs as it is. Imports that the program defers stay deferred inside the one file.

import { resolve } from "node:path";
import { build } from "esbuild";

/** `entry` is a file of src/entrypoints; returns the bundle's size in bytes. */
export async function bundle(entry: string, outfile: string): Promise<number> {
  const { metafile } = await build({
    entryPoints: [resolve(import.meta.dirname, "../src/entrypoints", entry)],
    outfile,
    bundle: true,
    platform: "node",
    target: "node24",
    format: "esm",
    minify: true,
    metafile: true,
    logLevel: "error",
    // Some dependencies are CommonJS and ask for Node's own modules by require, which an ES module has to make for itself.
    banner: { js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);' },
  });
  return Object.values(metafile.outputs)[0]?.bytes ?? 0;
}

if (import.meta.main) {
  const [entry = "cli.ts", outfile = "dist/cli.js"] = process.argv.slice(2);
  console.log(`${outfile}: ${await bundle(entry, outfile)} bytes`);
}
