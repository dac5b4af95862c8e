// A runner's whole life: take up what was left, then ask for tickets and answer questions until told to stop, then roll back and
// go. Each run is driven on its own; a trouble of one is logged and never ends the others, except that nobody may run without a
// journal.

import { messageOf } from "../errors.ts";
import { abreast } from "./abreast.ts";
import { type AcceptedRun, accept, type Here } from "./accept.ts";
import { type ActiveRuns, createActiveRuns } from "./active-runs.ts";
import { type Driven, drive, type Start, type World } from "./drive.ts";
import { look } from "./look.ts";
import type { Delivery, Log, PreviewQuestion, Tickets } from "./ports.ts";
import type { Recollection } from "./recollect.ts";
import type { Order } from "./report.ts";
import { reportOf } from "./report-of.ts";
import { createSchedules, type Schedules } from "./schedules.ts";
import { begin } from "./step.ts";
import { subjectOf } from "./subject.ts";
import { takeUp } from "./take-up.ts";

export type Runner = World & {
  readonly tickets: Tickets;
  readonly log: Log;
  readonly here: Omit<Here, "now">;
  readonly askEveryMs: number;
  /** Orders that reach the runner by another way than the bot's answers; calls back for each, as often as it likes. */
  readonly onOrder?: (hear: (order: Order) => void) => void;
};

/** How long a stopping runner waits for its last reports to be taken; they are sent again at the next start. */
const LAST_REPORTS_MS = 5_000;
/** Runs that are claimed beside each other. */
const MOST_AT_THE_JOURNAL = 16;

/** Serves until `stop` aborts; resolves when every run is rolled back, rejects with `JOURNAL_FAILED` when one lost its journal. */
export async function serve(runner: Runner, stop: AbortSignal): Promise<void> {
  const runs = createActiveRuns(runner.clock, runner.log);
  const ended = AbortSignal.any([stop, runs.failed]);
  ended.addEventListener("abort", () => runs.tellToStop("it was asked to end"), { once: true });
  runner.onOrder?.((order) => runs.inboxOf(order.runId).putOrder(order, runner.clock.now()));
  await takeUp(runner, (runId, recollection) => resume(runId, recollection, runner, runs), ended);
  const schedules = createSchedules(runner);
  while (!ended.aborted) {
    await ask(runner, runs, ended);
    if (!ended.aborted) await lookAtSchedules(schedules, runner, runs);
    await runner.clock.sleep(runner.askEveryMs, ended);
  }
  await runs.settled();
  if (runs.failed.aborted) throw runs.failed.reason;
}

function resume(runId: string, recollection: Recollection, runner: Runner, runs: ActiveRuns): void {
  if (recollection.kind === "never-began") return;
  if (recollection.kind === "finished" && recollection.delivered) return;
  runner.log.info({ run: runId, found: recollection.kind }, "run taken up again");
  const inbox = runs.inboxOf(runId);
  if (recollection.kind === "unfinished") inbox.put({ kind: "resumed", at: runner.clock.now() });
  runs.track([runId], driveToEnd(recollection.start, runner, runs));
}

async function ask(runner: Runner, runs: ActiveRuns, ended: AbortSignal): Promise<void> {
  try {
    const { deliveries, previews } = await runner.tickets.open();
    // Whoever was told to end meanwhile takes nothing: another runner will be given it.
    if (ended.aborted) return;
    for (const question of previews) await answerPreview(question, runner);
    await abreast(deliveries, (delivery) => take(delivery, runner, runs), MOST_AT_THE_JOURNAL);
  } catch (thrown) {
    // The bot may be away for a while: what is open stays open, and is asked for again.
    runner.log.error({ why: messageOf(thrown) }, "no ticket could be taken");
  }
}

