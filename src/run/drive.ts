// Drives one run to its end: journal, then act; an event, then the next step. It decides nothing. Reports and measurements go on
// beside it, and whatever happens to them never holds up the guard.

import type { Clock } from "../clock.ts";
import { AppError, messageOf } from "../errors.ts";
import { ACTS, type Command, type Event, UNDOS } from "./event.ts";
import type { Hands } from "./hands.ts";
import type { Inbox } from "./inbox.ts";
import { intentOf } from "./intent.ts";
import { connectFigures, isFelt } from "./measured.ts";
import type { Occupancy } from "./occupancy.ts";
import { createOutbox, type Outbox } from "./outbox.ts";
import { perform } from "./perform.ts";
import type { Finished, Phase, Step } from "./phase.ts";
import type { Cluster, Faults, Journal, Metrics, Probe, Reports, Silences } from "./ports.ts";
import { reportOf } from "./report-of.ts";
import { createScribe } from "./scribe.ts";
import { step } from "./step.ts";
import type { Target } from "./target.ts";

/** Events of every poll that a reader of the pull request need not hear of. */
const QUIET: readonly Event["kind"][] = ["woke", "renewed", "extended"];

/** The world as a run sees it. */
export type World = {
  readonly cluster: Cluster;
  readonly faults: Faults;
  readonly metrics: Metrics;
  readonly silences: Silences;
  readonly journal: Journal;
  readonly reports: Reports;
  readonly occupancy: Occupancy;
  readonly clock: Clock;
  readonly probe?: Probe;
};

/** Where to start: the first step of a run, or the phase of one that is resumed; and how many events are on record. */
export type Start = { readonly step: Step; readonly events: number };

export type Driven = {
  readonly finished: Finished;
  /** Resolves when no report is under way any more: whether the last one was taken. */
  readonly flushed: Promise<boolean>;
};

type Drive = Hands & { readonly inbox: Inbox; readonly outbox: Outbox; readonly probe?: Probe };

/**
 * Drives until the run has finished and resolves with its last phase; its last report may still be under way (`flushed`).
 * Rejects with `JOURNAL_FAILED` when the journal was lost, after everything was rolled back.
 */
export async function drive(start: Start, world: World, inbox: Inbox): Promise<Driven> {
  const { terms } = start.step.phase;
  const { clock, journal, reports, occupancy } = world;
  const outbox = createOutbox(reports, clock.now, (orders) => {
    for (const order of orders) if (order.runId === terms.runId) inbox.putOrder(order, clock.now());
  });
  const scribe = createScribe(journal, terms.runId, (why) => inbox.put({ kind: "journal-lost", why, at: clock.now() }));
  const run: Drive = { ...world, terms, scribe, inbox, outbox, heardAt: outbox.heardAt, bell: inbox.signal };
  reserveAgain(start.step.phase, occupancy);
  try {
    const finished = await follow(start, run);
    const lost = scribe.lost();
    if (lost !== undefined)
      throw new AppError("JOURNAL_FAILED", `run ${terms.runId} rolled back because its journal was lost: ${lost}`);
    return { finished, flushed: outbox.flushed() };
  } finally {
    occupancy.release(terms.runId);
  }
}

/** A resumed run still has its victims; a new one has none yet. */
function reserveAgain(phase: Phase, occupancy: Occupancy): void {
  const victims = "target" in phase ? (phase.target?.victims ?? []) : [];
  occupancy.reserve(
    phase.terms.runId,
    victims.map(({ ref }) => ref.podUid),
  );
}

async function follow(start: Start, run: Drive): Promise<Finished> {
  let { phase, command } = start.step;
  let { events } = start;
  run.outbox.offer(reportOf(phase, events + 1));
  while (phase.name !== "finished") {
    const event: Event = run.inbox.take() ?? (await act(command, run));
    const next: Step = step(phase, event);
    const pending = next.command ?? command;
    // Waking changes nothing, except where it lets something be tried again: then whoever reads the journal must know.
    if (event.kind !== "woke" || next.phase !== phase) {
      await record(event, next.phase, pending, run);
      events += 1;
    }
    if (!QUIET.includes(event.kind)) run.outbox.offer(reportOf(next.phase, events + 1));
    if (phase.story.victims.length === 0 && next.phase.story.victims.length > 0) measureBeside(next.phase, run);
    ({ phase } = next);
    command = pending;
  }
  return phase;
}

/**
 * What an act follows from goes on record with the act's intent, in one write, because nothing is done in between; and what is quiet, with
 * whatever comes next. A poll is always written at once: an answer to that may say that somebody wants the run to end.
 */
async function record(
  event: Event,
  phase: Phase,
  pending: Command | undefined,
  { scribe, clock }: Drive,
): Promise<void> {
  const isActNext = phase.name !== "finished" && pending !== undefined && ACTS.includes(pending.do);
  if (isActNext || QUIET.includes(event.kind)) scribe.keep("event", event, clock.now());
  else await scribe.note("event", event, clock.now());
}

/** The intent is on record before the act; without a record only undoing goes on. */
async function act(command: Command | undefined, run: Drive): Promise<Event> {
  if (command === undefined) throw new Error(`run ${run.terms.runId} has nothing to do and is not finished`);
  if (ACTS.includes(command.do)) {
    const at = run.clock.now();
    const kept = await run.scribe.note("intent", intentOf(command), at);
    if (!kept && !UNDOS.includes(command.do)) return { kind: "journal-lost", why: run.scribe.lost() ?? "", at };
  }
  return perform(command, run);
}

/** Takes the first victim's own measurements as soon as it has its fault. Never awaited: the guard must not wait for it. */
function measureBeside(phase: Phase, { probe, inbox, clock }: Drive): void {
  const target = "target" in phase ? phase.target?.probe : undefined;
  if (probe === undefined || target === undefined) return;
  void measure(target, probe).then((result) => inbox.put({ kind: "probed", ...result, at: clock.now() }));
}

/** One after the other: two measurements at once would measure each other. */
async function measure({ victim, control, peer }: NonNullable<Target["probe"]>, probe: Probe) {
  try {
    const faulted = await probe.connectTimes(victim, peer);
    const times = { victim: faulted, control: await probe.connectTimes(control, peer) };
    return { measured: connectFigures(`${victim.pod} -> ${peer.pod}`, times), felt: isFelt(times) };
  } catch (thrown) {
    // A figure that is missing is said to be missing; it never ends a run.
    return { measured: [], felt: false, why: messageOf(thrown) };
  }
}
