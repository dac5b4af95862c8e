// What goes on in a repository, in one issue: what runs and waits, what is scheduled, what is locked, how the last runs ended, and what is
// wrong with the settings. It says nothing of when it was written, so that it is only written anew when something has changed.

import type { Problem } from "../manifest/problem.ts";
import { code, prose } from "./escape.ts";

export type DashboardRun = {
  readonly environment: string;
  readonly pullRequest: number;
  readonly ticketId: string;
  readonly state: "waiting" | "running" | "ended";
  /** Of the newest status, such as `success`. */
  readonly conclusion: string;
  readonly said: string;
  /** When it was asked for, Unix milliseconds. */
  readonly at: number;
};

export type Dashboard = {
  /** Newest first. */
  readonly runs: readonly DashboardRun[];
  readonly schedules: readonly {
    readonly environment: string;
    readonly pullRequest: number;
    readonly ticketId: string;
  }[];
  readonly locks: readonly {
    readonly environment: string;
    readonly by: string;
    readonly reason: string;
    /** Unix milliseconds. */
    readonly until: number;
  }[];
  readonly problems: readonly Problem[];
};

const MOST_ENDED = 10;
const MOST_PROBLEMS = 20;

/** The text as Markdown. */
export function renderDashboard({ runs, schedules, locks, problems }: Dashboard): string {
  const of = (state: DashboardRun["state"]) => runs.filter((run) => run.state === state);
  return [
    section(
      "Settings",
      problems.slice(0, MOST_PROBLEMS).map(problemRow),
      ["Line", "What is wrong", "What to do"],
      "They are right.",
    ),
    section("Running", of("running").map(runRow), RUN_HEAD, "Nothing runs."),
    section("Waiting for a runner", of("waiting").map(runRow), RUN_HEAD, "Nothing waits."),
    section("Scheduled", schedules.map(scheduleRow), ["Environment", "Merged by", "Ticket"], "No schedule stands."),
    section("Locked", locks.map(lockRow), ["Environment", "Until", "By", "Why"], "No environment is locked."),
    section(
      "Last results",
      of("ended").slice(0, MOST_ENDED).map(resultRow),
      [...RUN_HEAD, "Result"],
      "Nothing has run.",
    ),
  ].join("\n\n");
}

const RUN_HEAD = ["Environment", "Pull request", "Ticket", "Asked for"];

function section(title: string, rows: readonly (readonly string[])[], head: readonly string[], none: string): string {
  if (rows.length === 0) return `### ${title}\n\n${none}`;
  const lines = [head, head.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |`);
  return `### ${title}\n\n${lines.join("\n")}`;
}

function problemRow({ place, message, fix }: Problem): readonly string[] {
  return [String(place.line), cell(message), cell(fix)];
}

function runRow({ environment, pullRequest, ticketId, at }: DashboardRun): readonly string[] {
  return [code(environment), `#${pullRequest}`, code(ticketId), minute(at)];
}

function resultRow(run: DashboardRun): readonly string[] {
  const said = run.said === "" ? "" : `: ${cell(run.said)}`;
  return [...runRow(run), `**${run.conclusion}**${said}`];
}

function scheduleRow({ environment, pullRequest, ticketId }: Dashboard["schedules"][number]): readonly string[] {
  return [code(environment), `#${pullRequest}`, code(ticketId)];
}

function lockRow({ environment, until, by, reason }: Dashboard["locks"][number]): readonly string[] {
  return [code(environment), minute(until), code(by), code(reason)];
}

function cell(text: string): string {
  return prose(text).replaceAll("\n", " ");
}

function minute(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 16).replace("T", " ")} UTC`;
}
