// An image in OCI's layout (image-spec v1.1) from a directory: one layer, one config, one manifest, one index, in one archive that
// `ctr images import`, `skopeo` and `docker load` read. The same files make the same bytes, whoever packs them and when.

import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";

export type ImageConfig = {
  /** As `repository:tag`; a runtime names the image so when it imports it. */
  readonly reference: string;
  readonly entrypoint: readonly string[];
  readonly labels: Readonly<Record<string, string>>;
  /** Seconds since 1970. A build that is to be repeated takes it from outside. */
  readonly created: number;
};

export type Image = {
  /** Of the manifest: what a cluster pins. */
  readonly digest: string;
  /** Of the config: what a container runtime calls the image's id. */
  readonly id: string;
  readonly layerBytes: number;
  readonly unpackedBytes: number;
};

type Descriptor = { readonly mediaType: string; readonly digest: string; readonly size: number };

const LARGEST = 256 * 1024 * 1024;

/** Writes the layout into `dir`, anew, and the archive of it to `archive`. */
export function pack(root: string, config: ImageConfig, dir: string, archive: string): Image {
  rmSync(dir, { recursive: true, force: true });
  mkdirSync(join(dir, "blobs/sha256"), { recursive: true });
  const tar = archiveOf(root, config.created);
  const layer = store(dir, "application/vnd.oci.image.layer.v1.tar+gzip", compress(tar));
  const described = store(dir, "application/vnd.oci.image.config.v1+json", json(configOf(config, sha256(tar))));
  const manifest = store(dir, "application/vnd.oci.image.manifest.v1+json", json(manifestOf(config, described, layer)));
  writeFileSync(join(dir, "oci-layout"), json({ imageLayoutVersion: "1.0.0" }));
  writeFileSync(join(dir, "index.json"), json(indexOf(config, manifest)));
  writeFileSync(archive, archiveOf(dir, config.created));
  return { digest: manifest.digest, id: described.digest, layerBytes: layer.size, unpackedBytes: tar.length };
}

/** GNU's format has no field that tells of the machine once owner, time, order and mode are given. */
function archiveOf(dir: string, created: number): Buffer {
  const fixed = [
    "--sort=name",
    `--mtime=@${created}`,
    "--owner=0",
    "--group=0",
    "--numeric-owner",
    "--mode=u+rw,go=rX",
  ];
  return execFileSync("tar", ["--format=gnu", ...fixed, "-C", dir, "-cf", "-", "."], { maxBuffer: LARGEST });
}

/** The tenth byte of gzip's header names the system that packed; zlib writes no time. */
function compress(tar: Buffer): Buffer {
  const zipped = gzipSync(tar, { level: 9 });
  zipped[9] = 255;
  return zipped;
}

function configOf(config: ImageConfig, diffId: string): object {
  const created = new Date(config.created * 1000).toISOString();
  return {
    created,
    architecture: "amd64",
    os: "linux",
    config: {
      Entrypoint: config.entrypoint,
      Env: ["PATH=/usr/sbin"],
      Labels: config.labels,
      WorkingDir: "/",
    },
    rootfs: { type: "layers", diff_ids: [diffId] },
    history: [{ created, created_by: "scripts/image/build.ts" }],
  };
}

function manifestOf(config: ImageConfig, described: Descriptor, layer: Descriptor): object {
  return {
    schemaVersion: 2,
    mediaType: "application/vnd.oci.image.manifest.v1+json",
    config: described,
    layers: [layer],
    annotations: config.labels,
  };
}

function indexOf({ reference }: ImageConfig, manifest: Descriptor): object {
  const annotations = {
    "io.containerd.image.name": reference,
    "org.opencontainers.image.ref.name": reference.slice(reference.lastIndexOf(":") + 1),
  };
  const platform = { architecture: "amd64", os: "linux" };
  return {
    schemaVersion: 2,
    mediaType: "application/vnd.oci.image.index.v1+json",
    manifests: [{ ...manifest, annotations, platform }],
  };
}

function store(dir: string, mediaType: string, bytes: Buffer | string): Descriptor {
  const digest = sha256(bytes);
  writeFileSync(join(dir, "blobs", digest.replace(":", "/")), bytes);
  return { mediaType, digest, size: Buffer.byteLength(bytes) };
}

function sha256(bytes: Buffer | string): string {
  return `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
}

function json(value: unknown): string {
  return `${JSON.stringify(value)}\n`;
}
