import type { Report } from "../report.ts";
import { shown } from "../text/quote.ts";
import { at, type Located, textAt } from "../yaml/node.ts";
import { isOneShot } from "./duration.ts";

// What the object says beside its fault: that it is paused, given up without recovery, or meant for another cluster.

const PAUSE = "experiment.chaos-mesh.org/pause";
const GIVE_UP = "chaos-mesh.chaos-mesh.org/cleanFinalizer";

/** Reports annotations of a new object that make it do nothing, too much, or never end. */
export function reportAnnotations(kind: string, document: Located, report: Report): void {
  const pause = at(document, "metadata", "annotations", PAUSE);
  const giveUp = at(document, "metadata", "annotations", GIVE_UP);
  if (pause !== undefined && textAt(document, "metadata", "annotations", PAUSE) === "true")
    reportPause(isOneShot(kind, at(document, "spec") ?? document), pause, report);
  if (giveUp !== undefined && textAt(document, "metadata", "annotations", GIVE_UP) === "forced")
    reportGivingUp(giveUp, report);
}

/** Read in controllers/common/desiredphase: a one-shot object is always in the phase Run, whatever its annotations say. */
function reportPause(oneShot: boolean, { path, key }: Located, report: Report): void {
  if (oneShot)
    report.finding(
      { path, span: key },
      {
        code: "pause-ignored",
        severity: "error",
        message: "The object is annotated as paused, and what happens once cannot be paused: it happens on creation.",
        fix: "Do not apply the object before it may happen, or put it into a Schedule, which can be paused.",
      },
    );
  else
    report.finding(
      { path, span: key },
      {
        code: "created-paused",
        severity: "warning",
        message:
          "The object is annotated as paused, so it is created and nothing is injected until the annotation goes.",
        fix: "Remove the annotation, or leave it and know that no run will show anything.",
      },
    );
}

/** Read in controllers/common/finalizers. */
function reportGivingUp({ path, key }: Located, report: Report): void {
  report.finding(
    { path, span: key },
    {
      code: "recovery-given-up",
      severity: "error",
      message:
        "cleanFinalizer: forced lets the object be deleted while its fault is still in the pods; nobody takes it out then.",
      fix: "Remove the annotation; it is for an object that cannot be recovered any more, by hand.",
    },
  );
}

/** Reports an experiment that is sent to another cluster, which neither a snapshot nor the boundaries are about. */
export function reportRemoteCluster(spec: Located, report: Report): void {
  const remote = at(spec, "remoteCluster");
  const name = textAt(spec, "remoteCluster") ?? "";
  if (remote === undefined || name === "") return;
  report.finding(
    { path: remote.path, span: remote.key },
    {
      code: "another-cluster",
      severity: "error",
      message: `${remote.path} sends the experiment to the cluster ${shown(name)}; what is said here about pods and boundaries is about this one.`,
      fix: "Remove it, and keep the experiment with the environment of the cluster that it is for.",
    },
  );
}

const COMPONENTS: Readonly<Record<string, string>> = {
  KernelChaos: "bpfki, which the Helm chart leaves out (bpfki.create: false), and kernel headers on every node",
  BlockChaos: "the kernel module chaos-driver on every node, which the Helm chart does not bring",
};

/** Reports kinds that a default installation of Chaos Mesh admits and cannot inject. */
export function reportComponent(kind: string, { path, key }: Located, report: Report): void {
  const needed = Object.hasOwn(COMPONENTS, kind) ? COMPONENTS[kind] : undefined;
  if (needed === undefined) return;
  report.finding(
    { path, span: key },
    {
      code: "component-needed",
      severity: "notice",
      message: `${kind} needs ${needed}; without it the object is admitted and cannot be injected.`,
      fix: "Ask who runs the cluster whether it is there.",
    },
  );
}
