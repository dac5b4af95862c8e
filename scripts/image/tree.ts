// The files of the daemon's image: the daemon, and the iptables programs of this machine's Debian with what they load. No shell, no
// package manager, no other program. What enters are files of this machine; what leaves is a directory and the list of what is in it.

import { execFileSync } from "node:child_process";
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  realpathSync,
  rmSync,
  symlinkSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";

/** A Debian package that gave the image a file. */
export type DebianPackage = { readonly name: string; readonly version: string; readonly architecture: string };

export type Tree = { readonly root: string; readonly packages: readonly DebianPackage[] };

const SBIN = "/usr/sbin";
const PROGRAMS = ["xtables-nft-multi", "xtables-legacy-multi"] as const;
/** All of them: who lists a table must be able to read the rules of others in it. */
const EXTENSIONS = "/usr/lib/x86_64-linux-gnu/xtables";
const LIBRARIES = "usr/lib/x86_64-linux-gnu";
const LOADER = "usr/lib64/ld-linux-x86-64.so.2";
// biome-ignore lint/suspicious/noTemplateCurlyInString: these are words of dpkg-query
const FORMAT = "-f=${Package} ${Version} ${Architecture}\n";

/** Lays the tree out anew under `root`. */
export function layTree(root: string, daemon: string): Tree {
  rmSync(root, { recursive: true, force: true });
  // Mount points that must be there when the root is read-only; /run takes the lock that every iptables of the node shares.
  for (const dir of ["proc", "sys", "dev", "run", "tmp", "usr/sbin", LIBRARIES, "usr/lib64", "etc"])
    makeDir(join(root, dir));
  for (const dir of ["lib", "lib64", "sbin"]) symlinkSync(`usr/${dir}`, join(root, dir));
  put(daemon, join(root, "chaosgated"));
  const sources = [...PROGRAMS.map((program) => join(SBIN, program)), ...extensions()];
  for (const program of PROGRAMS) put(join(SBIN, program), join(root, "usr/sbin", program));
  nameFamilies(root);
  for (const file of extensions()) put(file, join(root, EXTENSIONS, basename(file)));
  const libraries = librariesOf(sources);
  for (const file of libraries) put(file, join(root, isLoader(file) ? LOADER : join(LIBRARIES, basename(file))));
  const packages = packagesOf([...sources, ...libraries]);
  for (const { name } of packages) keepLicence(root, name);
  return { root, packages };
}

function nameFamilies(root: string): void {
  for (const kind of ["nft", "legacy"]) {
    for (const family of ["iptables", "ip6tables"]) {
      for (const ending of ["", "-save", "-restore"])
        symlinkSync(`xtables-${kind}-multi`, join(root, "usr/sbin", `${family}-${kind}${ending}`));
    }
  }
}

function extensions(): readonly string[] {
  const found = readdirSync(EXTENSIONS)
    .filter((name) => name.endsWith(".so"))
    .sort();
  return found.map((name) => join(EXTENSIONS, name));
}

/** Paths as the loader finds them, by name and not by what a link leads to. */
function librariesOf(files: readonly string[]): readonly string[] {
  const said = files.map((file) => execFileSync("ldd", [file], { encoding: "utf8", env: { LC_ALL: "C" } })).join("\n");
  const named = [...said.matchAll(/^\s+(?:\S+ => )?(\/\S+) \(0x/gm)].map((match) => match[1] ?? "");
  return [...new Set(named)].sort();
}

function isLoader(file: string): boolean {
  return basename(file) === basename(LOADER);
}

function packagesOf(files: readonly string[]): readonly DebianPackage[] {
  const owners = new Set(files.map(ownerOf));
  const shown = execFileSync("dpkg-query", ["-W", FORMAT, ...owners], {
    encoding: "utf8",
  });
  const lines = shown.trim().split("\n").sort();
  return lines.map((line) => {
    const [name = "", version = "", architecture = ""] = line.split(" ");
    return { name, version, architecture };
  });
}

/** Packages of before the merge of / and /usr list their files without the latter. */
function ownerOf(file: string): string {
  const real = realpathSync(file);
  const names = [real, real.replace(/^\/usr/, ""), file];
  for (const name of names) {
    try {
      return (
        execFileSync("dpkg-query", ["-S", name], { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }).split(
          ": ",
        )[0] ?? ""
      );
    } catch {
      // Asked for by its other name next.
    }
  }
  throw new Error(`image: no Debian package owns ${file}; run make packages`);
}

function keepLicence(root: string, name: string): void {
  const file = `/usr/share/doc/${name}/copyright`;
  // A slimmed Debian has none to give.
  if (existsSync(file)) put(realpathSync(file), join(root, file), 0o644);
}

function put(from: string, to: string, mode = 0o755): void {
  makeDir(dirname(to));
  copyFileSync(realpathSync(from), to);
  chmodSync(to, mode);
}

function makeDir(dir: string): void {
  mkdirSync(dir, { recursive: true });
}
