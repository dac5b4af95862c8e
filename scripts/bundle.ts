// Bundles an entrypoint for Node 24: into one file, or into an entry with the parts that it loads when they are needed.

import { rmSync } from "node:fs";
import { join, parse, resolve } from "node:path";
import { build } from "esbuild";

const COMMON = {
  bundle: true,
  platform: "node",
  target: "node24",
  format: "esm",
  minify: true,
  metafile: true,
  logLevel: "error",
  // Some dependencies are CommonJS and ask for Node's own modules by require, which an ES module has to make for itself.
  banner: { js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);' },
} as const;

/** `entry` is a file of src/entrypoints; returns the bundle's size in bytes. Deferred imports stay deferred inside the one file. */
export async function bundle(entry: string, outfile: string): Promise<number> {
  const { metafile } = await build({ ...COMMON, entryPoints: [sourceOf(entry)], outfile });
  return bytesOf(metafile);
}

/**
 * As `bundle`, but what the program defers lies in files of its own, in a folder beside `outfile`: Node reads and compiles the
 * Kubernetes client, four fifths of the whole, only for a command that asks a cluster. Returns the size of all of them in bytes.
 */
export async function bundleInParts(entry: string, outfile: string): Promise<number> {
  const { dir, name, ext } = parse(resolve(outfile));
  // Parts are named by their content, so those of the last build would stay.
  rmSync(join(dir, name), { recursive: true, force: true });
  const { metafile } = await build({
    ...COMMON,
    entryPoints: { [name]: sourceOf(entry) },
    outdir: dir,
    outExtension: { ".js": ext },
    chunkNames: `${name}/[name]-[hash]`,
    splitting: true,
  });
  return bytesOf(metafile);
}

function sourceOf(entry: string): string {
  return resolve(import.meta.dirname, "../src/entrypoints", entry);
}

function bytesOf({ outputs }: { readonly outputs: Readonly<Record<string, { readonly bytes: number }>> }): number {
  return Object.values(outputs).reduce((sum, { bytes }) => sum + bytes, 0);
}

if (import.meta.main) {
  const [entry = "cli.ts", outfile = "dist/cli.js"] = process.argv.slice(2);
  console.log(`${outfile}: ${await bundleInParts(entry, outfile)} bytes`);
}
