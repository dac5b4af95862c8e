// What is in the daemon's image, as CycloneDX 1.5 reads: every crate that is compiled into the daemon, as cargo resolves it for this
// platform, and every Debian package that gave a file. Pure; nothing of the time or the machine is in it, so it repeats like the image.

import { createHash } from "node:crypto";
import type { DebianPackage } from "./tree.ts";

/** The part of `cargo metadata --format-version 1` that is read here. */
export type CargoMetadata = {
  readonly packages: readonly CargoPackage[];
  readonly resolve: {
    readonly nodes: readonly {
      readonly id: string;
      readonly deps: readonly {
        readonly pkg: string;
        readonly dep_kinds: readonly { readonly kind: string | null }[];
      }[];
    }[];
  };
};

type CargoPackage = {
  readonly id: string;
  readonly name: string;
  readonly version: string;
  readonly license: string | null;
  /** Null for what lies in this repository. */
  readonly source: string | null;
};

export type Sbom = { readonly components: readonly Component[]; readonly [key: string]: unknown };

type Component = {
  readonly type: "library" | "application";
  readonly "bom-ref": string;
  readonly name: string;
  readonly version: string;
  readonly purl: string;
  readonly licenses?: readonly [{ readonly expression: string }];
  readonly hashes?: readonly [{ readonly alg: "SHA-256"; readonly content: string }];
};

/** `lock` is the text of Cargo.lock, which has the crates' checksums. */
export function sbomOf(metadata: CargoMetadata, lock: string, debian: readonly DebianPackage[], root: string): Sbom {
  const byId = new Map(metadata.packages.map((found) => [found.id, found]));
  const own = metadata.packages.find(({ name, source }) => name === root && source === null);
  if (own === undefined) throw new Error(`sbom: cargo knows no package ${root} here`);
  const linked = linkedInto(metadata, own.id);
  const crates = [...linked].flatMap((id) => byId.get(id) ?? []).filter(({ id }) => id !== own.id);
  const checksums = checksumsOf(lock);
  const components = [...crates.map((crate) => componentOf(crate, checksums)), ...debian.map(ofDebian)];
  components.sort((a, b) => (a.purl < b.purl ? -1 : 1));
  const body = {
    metadata: { component: { ...componentOf(own, checksums), type: "application" as const } },
    components,
    dependencies: dependenciesOf(metadata, linked, byId),
  };
  return {
    bomFormat: "CycloneDX",
    specVersion: "1.5",
    serialNumber: serialOf(JSON.stringify(body)),
    version: 1,
    ...body,
  };
}

/** Crates that end up in the binary: neither those of tests nor those that only build others. */
function linkedInto(metadata: CargoMetadata, from: string): ReadonlySet<string> {
  const nodes = new Map(metadata.resolve.nodes.map((node) => [node.id, node]));
  const reached = new Set<string>([from]);
  for (const id of reached) for (const next of linkedBy(nodes.get(id))) reached.add(next);
  return reached;
}

function linkedBy(node: CargoMetadata["resolve"]["nodes"][number] | undefined): readonly string[] {
  const isLinked = (kinds: readonly { readonly kind: string | null }[]): boolean =>
    kinds.some(({ kind }) => kind === null);
  return (node?.deps ?? []).filter(({ dep_kinds }) => isLinked(dep_kinds)).map(({ pkg }) => pkg);
}

function componentOf(found: CargoPackage, checksums: ReadonlyMap<string, string>): Component {
  const purl = purlOf(found);
  const checksum = checksums.get(`${found.name} ${found.version}`);
  return {
    type: "library",
    "bom-ref": purl,
    name: found.name,
    version: found.version,
    purl,
    // Crates of before SPDX's expressions wrote a slash for "or".
    ...(found.license === null ? {} : { licenses: [{ expression: found.license.replaceAll("/", " OR ") }] as const }),
    ...(checksum === undefined ? {} : { hashes: [{ alg: "SHA-256", content: checksum }] as const }),
  };
}

function purlOf({ name, version }: CargoPackage): string {
  return `pkg:cargo/${name}@${encodeURIComponent(version)}`;
}

function ofDebian({ name, version, architecture }: DebianPackage): Component {
  const purl = `pkg:deb/debian/${name}@${encodeURIComponent(version)}?arch=${architecture}`;
  return { type: "library", "bom-ref": purl, name, version, purl };
}

function dependenciesOf(
  metadata: CargoMetadata,
  linked: ReadonlySet<string>,
  byId: ReadonlyMap<string, CargoPackage>,
): readonly { readonly ref: string; readonly dependsOn: readonly string[] }[] {
  const purl = (id: string): readonly string[] =>
    [byId.get(id)].flatMap((found) => (found === undefined ? [] : [purlOf(found)]));
  const nodes = metadata.resolve.nodes.filter(({ id }) => linked.has(id));
  const found = nodes.flatMap((node) =>
    purl(node.id).map((ref) => ({ ref, dependsOn: [...new Set(linkedBy(node).flatMap(purl))].sort() })),
  );
  return found.sort((a, b) => (a.ref < b.ref ? -1 : 1));
}

function checksumsOf(lock: string): ReadonlyMap<string, string> {
  const blocks = lock.split("[[package]]").slice(1);
  const value = (block: string, key: string): string => new RegExp(`^${key} = "([^"]*)"`, "m").exec(block)?.[1] ?? "";
  const pairs = blocks.map(
    (block) => [`${value(block, "name")} ${value(block, "version")}`, value(block, "checksum")] as const,
  );
  return new Map(pairs.filter(([, checksum]) => checksum !== ""));
}

/** A UUID of version 8 (RFC 9562) from the content, so that another content is another document. */
function serialOf(content: string): string {
  const hex = createHash("sha256").update(content).digest("hex");
  return `urn:uuid:${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
