import type { ManifestDocument } from "../../src/manifest/document.ts";
import { parseManifestFile } from "../../src/manifest/parse.ts";

const SELECTING = `  selector:
    namespaces: [shop]
    labelSelectors: { app: checkout }
`;

/** A NetworkChaos that the cluster accepts, with spec lines added or, where the key is there already, replaced. */
export function networkChaos(...lines: readonly string[]): string {
  return chaos("NetworkChaos", ["action: delay", "mode: one", "duration: 5m", "delay: { latency: 100ms }"], lines);
}

/** A PodChaos that the cluster accepts, with spec lines added or replaced. */
export function podChaos(...lines: readonly string[]): string {
  return chaos("PodChaos", ["action: pod-failure", "mode: one", "duration: 5m"], lines);
}

const SPECS: Readonly<Record<string, readonly string[]>> = {
  IOChaos: ["action: latency", "delay: 100ms", "volumePath: /data"],
  TimeChaos: ["timeOffset: -10m"],
  StressChaos: ["stressors: { cpu: { workers: 1, load: 50 } }"],
  HTTPChaos: ["target: Request", "port: 8080", "abort: true"],
  DNSChaos: ["action: error"],
  JVMChaos: ["action: gc"],
  KernelChaos: ["failKernRequest: { failtype: 0 }"],
  BlockChaos: ["action: delay", "delay: { latency: 1ms }", "volumeName: data"],
};

/** An experiment of a further kind that hits pods, which the cluster accepts, with spec lines added or replaced. */
export function experimentOf(kind: string, ...lines: readonly string[]): string {
  return chaos(kind, ["mode: one", "duration: 5m", ...(SPECS[kind] ?? [])], lines);
}

/** An object without a selector of its own, with the lines of its spec. */
export function plain(kind: string, ...lines: readonly string[]): string {
  return header(kind) + specOf([], lines);
}

/** A Schedule of a pod-kill, with spec lines added or replaced. */
export function schedule(...lines: readonly string[]): string {
  const block =
    "podChaos: { action: pod-kill, mode: one, selector: { namespaces: [shop], labelSelectors: { app: checkout } } }";
  return header("Schedule") + specOf(["schedule: '*/30 * * * *'", "type: PodChaos", block], lines);
}

/** The one document of a text. */
export function judge(text: string): ManifestDocument {
  const file = parseManifestFile("chaos.yaml", text);
  const [document] = file.documents;
  if (document === undefined)
    throw new Error(`no chaos document: ${file.problems.map(({ message }) => message).join(" ")}`);
  return document;
}

/** The codes of what is wrong with the one document of a text. */
export function problemCodes(text: string): readonly string[] {
  return judge(text).problems.map(({ code }) => code);
}

/** The codes of the traps in the one document of a text. */
export function findingCodes(text: string): readonly string[] {
  const { problems, findings } = judge(text);
  if (problems.length > 0) throw new Error(`refused: ${problems.map(({ message }) => message).join(" ")}`);
  return findings.map(({ code }) => code);
}

function chaos(kind: string, base: readonly string[], lines: readonly string[]): string {
  const replacesSelector = lines.some((line) => line.startsWith("selector:"));
  return header(kind) + specOf(base, lines) + (replacesSelector ? "" : SELECTING);
}

function header(kind: string): string {
  return `apiVersion: chaos-mesh.org/v1alpha1\nkind: ${kind}\nmetadata:\n  name: slow-payment\n  namespace: shop\nspec:\n`;
}

/** A line such as `-delay` removes the line of that key. */
function specOf(base: readonly string[], lines: readonly string[]): string {
  const replaced = new Set(lines.map((line) => keyOf(line.replace(/^-/, ""))));
  const kept = base.filter((line) => !replaced.has(keyOf(line)));
  return [...kept, ...lines.filter((line) => !line.startsWith("-"))].map((line) => `  ${line}\n`).join("");
}

function keyOf(line: string): string {
  return line.split(":")[0] ?? "";
}
