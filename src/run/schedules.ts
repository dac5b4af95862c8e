// Standing tickets as a runner lives with them: asked for from time to time and again before each run, so that one which was
// revoked a moment ago begins nothing. What ran already is read from the journal and not remembered; what is remembered here only
// saves questions.

import { messageOf } from "../errors.ts";
import { type AcceptedRun, acceptStanding, type Here, type Standing } from "./accept.ts";
import type { Journal, Log, Tickets } from "./ports.ts";
import { recollect } from "./recollect.ts";
import { type LastRun, lastDue, occasionOf } from "./timetable.ts";

type Around = {
  readonly tickets: Tickets;
  readonly journal: Journal;
  readonly clock: { readonly now: () => number };
  readonly log: Log;
  readonly here: Omit<Here, "now">;
};

export type Schedules = {
  /** Looks for runs that are due now, and gives each to `begin`. Rejects where the journal or the bot does not answer. */
  look(begin: (run: AcceptedRun) => Promise<void>): Promise<void>;
};

/** How long a schedule that was merged may wait until this runner knows of it. */
const ASK_EVERY_MS = 30_000;

type Known = Extract<Standing, { kind: "standing" }>;

/** No schedules yet. */
export function createSchedules({ tickets, journal, clock, log, here }: Around): Schedules {
  let known: readonly Known[] = [];
  let askedAt = Number.NEGATIVE_INFINITY;
  const judged = new Map<string, number>();
  const complained = new Set<string>();

  const isUnjudged = ({ ticketId, timetable }: Known, now: number) => {
    const at = lastDue(timetable, now);
    return at !== undefined && at !== judged.get(ticketId);
  };

  async function askAgain(now: number): Promise<void> {
    const deliveries = await tickets.standing();
    askedAt = now;
    const standing: Known[] = [];
    for (const delivery of deliveries) {
      const one = acceptStanding(delivery, { ...here, now });
      if (one.kind === "standing") standing.push(one);
      else complain(delivery.ticket, one.problems);
    }
    tellOfChanges(known, standing, log);
    known = standing;
  }

  function complain(ticket: string, problems: readonly string[]): void {
    if (!complained.has(ticket)) log.error({ problems }, "standing ticket refused");
    complained.add(ticket);
  }

  async function judge({ ticketId, timetable, runAt }: Known, begin: (run: AcceptedRun) => Promise<void>) {
    const now = clock.now();
    const occasion = occasionOf(timetable, await lastRunOf(ticketId, journal), now);
    const at = lastDue(timetable, now);
    if (occasion.kind === "skipped") log.info({ ticket: ticketId, ...occasion }, "scheduled run skipped");
    if (occasion.kind === "due") await begin(runAt(occasion.at, now));
    if (at !== undefined) judged.set(ticketId, at);
  }

  return {
    async look(begin) {
      const now = clock.now();
      const due = known.some((one) => isUnjudged(one, now));
      if (due || now - askedAt >= ASK_EVERY_MS) await askAgain(now);
      for (const one of known.filter((each) => isUnjudged(each, now))) {
        try {
          await judge(one, begin);
        } catch (thrown) {
          // Asked again at the next look, for as long as it is not too late.
          log.error({ ticket: one.ticketId, why: messageOf(thrown) }, "scheduled run could not begin");
        }
      }
    },
  };
}

/** What is not given out may be revoked, held up or without room: which, the bot does not say, and it may be given out again. */
function tellOfChanges(before: readonly Known[], now: readonly Known[], log: Log): void {
  const [old, young] = [before, now].map((list) => new Set(list.map(({ ticketId }) => ticketId)));
  for (const { ticketId, timetable } of now)
    if (!old?.has(ticketId)) log.info({ ticket: ticketId, cron: timetable.cron }, "schedule stands");
  for (const { ticketId } of before)
    if (!young?.has(ticketId)) log.info({ ticket: ticketId }, "schedule is not given out now");
}

/** What the journal holds of the run that was due last. */
async function lastRunOf(ticketId: string, journal: Journal): Promise<LastRun | undefined> {
  const own = (await journal.runs()).filter((run) => run.startsWith(`${ticketId}-`));
  const newest = own.toSorted((a, b) => numberOf(a) - numberOf(b)).at(-1);
  if (newest === undefined) return undefined;
  const at = numberOf(newest) * 1000;
  const found = recollect(await journal.read(newest));
  if (found.kind === "unfinished") return { at };
  return { at, endedAt: found.kind === "finished" ? found.start.step.phase.story.updatedAt : at };
}

function numberOf(runId: string): number {
  return Number(runId.slice(runId.lastIndexOf("-") + 1));
}
