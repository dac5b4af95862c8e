// The dashboard of a repository whose settings ask for one: gathered from what GitHub holds, rendered, and written into one issue of the
// app's own. Nothing is ever read back from it.

import type { Problem } from "../manifest/problem.ts";
import { type Dashboard, type DashboardRun, renderDashboard } from "../review/dashboard.ts";
import { DEFAULT_SETTINGS, parseSettings, type Settings } from "../settings.ts";
import type { Bot } from "./bot.ts";
import { readFile, textOf } from "./contents.ts";
import { SETTINGS_PATH } from "./delivery.ts";
import { deploymentStatuses, isWaiting } from "./deployments.ts";
import { findIssue, openIssue, rewriteIssue } from "./issues.ts";
import { lockOf } from "./locks.ts";
import { readStopMark } from "./marks.ts";
import type { Repository } from "./repository.ts";
import { type QueuedRun, queuedRuns } from "./runs.ts";
import { liveSchedules } from "./schedules.ts";

const MARKER = "<!-- chaosgate:dashboard -->";
const TITLE = "Chaos dashboard";

/** Each costs a request. */
const MOST_RUNS = 20;

/** Brings the dashboard up to date, where the settings ask for it. Decorative: a failure is logged and nobody else's problem. */
export async function updateDashboard(repository: Repository, bot: Bot): Promise<void> {
  try {
    await update(repository, bot);
  } catch (error) {
    bot.log.warn({ err: error, repository: repository.name }, "the dashboard could not be updated");
  }
}

async function update(repository: Repository, bot: Bot): Promise<void> {
  const bytes = await readFile(repository, SETTINGS_PATH, repository.defaultBranch);
  const parsed = bytes === undefined ? { settings: DEFAULT_SETTINGS } : parseSettings(textOf(bytes));
  // Settings that are wrong ask for nothing; a dashboard that is there already says what is wrong with them.
  if ("settings" in parsed && !parsed.settings.dashboard) return;
  const known = await findIssue(repository, MARKER);
  if (known?.state === "closed" || (known === undefined && "problems" in parsed)) return;
  const body = renderDashboard(await gather(repository, bot, parsed));
  if (known === undefined) await openIssue(repository, bot, { title: TITLE, marker: MARKER, body });
  else await rewriteIssue(repository, known, MARKER, body);
}

type Parsed = { readonly settings: Settings } | { readonly problems: readonly Problem[] };

async function gather(repository: Repository, bot: Bot, parsed: Parsed): Promise<Dashboard> {
  const environments = "settings" in parsed ? Object.keys(parsed.settings.environments) : [];
  const runs = (await queuedRuns(repository)).slice(0, MOST_RUNS);
  const schedules = await liveSchedules(repository);
  const locks = await Promise.all(
    environments.map(async (environment) => {
      const lock = await lockOf(repository, environment, bot.clock.now());
      return lock === undefined ? [] : [{ environment, ...lock }];
    }),
  );
  return {
    runs: await Promise.all(runs.map((run) => runOf(repository, run))),
    schedules: schedules.map(({ environment, payload }) => ({ environment, ...payload })),
    locks: locks.flat(),
    problems: "problems" in parsed ? parsed.problems : [],
  };
}

async function runOf(
  repository: Repository,
  { id, environment, createdAt, payload }: QueuedRun,
): Promise<DashboardRun> {
  const [newest] = await deploymentStatuses(repository, id);
  const state = isWaiting(newest) ? "waiting" : newest?.state === "in_progress" ? "running" : "ended";
  const said = newest?.description ?? "";
  const stop = readStopMark(said);
  return {
    environment,
    pullRequest: payload.pullRequest,
    ticketId: payload.ticketId,
    state,
    conclusion: newest?.state === "inactive" ? "cancelled" : (newest?.state ?? "queued"),
    said: stop === undefined ? said : `${stop.kind} by ${stop.by}`,
    at: createdAt,
  };
}
