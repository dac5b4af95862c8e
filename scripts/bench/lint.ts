// Measures `node dist/cli.js lint` against kubeconform, a validator of Kubernetes manifests in Go, on the same 1,600 files in the same
// run: each a process of its own, nothing cached on disk, in turn, medians. Run by `make bench-lint`, which builds both.
// kubeconform gets our published schemas, so both judge the same fields; it knows nothing of webhooks, and its time is the measure.

import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism, cpus, tmpdir } from "node:os";
import { join, resolve } from "node:path";

const ROOT = resolve(import.meta.dirname, "../..");
const DOCUMENTS = 1600;
const RUNS = 15;
/** Real manifests where they are beside the repository, else our own examples. */
const SOURCES = [
  resolve(ROOT, "../shared/corpus/manifests"),
  resolve(ROOT, "docs/rules"),
  resolve(ROOT, "test/fixtures/seed"),
];

const folder = mkdtempSync(join(tmpdir(), "bench-lint-"));
const manifests = writeManifests(join(folder, "manifests"));
const schemas = writeSchemas(join(folder, "schemas"));
const peer = [resolve(ROOT, ".cache/bin/kubeconform"), "-strict", "-ignore-missing-schemas", "-summary"];
const commands = {
  chaosgate: [process.execPath, resolve(ROOT, "dist/cli.js"), "lint", "--format", "json", manifests],
  kubeconform: [...peer, "-schema-location", `${schemas}/{{.ResourceKind}}.json`, manifests],
};
const seconds = measure(commands);
const ratio = seconds.chaosgate / seconds.kubeconform;
const machine = { cores: availableParallelism(), cpu: cpus()[0]?.model, node: process.version };
const figures = { documents: DOCUMENTS, runs: RUNS, seconds, ratio, peer: "kubeconform 0.7.0", machine };
mkdirSync(resolve(ROOT, ".bench"), { recursive: true });
writeFileSync(resolve(ROOT, ".bench/lint.json"), `${JSON.stringify(figures, undefined, 2)}\n`);
console.log(
  `chaosgate ${seconds.chaosgate.toFixed(3)} s, kubeconform ${seconds.kubeconform.toFixed(3)} s, ratio ${ratio.toFixed(2)} (.bench/lint.json)`,
);
rmSync(folder, { recursive: true });

/** In turn, so that whatever else the machine does meets both. */
function measure<Name extends string>(lines: Readonly<Record<Name, readonly string[]>>): Record<Name, number> {
  const names = Object.keys(lines) as Name[];
  const times = Object.fromEntries(names.map((name) => [name, [] as number[]])) as Record<Name, number[]>;
  for (let run = 0; run <= RUNS; run++) {
    process.stdout.write(`\rrun ${run} of ${RUNS}`);
    for (const name of names) {
      const took = timed(lines[name]);
      // The first run only brings the files into memory.
      if (run > 0) times[name].push(took);
    }
  }
  process.stdout.write("\r");
  return Object.fromEntries(names.map((name) => [name, median(times[name])])) as Record<Name, number>;
}

function timed([program = "", ...words]: readonly string[]): number {
  const began = process.hrtime.bigint();
  const { stdout, error } = spawnSync(program, words, { maxBuffer: 256 << 20 });
  if (error !== undefined) throw error;
  if (stdout.length === 0) throw new Error(`${program} has said nothing`);
  return Number(process.hrtime.bigint() - began) / 1e9;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

function writeManifests(to: string): string {
  mkdirSync(to);
  const texts = SOURCES.map(yamlIn).find((found) => found.length > 0) ?? [];
  for (let at = 0; at < DOCUMENTS; at++) writeFileSync(join(to, `${at}.yaml`), texts[at % texts.length] ?? "");
  return to;
}

/** The YAML files of a folder, or those in the fences of its pages. */
function yamlIn(from: string): readonly string[] {
  const names = readdirSync(from, { withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ name }) => name);
  return names.flatMap((name) => {
    const text = readFileSync(join(from, name), "utf8");
    if (/\.ya?ml$/.test(name)) return [text];
    return [...text.matchAll(/```yaml\n(apiVersion:.*?)```/gs)].map((fence) => fence[1] ?? "");
  });
}

function writeSchemas(to: string): string {
  const cli = resolve(ROOT, "dist/cli.js");
  const { status, stderr } = spawnSync(process.execPath, [cli, "schema", "--all", `${to}-ours`], { encoding: "utf8" });
  if (status !== 0) throw new Error(`chaosgate schema: ${stderr}`);
  mkdirSync(to);
  // kubeconform asks for a kind in lower case.
  for (const name of readdirSync(`${to}-ours`)) {
    const kind = name.replace(/\..*$/, "").toLowerCase();
    writeFileSync(join(to, `${kind}.json`), readFileSync(join(`${to}-ours`, name)));
  }
  return to;
}
