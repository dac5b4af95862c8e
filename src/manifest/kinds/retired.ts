import type { Mistake } from "../report.ts";

/** Fields of Chaos Mesh 1.x that manifests still carry; version 2.0 removed them in July 2021. */
export const RETIRED_IN_VERSION_2: Readonly<Record<string, Mistake>> = {
  scheduler: {
    code: "scheduler-of-version-1",
    message:
      "spec.scheduler belongs to Chaos Mesh 1.x and was removed in 2.0: the cluster refuses it, and where an older client drops it silently the experiment runs once instead of on its schedule.",
    fix: "Move the experiment into an object of kind Schedule (spec.schedule, spec.type and the experiment's block); `chaosgate fix` does it.",
  },
  paused: {
    code: "paused-of-version-1",
    message: "spec.paused belongs to Chaos Mesh 1.x and was removed in 2.0.",
    fix: 'Use the annotation experiment.chaos-mesh.org/pause: "true" instead.',
  },
};
