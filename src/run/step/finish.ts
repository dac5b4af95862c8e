import type { Ending, Finished, Injecting, Phase, Step, Untouched } from "../phase.ts";
import type { Rollback } from "../report.ts";
import { tell } from "../story.ts";

/** Ends a run that has done nothing to anybody. */
export function endUntouched(phase: Untouched | Injecting, ending: Ending, at: number): Step {
  return { phase: finish(phase, ending, "not-needed", at) };
}

/** Refuses a run before any fault. */
export function refuse(phase: Untouched | Injecting, because: string, at: number): Step {
  return endUntouched(phase, { verdict: "refused", because }, at);
}

/** The last phase: what was found and whether everything is back. */
export function finish(phase: Exclude<Phase, Finished>, ending: Ending, rollback: Rollback, at: number): Finished {
  const { because, verdict } = ending;
  const story = tell(phase.story, at, `finished: ${verdict}, rollback ${rollback}; ${because}`);
  return { ...phase, name: "finished", story, ending, rollback };
}
