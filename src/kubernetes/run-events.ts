// Changes of phase as Kubernetes events on the ChaosRun, for `kubectl describe`. Nobody waits for one, and one that is lost is lost:
// the status is the truth.

import type { Clock } from "../clock.ts";
import { messageOf } from "../errors.ts";
import type { Log } from "../run/ports.ts";
import { type Api, jsonBody } from "./api.ts";
import { CHAOS_RUN } from "./crd/chaos-run.ts";
import { GROUP, VERSION } from "./crd/definition.ts";
import { refused } from "./list.ts";
import type { PhaseChange } from "./run-journal.ts";

export type RunEventsOptions = {
  readonly api: Api;
  readonly namespace: string;
  readonly reporter: string;
  readonly clock: Clock;
  readonly log: Log;
};

/** Fewer than an API server that is slow would pile up. */
const MOST_UNDER_WAY = 32;
const LONGEST_NOTE = 1024;

/** Posts an event for each change of phase; never throws. */
export function createRunEvents(options: RunEventsOptions): (change: PhaseChange) => void {
  let underWay = 0;
  return (change) => {
    if (underWay >= MOST_UNDER_WAY) return;
    underWay += 1;
    void post(options, change)
      .catch((thrown: unknown) =>
        options.log.error({ run: change.runId, why: messageOf(thrown) }, "event was not taken"),
      )
      .finally(() => {
        underWay -= 1;
      });
  };
}

async function post({ api, namespace, reporter, clock }: RunEventsOptions, change: PhaseChange): Promise<void> {
  const { runId, uid, phase, because, verdict } = change;
  const path = `/apis/events.k8s.io/v1/namespaces/${namespace}/events`;
  const note = `${verdict === undefined ? "" : `${verdict}: `}${because}`.slice(0, LONGEST_NOTE);
  const event = {
    apiVersion: "events.k8s.io/v1",
    kind: "Event",
    metadata: { generateName: `${runId}-`, namespace },
    eventTime: new Date(clock.now()).toISOString().replace("Z", "000Z"),
    type: verdict === undefined || verdict === "resilient" ? "Normal" : "Warning",
    reason: camel(phase),
    action: "Run",
    note: note === "" ? phase : note,
    regarding: { apiVersion: `${GROUP}/${VERSION}`, kind: CHAOS_RUN.kind, namespace, name: runId, uid },
    reportingController: `${GROUP}/runner`,
    reportingInstance: reporter,
  };
  const { status, body } = await api.ask({ method: "POST", path, body: jsonBody(event) });
  if (status !== 201) throw refused(api, path, status, body);
}

/** `rolling-back` as RollingBack, the way Kubernetes writes reasons. */
function camel(words: string): string {
  return words.replace(/(?:^|-)([a-z])/g, (_, letter: string) => letter.toUpperCase());
}
