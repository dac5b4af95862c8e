// The world's refusals. An edge translates its library's error into an AppError once, at its border; the author's mistakes
// are values (manifest/problem.ts) and our own bugs are plain Errors, and neither ever passes through here.

/** Facts that a log line, a metric and a run report can show. Never a secret. */
export type Facts = Readonly<Record<string, string | number | boolean | undefined>>;

/** Every way the world refuses, with what a reader should look at. One table, so that it can be read on one screen. */
export const REFUSALS = {
  CONFIG_INVALID: "an environment variable or flag is missing or out of range",
  SETTINGS_INVALID: "the repository's settings file cannot be used",
  GITHUB_REFUSED: "GitHub answered with an error",
  CHANNEL_REFUSED: "the bot refused a message of the runner, or could not be reached",
  TICKET_REFUSED: "the ticket is not valid here",
  CLUSTER_REFUSED: "the cluster could not be read",
  DAEMON_UNREACHABLE: "a node daemon did not answer",
  DAEMON_REFUSED: "a node daemon refused a call",
  PROMETHEUS_UNREACHABLE: "Prometheus did not answer",
  PROMETHEUS_REFUSED: "Prometheus refused a query",
  ALERTMANAGER_REFUSED: "Alertmanager did not take a silence",
  JOURNAL_FAILED: "the run's journal could not be written",
  UNDO_FAILED: "something that was done could not be undone",
} as const;

export type RefusalCode = keyof typeof REFUSALS;

/** A refusal by the world: what was attempted, on what, why not, what to do; with facts and cause. */
export class AppError extends Error {
  readonly code: RefusalCode;
  readonly facts: Facts;

  constructor(code: RefusalCode, message: string, options: { facts?: Facts; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = "AppError";
    this.code = code;
    this.facts = options.facts ?? {};
  }
}

/** The sentence to show for anything that was thrown. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}
