import { judgeBaseline } from "../../slo/baseline.ts";
import type { Event } from "../event.ts";
import { type Baseline, type Step, unexpected } from "../phase.ts";
import { read, readingsOf } from "../story.ts";
import { refuse } from "./finish.ts";
import { engage } from "./injecting.ts";

/** What follows an event while the steady state is looked for. Nothing has been done to anybody yet. */
export function whileBaseline(phase: Baseline, event: Event): Step {
  switch (event.kind) {
    case "woke":
      return { phase, command: { do: "poll", by: "baseline" } };
    case "polled": {
      const { at, readings } = event;
      return judged({ ...phase, story: read(phase.story, at, "baseline", readings) }, at);
    }
    case "failed":
      return refuse(phase, `no steady state could be read: ${event.why}`, event.at);
    default:
      return unexpected(phase, event);
  }
}

function judged(phase: Baseline, at: number): Step {
  const { guard, objectives } = phase.terms;
  const baseline = judgeBaseline(readingsOf(phase.story, "baseline"), objectives, guard.baselinePolls);
  if (baseline.kind === "refused") return refuse(phase, baseline.because, at);
  if (baseline.kind === "met") return engage(phase, at);
  return { phase, command: { do: "wait", until: at + guard.pollMs } };
}
