import { AppError } from "../errors.ts";
import type { Problem } from "../manifest/problem.ts";
import { DEFAULT_SETTINGS, parseSettings, type Settings } from "../settings.ts";
import { readFile, textOf } from "./contents.ts";
import { SETTINGS_PATH } from "./delivery.ts";
import { sha256 } from "./digest.ts";
import type { Repository } from "./repository.ts";

/** What is wrong with the settings that a pull request proposes; they change nothing before they are merged. */
export async function proposedSettingsProblems(repository: Repository, ref: string): Promise<readonly Problem[]> {
  const bytes = await readFile(repository, SETTINGS_PATH, ref);
  if (bytes === undefined) return [];
  const parsed = parseSettings(textOf(bytes));
  return "problems" in parsed ? parsed.problems : [];
}

/** Names settings by what they say, whatever remarks their file has. */
export function settingsDigest(settings: Settings): string {
  return sha256(JSON.stringify(settings)).slice(0, 16);
}

/** What stands for the name of settings that cannot be used. */
export const UNUSABLE_SETTINGS = "unusable";

/** Names the settings of the default branch; those that cannot be used are none that anything was decided under. */
export async function currentSettingsDigest(repository: Repository): Promise<string> {
  try {
    return settingsDigest(await readSettings(repository));
  } catch (error) {
    if (error instanceof AppError && error.code === "SETTINGS_INVALID") return UNUSABLE_SETTINGS;
    throw error;
  }
}

/**
 * The settings of the default branch, whatever a pull request says; documented defaults (review on, running off) without a file.
 * Settings with problems are refused whole: half of somebody's boundaries is none.
 */
export async function readSettings(repository: Repository): Promise<Settings> {
  const bytes = await readFile(repository, SETTINGS_PATH, repository.defaultBranch);
  if (bytes === undefined) return DEFAULT_SETTINGS;
  const parsed = parseSettings(textOf(bytes));
  if ("settings" in parsed) return parsed.settings;
  const { place, message } = parsed.problems[0] ?? { place: { line: 1 }, message: "unknown problem" };
  throw new AppError(
    "SETTINGS_INVALID",
    `could not use ${SETTINGS_PATH} of ${repository.defaultBranch}: line ${place.line}: ${message}`,
    { facts: { problems: parsed.problems.length, line: place.line } },
  );
}