async function lookAtSchedules(schedules: Schedules, runner: Runner, runs: ActiveRuns): Promise<void> {
  try {
    await schedules.look(async (run) => {
      if (await claim(run, runner)) runs.track([run.runId], runInOrder([run], runner, runs));
    });
  } catch (thrown) {
    // Nothing is run that nobody confirms: what is due meanwhile is made up for within its deadline, or not at all.
    runner.log.error({ why: messageOf(thrown) }, "schedules could not be asked for");
  }
}

async function answerPreview(question: PreviewQuestion, runner: Runner): Promise<void> {
  const { tickets, clock, log } = runner;
  try {
    await tickets.answer(question, await look(question, runner, clock.now()));
  } catch (thrown) {
    // One question that cannot be answered must not keep tickets waiting.
    log.error({ preview: question.previewId, why: messageOf(thrown) }, "preview could not be answered");
  }
}

async function take(delivery: Delivery, runner: Runner, runs: ActiveRuns): Promise<void> {
  const acceptance = accept(delivery, { ...runner.here, now: runner.clock.now() });
  if (acceptance.kind === "malformed") {
    runner.log.error({ problems: acceptance.problems }, "ticket is signed and malformed");
    return;
  }
  const claimed: AcceptedRun[] = [];
  for (const run of acceptance.runs) if (await claim(run, runner)) claimed.push(run);
  const ids = claimed.map(({ runId }) => runId);
  if (ids.length > 0) runs.track(ids, runInOrder(claimed, runner, runs));
}

/** Every run of a ticket is on record before the first begins, so that a crash leaves none that nobody speaks of. */
async function claim(run: AcceptedRun, { journal, clock, log }: Runner): Promise<boolean> {
  const at = clock.now();
  if (!(await journal.claim(run.runId, at, subjectOf(run)))) return false;
  log.info({ run: run.runId, kind: run.kind }, "run claimed");
  const entry =
    run.kind === "accepted"
      ? { kind: "terms", data: run.terms }
      : { kind: "refused", data: { because: run.report.because } };
  await journal.append({ at, runId: run.runId, ...entry });
  return true;
}

/** The documents of one ticket run in order, and one that does not hold ends the rest. */
async function runInOrder(claimed: readonly AcceptedRun[], runner: Runner, runs: ActiveRuns): Promise<void> {
  let ended: string | undefined;
  for (const run of claimed) {
    if (run.kind === "refused") {
      await runner.reports.send(run.report);
      continue;
    }
    if (ended !== undefined) runs.inboxOf(run.runId).put({ kind: "told-to-stop", why: ended, at: runner.clock.now() });
    const verdict = await driveToEnd({ step: begin(run.terms), events: 0 }, runner, runs);
    if (verdict !== "resilient") ended = `the experiment before it in the same ticket was ${verdict}`;
  }
}

async function driveToEnd(start: Start, runner: Runner, runs: ActiveRuns): Promise<string> {
  const { runId } = start.step.phase.terms;
  const driven = await drive(start, runner, runs.inboxOf(runId));
  const { ending, rollback } = driven.finished;
  runner.log.info({ run: runId, ...ending, rollback }, "run finished");
  await keepMeasured(runId, driven, runner);
  await deliver(runId, driven, runner);
  return ending.verdict;
}

/** Kept with the run, so that the settings' model can be corrected by it later. */
async function keepMeasured(runId: string, { finished }: Driven, { journal, clock }: Runner): Promise<void> {
  const { predictions, measured } = reportOf(finished, 0);
  await journal.append({ at: clock.now(), runId, kind: "measured", data: { predictions, measured } });
}

async function deliver(runId: string, { flushed }: Driven, { journal, clock, log }: Runner): Promise<void> {
  const taken = new AbortController();
  const delivered = await Promise.race([flushed, clock.sleep(LAST_REPORTS_MS, taken.signal).then(() => false)]);
  taken.abort();
  if (delivered) await journal.append({ at: clock.now(), runId, kind: "delivered", data: {} });
  else log.error({ run: runId }, "last report was not taken yet");
}
