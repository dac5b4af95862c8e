import type { StressFaultSpec } from "../experiment.ts";
import { sizeOf } from "../text/go-size.ts";
import { at, type Located, textAt } from "../yaml/node.ts";
import { textsOf } from "./selector.ts";

/** stress-ng's own default, which Chaos Mesh leaves in force where no load is written. */
const WHOLE_CORE = 100;

/** What an accepted StressChaos starts, in numbers. Where stressngStressors is written, nothing starts (chaos-mesh#3783). */
export function stressFaultOf(spec: Located | undefined): StressFaultSpec {
  const containerNames = textsOf(at(spec, "containerNames"));
  if ((textAt(spec, "stressngStressors") ?? "") !== "") return { containerNames };
  const workers = numberAt(spec, "cpu", "workers") ?? 0;
  const load = numberAt(spec, "cpu", "load") ?? WHOLE_CORE;
  const size =
    (numberAt(spec, "memory", "workers") ?? 0) > 0 ? textAt(at(spec, "stressors", "memory"), "size") : undefined;
  const memory = size === undefined ? undefined : sizeOf(size);
  return {
    containerNames,
    ...(workers > 0 && load > 0 && { cpu: { workers, load } }),
    ...(memory !== undefined && { memory }),
  };
}

function numberAt(spec: Located | undefined, stressor: "cpu" | "memory", field: string): number | undefined {
  const node = at(spec, "stressors", stressor, field)?.node;
  return node?.kind === "number" ? node.value : undefined;
}
