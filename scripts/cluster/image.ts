// Writes a one-layer container image from files and folders of this machine, without a registry and without a builder. What a program is linked to goes in as well, so that nothing else is needed inside.

import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

export type ImageWish = {
  /** As a pod names it: registry, path and tag. */
  readonly name: string;
  readonly entrypoint: readonly string[];
  /** From a path of this machine (links are followed) to a path of the image. */
  readonly files: readonly { readonly source: string; readonly target: string }[];
  /** `NAME=value`. */
  readonly env?: readonly string[];
};

/** Writes an image that `ctr images import` takes (docker save's layout); returns its size in bytes. Needs tar and ldd. */
export function writeImage({ name, entrypoint, files, env = [] }: ImageWish, out: string): number {
  const folder = mkdtempSync(join(tmpdir(), "image-"));
  try {
    const root = join(folder, "root");
    for (const { source, target } of files) place(root, source, target);
    const layer = join(folder, "layer.tar");
    // The same files give the same bytes, so that an image that did not change is not imported anew.
    tar(layer, "--mtime=@0", "-C", root, ".");
    const diff = sha256(layer);
    const config = {
      architecture: "amd64",
      os: "linux",
      config: { Entrypoint: entrypoint, Env: ["PATH=/usr/sbin:/usr/bin:/sbin:/bin", ...env] },
      rootfs: { type: "layers", diff_ids: [`sha256:${diff}`] },
    };
    writeFileSync(join(folder, "config.json"), JSON.stringify(config));
    const manifest = [{ Config: "config.json", RepoTags: [name], Layers: ["layer.tar"] }];
    writeFileSync(join(folder, "manifest.json"), JSON.stringify(manifest));
    tar(out, "-C", folder, "manifest.json", "config.json", "layer.tar");
    return statSync(out).size;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function place(root: string, source: string, target: string): void {
  const real = realpathSync(source);
  const into = join(root, target);
  mkdirSync(dirname(into), { recursive: true });
  cpSync(real, into, { recursive: true, dereference: true });
  if (statSync(real).isFile()) for (const library of librariesOf(real)) placeLibrary(root, library);
  else for (const name of readdirSync(real)) if (name.endsWith(".so")) placeLibrariesOf(root, join(real, name));
}

function placeLibrariesOf(root: string, file: string): void {
  for (const library of librariesOf(file)) placeLibrary(root, library);
}

/** Where the program looks for it, which may be a link here and is a file there. */
function placeLibrary(root: string, library: string): void {
  const into = join(root, library);
  mkdirSync(dirname(into), { recursive: true });
  cpSync(realpathSync(library), into);
}

/** What ldd finds; nothing for scripts and static programs. */
function librariesOf(file: string): readonly string[] {
  try {
    const said = execFileSync("ldd", [file], { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });
    return [...said.matchAll(/(?:=> |^\s+)(\/\S+) \(0x/gm)].flatMap(([, path]) => (path === undefined ? [] : [path]));
  } catch {
    return []; // ldd refuses what is not dynamic
  }
}

function tar(out: string, ...words: readonly string[]): void {
  execFileSync("tar", ["--sort=name", "--owner=0", "--group=0", "--numeric-owner", "-cf", out, ...words]);
}

function sha256(file: string): string {
  return createHash("sha256").update(readFileSync(file)).digest("hex");
}
