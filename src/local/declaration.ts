// The services of a local cluster as somebody declares them in a file: YAML text enters, a declaration or every problem leaves.
// Never reads a file and never starts anything.

import { load } from "js-yaml";
import { FieldReader } from "./field-reader.ts";

export type Declaration = {
  readonly namespaces: readonly NamespaceDeclaration[];
  readonly services: readonly ServiceDeclaration[];
};

export type NamespaceDeclaration = {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  /** Whether experiments may hit it. */
  readonly consent: boolean;
};

export type ServiceDeclaration = {
  readonly name: string;
  readonly namespace: string;
  /** Kind of the workload that owns the pods: `Deployment` unless said otherwise. */
  readonly kind: string;
  readonly replicas: number;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  /** `node` as the first word is the Node that runs the cluster. */
  readonly command: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** Ports by name; `http` is the one that peers call, `metrics` the one that Prometheus scrapes. */
  readonly ports: Readonly<Record<string, number>>;
  readonly ready: Readiness;
  /** Where each replica finds an empty directory of its own. */
  readonly volume?: string;
};

export type Readiness =
  | { readonly kind: "http"; readonly port: number; readonly path: string }
  | { readonly kind: "tcp"; readonly port: number };

export type Declared =
  | { readonly ok: true; readonly declaration: Declaration }
  | { readonly ok: false; readonly problems: readonly string[] };

const MAX_CHARACTERS = 262_144;
const MAX_SERVICES = 50;
const MAX_REPLICAS = 100;

/** Parses a declaration; every problem names its place and what would be right. */
export function parseDeclaration(text: string): Declared {
  const reader = new FieldReader();
  const declaration = readDeclaration(reader, yamlOf(text, reader));
  return reader.problems.length === 0 ? { ok: true, declaration } : { ok: false, problems: reader.problems };
}

function yamlOf(text: string, reader: FieldReader): unknown {
  if (text.length > MAX_CHARACTERS) {
    reader.complain("", `is ${text.length} characters long; ${MAX_CHARACTERS} are allowed`);
    return {};
  }
  try {
    return load(text, { maxDepth: 20 });
  } catch (thrown) {
    // js-yaml's own exceptions and stack overflows alike mean that this is not usable YAML.
    reader.complain("", `is not YAML: ${String(thrown).split("\n")[0]}`);
    return {};
  }
}

function readDeclaration(reader: FieldReader, root: unknown): Declaration {
  const fields = reader.record("", root, ["namespaces", "services"]);
  const namespaces = reader
    .list("namespaces", fields.namespaces, MAX_SERVICES)
    .map((item, index) => readNamespace(reader, `namespaces[${index}]`, item));
  const services = reader
    .list("services", fields.services, MAX_SERVICES)
    .map((item, index) => readService(reader, `services[${index}]`, item));
  const known = new Set(namespaces.map(({ name }) => name));
  for (const [index, { namespace }] of services.entries()) {
    if (!known.has(namespace)) reader.complain(`services[${index}].namespace`, "must be one of namespaces[].name");
  }
  complainOfTwins(reader, services);
  return { namespaces, services };
}

function readNamespace(reader: FieldReader, path: string, item: unknown): NamespaceDeclaration {
  const fields = reader.record(path, item, ["name", "labels", "consent"]);
  return {
    name: reader.dnsLabel(`${path}.name`, fields.name),
    labels: reader.strings(`${path}.labels`, fields.labels),
    consent: reader.flag(`${path}.consent`, fields.consent, false),
  };
}

const SERVICE_FIELDS = [
  "name",
  "namespace",
  "kind",
  "replicas",
  "labels",
  "annotations",
  "command",
  "env",
  "ports",
  "ready",
  "volume",
];

function readService(reader: FieldReader, path: string, item: unknown): ServiceDeclaration {
  const fields = reader.record(path, item, SERVICE_FIELDS);
  const at = (field: string): string => `${path}.${field}`;
  return {
    name: reader.dnsLabel(at("name"), fields.name),
    namespace: reader.dnsLabel(at("namespace"), fields.namespace),
    kind: reader.text(at("kind"), fields.kind, "Deployment"),
    replicas: reader.count(at("replicas"), fields.replicas ?? 1, MAX_REPLICAS),
    labels: reader.strings(at("labels"), fields.labels),
    annotations: reader.strings(at("annotations"), fields.annotations),
    command: reader.words(at("command"), fields.command),
    env: reader.strings(at("env"), fields.env),
    ports: reader.ports(at("ports"), fields.ports),
    ready: readReadiness(reader, at("ready"), fields.ready),
    ...(fields.volume === undefined ? {} : { volume: readVolume(reader, at("volume"), fields.volume) }),
  };
}

/** Below /run, which is the sandbox's own: a directory that is made there is left nowhere. */
function readVolume(reader: FieldReader, path: string, item: unknown): string {
  const volume = reader.text(path, item, "");
  if (!/^(\/[A-Za-z0-9_-]{1,40}){2,4}$/.test(volume) || !volume.startsWith("/run/"))
    reader.complain(path, "must be a directory below /run, such as /run/ledger");
  return volume;
}

function readReadiness(reader: FieldReader, path: string, item: unknown): Readiness {
  const fields = reader.record(path, item, ["port", "path"]);
  const port = reader.port(`${path}.port`, fields.port);
  if (fields.path === undefined) return { kind: "tcp", port };
  return { kind: "http", port, path: reader.text(`${path}.path`, fields.path, "/") };
}

function complainOfTwins(reader: FieldReader, services: readonly ServiceDeclaration[]): void {
  const seen = new Set<string>();
  for (const [index, { namespace, name }] of services.entries()) {
    const key = `${namespace}/${name}`;
    if (seen.has(key)) reader.complain(`services[${index}]`, `${key} is declared twice`);
    seen.add(key);
  }
}
