import type { RunReport } from "../../run/report.ts";

/** A report for readers who may not know what runs where: sentences lose the names of pods and nodes, the timeline goes. */
export function withoutNames(report: RunReport): RunReport {
  const names = namesIn(report);
  const said = (text: string) => names.reduce((left, [name, stand]) => left.replaceAll(name, stand), text);
  return {
    ...report,
    ...(report.because !== undefined && { because: said(report.because) }),
    measured: report.measured.map((each) => ({ ...each, how: said(each.how) })),
    timeline: [],
  };
}

/** Longest first, so that `checkout-1` does not cut `checkout-12` in two. */
function namesIn({ victims, measured }: RunReport): readonly (readonly [name: string, stand: string])[] {
  const pods = [...victims.flatMap(({ pod, podUid }) => [pod, podUid]), ...measured.flatMap(ends)];
  const nodes = victims.map(({ node }) => node);
  return [...pods.map((name) => [name, "a pod"] as const), ...nodes.map((name) => [name, "a node"] as const)]
    .filter(([name]) => name !== "")
    .sort(([one], [other]) => other.length - one.length);
}

/** Both ends of `victim -> peer`. */
function ends({ subject }: { readonly subject: string }): readonly string[] {
  const [from, to] = subject.split(" -> ");
  return from === undefined || to === undefined ? [] : [from, to];
}
