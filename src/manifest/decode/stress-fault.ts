import type { StressFaultSpec } from "../experiment.ts";
import { sizeOf } from "../text/go-size.ts";
import { at, type Located, numberAt, textAt } from "../yaml/node.ts";
import { textsOf } from "./texts.ts";

/** stress-ng's own default, which Chaos Mesh leaves in force where no load is written. */
const WHOLE_CORE = 100;

/** What an accepted StressChaos starts, in numbers. Where stressngStressors is written, nothing starts (chaos-mesh#3783). */
export function stressFaultOf(spec: Located | undefined): StressFaultSpec {
  const containerNames = textsOf(at(spec, "containerNames"));
  if ((textAt(spec, "stressngStressors") ?? "") !== "") return { containerNames };
  const [cpu, fill] = [at(spec, "stressors", "cpu"), at(spec, "stressors", "memory")];
  const workers = numberAt(cpu, "workers") ?? 0;
  const load = numberAt(cpu, "load") ?? WHOLE_CORE;
  const size = (numberAt(fill, "workers") ?? 0) > 0 ? textAt(fill, "size") : undefined;
  const memory = size === undefined ? undefined : sizeOf(size);
  return {
    containerNames,
    ...(workers > 0 && load > 0 && { cpu: { workers, load } }),
    ...(memory !== undefined && { memory }),
  };
}
