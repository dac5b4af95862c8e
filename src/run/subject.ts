import type { AcceptedRun } from "./accept.ts";
import type { RunSubject } from "./ports.ts";
import { reportOf } from "./report-of.ts";
import { begin } from "./step.ts";

/** What a journal may show of a run as soon as it is claimed. */
export function subjectOf(run: AcceptedRun): RunSubject {
  const report = run.kind === "accepted" ? reportOf(begin(run.terms).phase, 0) : run.report;
  const { experiment, repository, manifest } = report;
  return {
    kind: experiment.kind,
    namespace: experiment.namespace,
    name: experiment.name,
    repository: `${repository.owner}/${repository.name}`,
    pullRequest: report.pullRequest,
    commit: report.headSha,
    environment: report.environment,
    path: `${manifest.path}#${manifest.index}`,
    sha256: manifest.sha256,
    requester: report.requester,
    expiresAt: run.expiresAt,
    ticket: run.ticket,
  };
}
