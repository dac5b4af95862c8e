import { createHash } from "node:crypto";
import { type Change, parseChange } from "../../impact/what-if.ts";
import { renderComment } from "../../review/comment.ts";
import { renderJson } from "../../review/json.ts";
import type { Review } from "../../review/review.ts";
import { reviewManifests } from "../../review/review-manifests.ts";
import { renderTerminal } from "../../review/terminal.ts";
import type { Snapshot } from "../../selector/snapshot.ts";
import { DEFAULT_SETTINGS, parseSettings, type Settings } from "../../settings.ts";
import { readFiles, readText } from "./files.ts";
import { harmless, print } from "./terminal.ts";
import { formatOf, type Options, WrongWords } from "./words.ts";

/** `chaosgate review FILE...`: what the pull request would say, from files alone. */
export function reviewCommand(names: readonly string[], options: Options): number {
  const format = formatOf(options, ["text", "markdown", "json"]);
  const files = readFiles(names);
  const settings = options.settings === undefined ? DEFAULT_SETTINGS : settingsFrom(options.settings);
  const review = reviewManifests({
    files,
    settings,
    environment: environmentOf(settings, options.environment),
    // Of this preview alone: a run draws its pods from a seed of the bot that nobody knows before.
    seed: sha256(files.map(({ text }) => text).join("\0")),
    headSha: "files",
    digest: sha256,
    now: Date.now(),
    ...seen(options.snapshot),
    ...changeOf(options["what-if"]),
  });
  print(`${rendered(review, format, options.explain === true).trimEnd()}\n`);
  return review.outcome === "reviewed" || review.outcome === "no-experiments" ? 0 : 1;
}

function rendered(review: Review, format: "text" | "markdown" | "json", explain: boolean): string {
  if (format === "json") return renderJson(review);
  if (format === "markdown") return renderComment(review, { audience: "members" });
  return renderTerminal(review, { explain }).split("\n").map(harmless).join("\n");
}

function settingsFrom(name: string): Settings {
  const { path, text } = readText(name);
  const parsed = parseSettings(text);
  if ("settings" in parsed) return parsed.settings;
  const reasons = parsed.problems.map(({ place, message, fix }) => `\n  ${path}:${place.line} ${message} ${fix}`);
  throw new WrongWords(harmless(`the settings cannot be used:${reasons.join("")}`));
}

function environmentOf({ environments }: Settings, asked: string | undefined): string {
  const names = Object.keys(environments);
  if (asked === undefined || names.includes(asked)) return asked ?? names[0] ?? "default";
  throw new WrongWords(`the settings have no environment ${JSON.stringify(asked)}`);
}

function changeOf(text: string | undefined): { readonly change?: Change } {
  if (text === undefined) return {};
  const change = parseChange(text);
  if (change !== undefined) return { change };
  throw new WrongWords(`--what-if ${JSON.stringify(text)} is not like delay=200ms, loss=1% or both with a comma`);
}

function seen(name: string | undefined) {
  if (name === undefined) return { selectionMissing: "no snapshot of a cluster was given (--snapshot)" };
  const { path, text } = readText(name);
  return { snapshot: snapshotFrom(path, text) };
}

function snapshotFrom(path: string, text: string): Snapshot {
  try {
    const value: unknown = JSON.parse(text);
    if (isSnapshot(value)) return value;
  } catch {
    // Not JSON: said below, in the same words as JSON of something else.
  }
  throw new WrongWords(`${path} is no snapshot of a cluster in JSON`);
}

function isSnapshot(value: unknown): value is Snapshot {
  if (typeof value !== "object" || value === null) return false;
  const lists: Record<string, unknown> = { ...value };
  return ["namespaces", "pods", "nodes", "budgets"].every((name) => Array.isArray(lists[name])) && "takenAt" in value;
}

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
