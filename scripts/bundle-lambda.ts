// Bundles src/entrypoints/lambda.ts into one file that a Lambda function of Node 24 runs as it is: `lambda.handler`.

import { resolve } from "node:path";
import { build } from "esbuild";

/** Writes the bundle and returns its size in bytes. Imports that the program defers stay deferred inside the one file. */
export async function bundleLambda(outfile: string): Promise<number> {
  const { metafile } = await build({
    entryPoints: [resolve(import.meta.dirname, "../src/entrypoints/lambda.ts")],
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
  const outfile = process.argv[2] ?? resolve(import.meta.dirname, "../.cache/lambda/lambda.mjs");
  console.log(`${outfile}: ${await bundleLambda(outfile)} bytes`);
}
