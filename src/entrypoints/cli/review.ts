import { createHash } from "node:crypto";
import { type Change, parseChange } from "../../impact/what-if.ts";
import { renderComment } from "../../review/comment.ts";
import { renderJson } from "../../review/json.ts";
import type { Review } from "../../review/review.ts";
import { reviewManifests } from "../../review/review-manifests.ts";
import { renderTerminal } from "../../review/terminal.ts";
import { DEFAULT_SETTINGS, parseSettings, type Settings } from "../../settings.ts";
import { readFiles, readText } from "./files.ts";
import { harmless, print } from "./terminal.ts";
import { formatOf, type Options, versionOf, WrongWords } from "./words.ts";

/** `chaosgate review FILE...`: what the pull request would say, from files alone. */
export async function reviewCommand(names: readonly string[], options: Options): Promise<number> {
  const format = formatOf(options, ["text", "markdown", "json"]);
  const files = readFiles(names);
  const written = options.settings === undefined ? DEFAULT_SETTINGS : settingsFrom(options.settings);
  const version = versionOf(options);
  const settings = version === undefined ? written : { ...written, chaosMesh: version };
  const review = reviewManifests({
    files,
    settings,
    environment: environmentOf(settings, options.environment),
    // Of this preview alone: a run draws its pods from a seed of the bot that nobody knows before.
    seed: sha256(files.map(({ text }) => text).join("\0")),
    headSha: "files",
    digest: sha256,
    now: Date.now(),
    ...(await seen(options)),
    ...(await baseOf(names, options)),
    ...(options.codeowners !== undefined && { codeOwners: readText(options.codeowners).text }),
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

async function baseOf(names: readonly string[], { base }: Options) {
  return base === undefined ? {} : { base: (await import("./base-files.ts")).filesAt(base, names) };
}

async function seen({ snapshot, cluster, ...where }: Options) {
  if (snapshot !== undefined && cluster)
    throw new WrongWords("--snapshot and --cluster are two answers to one question");
  if (cluster) return { snapshot: await (await import("./snapshot.ts")).liveSnapshot(where) };
  if (snapshot !== undefined)
    return { snapshot: (await import("./snapshot-file.ts")).snapshotFrom(readText(snapshot)) };
  return { selectionMissing: "no cluster was looked at (--snapshot FILE or --cluster)" };
}

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
