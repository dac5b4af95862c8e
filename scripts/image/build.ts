// build.ts [OUT]: the node daemon's image from nothing, without a registry and without a container runtime: a static daemon, iptables
// with its libraries, the licences of both, and the list of all parts. Writes OUT/{layout,daemon.oci.tar,sbom.cdx.json,image.json}.

import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { type Image, pack } from "./oci.ts";
import { type CargoMetadata, sbomOf } from "./sbom.ts";
import { layTree } from "./tree.ts";

const ROOT = resolve(import.meta.dirname, "../..");
const TARGET = "x86_64-unknown-linux-gnu";
const VERSION = /^version = "(.+)"$/m.exec(readFileSync(join(ROOT, "daemon/Cargo.toml"), "utf8"))?.[1] ?? "0";

const LABELS = {
  "org.opencontainers.image.title": "chaosgated",
  "org.opencontainers.image.description": "The node daemon of chaosgate",
  "org.opencontainers.image.version": VERSION,
  "org.opencontainers.image.licenses": "Apache-2.0 AND GPL-2.0-or-later AND LGPL-2.1-or-later",
};

/** Everything under `out`; the daemon is compiled in `target`, which decides nothing about its bytes. */
export function buildImage(out: string, target: string): Image {
  mkdirSync(out, { recursive: true });
  const tree = layTree(join(out, "root"), staticDaemon(target));
  const bom = `${JSON.stringify(sbomOf(cargoMetadata(), readFileSync(join(ROOT, "Cargo.lock"), "utf8"), tree.packages, "chaosgated"), undefined, 1)}\n`;
  mkdirSync(join(tree.root, "usr/share/chaosgate"), { recursive: true });
  for (const file of [join(tree.root, "usr/share/chaosgate/sbom.cdx.json"), join(out, "sbom.cdx.json")])
    writeFileSync(file, bom);
  const config = {
    reference: `docker.io/chaosgate/daemon:${VERSION}`,
    entrypoint: ["/chaosgated"],
    labels: LABELS,
    created: Number(process.env.SOURCE_DATE_EPOCH ?? 0),
  };
  const image = pack(tree.root, config, join(out, "layout"), join(out, "daemon.oci.tar"));
  writeFileSync(join(out, "image.json"), `${JSON.stringify({ reference: config.reference, ...image })}\n`);
  return image;
}

/** glibc's static start-up files and no loader; paths of this machine are mapped away, because panics would tell them. */
function staticDaemon(target: string): string {
  const cargoHome = process.env.CARGO_HOME ?? join(homedir(), ".cargo");
  const flags = [
    "-Ctarget-feature=+crt-static",
    `--remap-path-prefix=${ROOT}=/chaosgate`,
    `--remap-path-prefix=${cargoHome}=/cargo`,
    // Code that the contracts were compiled to lies there. The last that fits counts, and the folder may be in the first.
    `--remap-path-prefix=${target}=/target`,
  ];
  const env = {
    ...process.env,
    CARGO_ENCODED_RUSTFLAGS: flags.join("\u001f"),
    CARGO_TARGET_DIR: target,
    CARGO_INCREMENTAL: "0",
  };
  const words = ["build", "--release", "--locked", "--quiet", "--bin", "chaosgated", "--target", TARGET];
  execFileSync("cargo", words, { cwd: ROOT, env, stdio: ["ignore", "inherit", "inherit"] });
  return join(target, TARGET, "release/chaosgated");
}

function cargoMetadata(): CargoMetadata {
  const words = ["metadata", "--format-version", "1", "--locked", "--filter-platform", TARGET];
  return JSON.parse(
    execFileSync("cargo", words, { cwd: ROOT, encoding: "utf8", maxBuffer: 64 * 1024 * 1024 }),
  ) as CargoMetadata;
}

if (import.meta.main) {
  const out = resolve(process.argv[2] ?? ".cache/image");
  const image = buildImage(out, process.env.CARGO_TARGET_DIR ?? join(ROOT, ".cache/target"));
  const mib = (bytes: number): string => `${(bytes / 1024 / 1024).toFixed(1)} MiB`;
  const daemon = statSync(join(out, "root/chaosgated")).size;
  console.log(
    `${join(out, "daemon.oci.tar")}: ${mib(image.layerBytes)} packed, ${mib(image.unpackedBytes)} unpacked, daemon ${mib(daemon)}`,
  );
  console.log(`manifest ${image.digest}`);
}
