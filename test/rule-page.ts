import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { parseManifestFile } from "../src/manifest/parse.ts";
import { reviewManifests } from "../src/review/review-manifests.ts";
import type { PodFact, Snapshot } from "../src/selector/snapshot.ts";
import { DEFAULT_SETTINGS, parseSettings, type Settings } from "../src/settings.ts";
import type { Rule } from "./rule-tables.ts";

// A page of docs/rules, and the judgement of its examples by the code that the page is about.

export const PAGES = resolve(import.meta.dirname, "../docs/rules");

type Section = "Settings" | "Cluster" | "Wrong" | "Right";

export type Page = {
  readonly title: string;
  /** The paragraph under the title. */
  readonly sentence: string;
  readonly examples: Readonly<Partial<Record<Section, string>>>;
  /** The headings with the languages of their fences, in the order of the page. */
  readonly form: readonly string[];
};

/** The page of a rule; undefined where nobody has written it. */
export function pageOf(code: string): Page | undefined {
  const path = join(PAGES, `${code}.md`);
  return existsSync(path) ? readPage(readFileSync(path, "utf8")) : undefined;
}

/** Reads a page; whatever is not in the form is missing from the result. */
export function readPage(markdown: string): Page {
  const [title = "", sentence = ""] = markdown.split("\n\n");
  const found = [...markdown.matchAll(/^## (\w+)\n\n```(\w+)\n(.*?)^```$/gms)];
  return {
    title: title.replace(/^# /, ""),
    sentence,
    examples: Object.fromEntries(found.map(([, heading = "", , text = ""]) => [heading, repeated(text)])),
    form: found.map(([, heading = "", language = ""]) => `${heading} ${language}`),
  };
}

/** A line that says how often it stands there, for the one rule whose example cannot be written out. */
function repeated(text: string): string {
  return text.replace(/^# this line stands here (\d+) times.*\n/m, (line, times) => line.repeat(Number(times)));
}

/** The codes of everything that the rule's own room, or the whole review, says about an example. */
export function codesIn(text: string, { room }: Rule, { examples }: Page): readonly string[] {
  if (room === "settings") return codesOfSettings(text);
  const alone = examples.Settings === undefined && examples.Cluster === undefined;
  return room === "manifest" && alone ? codesOfFile(text) : codesOfReview(text, examples);
}

function codesOfSettings(text: string): readonly string[] {
  const parsed = parseSettings(text);
  return "problems" in parsed ? distinct(parsed.problems) : [];
}

function codesOfFile(text: string): readonly string[] {
  const { problems, documents } = parseManifestFile("chaos.yaml", text);
  return distinct([...problems, ...documents.flatMap((document) => [...document.problems, ...document.findings])]);
}

function codesOfReview(text: string, { Settings: settings, Cluster: cluster }: Page["examples"]): readonly string[] {
  const chosen = settings === undefined ? DEFAULT_SETTINGS : settingsFrom(settings);
  const review = reviewManifests({
    files: [{ path: "chaos/chaos.yaml", text }],
    settings: chosen,
    environment: Object.keys(chosen.environments)[0] ?? "default",
    ...(cluster !== undefined && { snapshot: snapshotFrom(cluster) }),
    seed: "00".repeat(32),
    headSha: "0".repeat(40),
    digest: (bytes) => createHash("sha256").update(bytes).digest("hex"),
  });
  return distinct([
    ...review.files.flatMap(({ problems, documents }) => [...problems, ...documents.flatMap((one) => one.problems)]),
    ...review.experiments.flatMap(({ findings }) => findings),
    ...(review.otherFindings ?? []).map(({ finding }) => finding),
  ]);
}

function distinct(remarks: readonly { readonly code: string }[]): readonly string[] {
  return [...new Set(remarks.map(({ code }) => code))].sort();
}

function settingsFrom(text: string): Settings {
  const parsed = parseSettings(text);
  if ("settings" in parsed) return parsed.settings;
  throw new Error(parsed.problems.map(({ message }) => message).join(" "));
}

const POD: Omit<PodFact, "uid"> = {
  namespace: "default",
  name: "pod",
  labels: {},
  annotations: {},
  node: "node-1",
  phase: "Running",
  ready: true,
  ip: "10.0.0.1",
  hostNetwork: false,
  containers: [{ name: "app" }],
};

/** A page shows only what its rule looks at; the rest of the snapshot is an ordinary cluster. */
function snapshotFrom(json: string): Snapshot {
  const { pods = [], ...rest } = JSON.parse(json) as Partial<Snapshot>;
  const complete = pods.map((pod) => ({ ...POD, ...pod, uid: `uid-of-${pod.name}` }));
  return { clusterId: "c", takenAt: 0, namespaces: [], nodes: [], budgets: [], ...rest, pods: complete };
}
