import type { EventOf, InterruptionEvent } from "../event.ts";
import type { Ending, Phase, Step } from "../phase.ts";
import { tell } from "../story.ts";
import { endUntouched } from "./finish.ts";
import { resumeRollBack, rollBack } from "./rolling-back.ts";
import { inspect } from "./verifying.ts";

/** What follows an event that nobody asked for. Once a run is on its way back it is not turned round again. */
export function interrupt(phase: Phase, event: InterruptionEvent): Step {
  switch (event.kind) {
    case "probed":
      return { phase: noteProbe(phase, event) };
    case "resumed":
      return resumed({ ...phase, epoch: phase.epoch + 1 }, event.at);
    case "ordered": {
      const { kind, by, reason } = event.order;
      return stop(phase, { verdict: "aborted", because: `${kind} by ${by}: ${reason}` }, event.at);
    }
    case "told-to-stop":
      return stop(phase, { verdict: "inconclusive", because: `the runner was told to stop: ${event.why}` }, event.at);
    case "journal-lost":
      return stop(phase, { verdict: "inconclusive", because: `the journal was lost: ${event.why}` }, event.at);
  }
}

function stop(phase: Phase, ending: Ending, at: number): Step {
  switch (phase.name) {
    case "requested":
    case "preflight":
    case "baseline":
      return endUntouched(phase, ending, at);
    case "injecting":
    case "watching":
      return rollBack(phase, ending, at);
    default:
      return { phase };
  }
}

/** After a crash nothing is known of the last command but that it may have been done: everything on record is undone. */
function resumed(phase: Phase, at: number): Step {
  const because = `a part was lost: the runner restarted while the run was ${phase.name}`;
  switch (phase.name) {
    case "rolling-back":
      return resumeRollBack(phase, at);
    case "verifying":
      return { phase, command: inspect(phase) };
    case "finished":
      return { phase };
    case "injecting":
    case "watching":
      // The last renewal may not be on record.
      return rollBack({ ...restarted(phase, at), leasedAt: at }, { verdict: "inconclusive", because }, at);
    default:
      return endUntouched(restarted(phase, at), { verdict: "inconclusive", because }, at);
  }
}

function restarted<P extends Phase>(phase: P, at: number): P {
  return { ...phase, story: tell(phase.story, at, "the runner restarted") };
}

/** Connect times that arrive after the faults began to go would be half a truth, and are left out. */
function noteProbe(phase: Phase, { measured, felt, why, at }: EventOf<"probed">): Phase {
  if (phase.name !== "injecting" && phase.name !== "watching") return phase;
  const told = why === undefined ? phase.story : tell(phase.story, at, `connect times could not be measured: ${why}`);
  const story = { ...told, measured: [...told.measured, ...measured] };
  return { ...phase, story, felt: phase.felt || felt };
}
