// Creations that admission refused, as Kubernetes events in chaosgate's own namespace: the object that was refused does not exist, so they
// are about the runner that refused it. One that is lost is lost; the log has it too.

import { randomUUID } from "node:crypto";
import { messageOf } from "../errors.ts";
import { jsonBody } from "./api.ts";
import { GROUP } from "./crd/definition.ts";
import { refused } from "./list.ts";
import type { RunEventsOptions } from "./run-events.ts";

export type RefusedCreation = {
  readonly user: string;
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  readonly why: readonly string[];
};

/** Whoever floods the webhook must not flood the API server by it. */
const MOST_UNDER_WAY = 8;
const LONGEST_NOTE = 1024;

/** Posts an event for each refusal; never throws. */
export function createRefusalEvents(options: RunEventsOptions): (refusal: RefusedCreation) => void {
  let underWay = 0;
  return (refusal) => {
    if (underWay >= MOST_UNDER_WAY) return;
    underWay += 1;
    void post(options, refusal)
      .catch((thrown: unknown) => options.log.error({ why: messageOf(thrown) }, "event was not taken"))
      .finally(() => {
        underWay -= 1;
      });
  };
}

async function post({ api, namespace, reporter, clock }: RunEventsOptions, refusal: RefusedCreation): Promise<void> {
  const path = `/apis/events.k8s.io/v1/namespaces/${namespace}/events`;
  const what = `${refusal.kind} ${refusal.namespace}/${refusal.name}`;
  const event = {
    apiVersion: "events.k8s.io/v1",
    kind: "Event",
    metadata: { name: `chaosgate-refused-${randomUUID()}`, namespace },
    eventTime: new Date(clock.now()).toISOString().replace("Z", "000Z"),
    type: "Warning",
    reason: "CreationRefused",
    action: "Admission",
    note: `${refusal.user} may not create ${what}: ${refusal.why.join("; ")}`.slice(0, LONGEST_NOTE),
    regarding: { apiVersion: "apps/v1", kind: "Deployment", namespace, name: "chaosgate-runner" },
    reportingController: `${GROUP}/admission`,
    reportingInstance: reporter,
  };
  const { status, body } = await api.ask({ method: "POST", path, body: jsonBody(event) });
  if (status !== 201) throw refused(api, path, status, body);
}
