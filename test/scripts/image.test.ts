import { mkdirSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { pack } from "../../scripts/image/oci.ts";
import { type CargoMetadata, sbomOf } from "../../scripts/image/sbom.ts";

const CONFIG = { reference: "docker.io/chaosgate/daemon:1", entrypoint: ["/a"], labels: {}, created: 0 };

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "chaosgate-image-"));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

function treeOf(name: string, files: Readonly<Record<string, string>>, age: number): string {
  const root = join(dir, name);
  mkdirSync(root);
  for (const [file, text] of Object.entries(files)) {
    writeFileSync(join(root, file), text);
    utimesSync(join(root, file), age, age);
  }
  return root;
}

function packed(name: string, files: Readonly<Record<string, string>>, age: number) {
  return pack(treeOf(name, files, age), CONFIG, join(dir, `${name}-layout`), join(dir, `${name}.tar`));
}

describe("an image", () => {
  it("is the same whenever and in whatever order its files were made, and another with another byte", () => {
    const first = packed("first", { a: "1", b: "2" }, 1000);
    const again = packed("again", { b: "2", a: "1" }, 2000);
    const other = packed("other", { a: "1", b: "3" }, 1000);
    expect(again).toEqual(first);
    expect(readFileSync(join(dir, "again.tar")).equals(readFileSync(join(dir, "first.tar")))).toBe(true);
    expect(other.digest).not.toBe(first.digest);
  });

  it("has a layout in which each descriptor names bytes of its digest and size", () => {
    const image = packed("one", { a: "1" }, 0);
    const blob = (digest: string): string =>
      readFileSync(join(dir, "one-layout/blobs", digest.replace(":", "/")), "utf8");
    const index = JSON.parse(readFileSync(join(dir, "one-layout/index.json"), "utf8"));
    expect(index.manifests[0]).toMatchObject({ digest: image.digest, size: Buffer.byteLength(blob(image.digest)) });
    const manifest = JSON.parse(blob(image.digest));
    expect(JSON.parse(blob(manifest.config.digest)).config.Entrypoint).toEqual(["/a"]);
    expect(manifest.layers[0].size).toBe(image.layerBytes);
  });
});

describe("the list of parts", () => {
  const crate = (name: string, source: string | null = "registry") => ({
    id: name,
    name,
    version: "1.0.0",
    license: "MIT/Apache-2.0",
    source,
  });
  const on = (pkg: string, kind: string | null) => ({ pkg, dep_kinds: [{ kind }] });
  const metadata: CargoMetadata = {
    packages: [crate("own", null), crate("linked"), crate("deeper"), crate("builds"), crate("tests")],
    resolve: {
      nodes: [
        { id: "own", deps: [on("linked", null), on("builds", "build"), on("tests", "dev")] },
        { id: "linked", deps: [on("deeper", null)] },
        { id: "deeper", deps: [] },
        { id: "builds", deps: [] },
        { id: "tests", deps: [] },
      ],
    },
  };
  const lock = '[[package]]\nname = "linked"\nversion = "1.0.0"\nchecksum = "abc"\n';

  it("names what is linked into the daemon and the packages that gave files, and neither builders nor tests", () => {
    const debian = [{ name: "iptables", version: "1.8.9-2", architecture: "amd64" }];
    const { components } = sbomOf(metadata, lock, debian, "own");
    expect(components.map(({ purl }) => purl)).toEqual([
      "pkg:cargo/deeper@1.0.0",
      "pkg:cargo/linked@1.0.0",
      "pkg:deb/debian/iptables@1.8.9-2?arch=amd64",
    ]);
    expect(components[1]).toMatchObject({
      hashes: [{ content: "abc" }],
      licenses: [{ expression: "MIT OR Apache-2.0" }],
    });
  });

  it("has a serial number of its content", () => {
    const serial = (lockfile: string) => sbomOf(metadata, lockfile, [], "own").serialNumber;
    expect(serial(lock)).toBe(serial(lock));
    expect(serial(lock)).not.toBe(serial(""));
    expect(serial(lock)).toMatch(/^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-a[0-9a-f]{3}-[0-9a-f]{12}$/);
  });
});
