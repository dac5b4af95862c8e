import { CLOCK_IDS, type ClockFaultSpec, type ClockId } from "../experiment.ts";
import { parseGoDuration } from "../text/go-duration.ts";
import { at, type Located, textAt } from "../yaml/node.ts";
import { textsOf } from "./texts.ts";

/** What a TimeChaos does, after Chaos Mesh's defaulting: it shifts CLOCK_REALTIME where no clock is named. */
export function clockFaultOf(spec: Located | undefined): ClockFaultSpec {
  const named = textsOf(at(spec, "clockIds"));
  return {
    offsetMs: parseGoDuration(textAt(spec, "timeOffset") ?? "") ?? 0,
    clocks: named.length === 0 ? ["CLOCK_REALTIME"] : [...new Set(named.filter(isClock))],
    containerNames: textsOf(at(spec, "containerNames")),
  };
}

function isClock(name: string): name is ClockId {
  return CLOCK_IDS.some((clock) => clock === name);
}
