// One fault by Chaos Mesh: its object is made, and looked at until every record says that it is injected.

import { type AppError, messageOf } from "../errors.ts";
import { CHAOS_MESH_KINDS } from "../run/chaos-mesh-order.ts";
import type { FaultReceipt, FaultRequest } from "../run/ports.ts";
import { type Api, jsonBody } from "./api.ts";
import type { ChaosMeshOptions } from "./chaos-mesh.ts";
import {
  EPOCH,
  FAULT_LABEL,
  fence,
  foundOf,
  GROUP,
  isTrue,
  LOOK_EVERY_MS,
  lookAt,
  RUN_LABEL,
  records,
  stateOf,
  VICTIM_LABEL,
} from "./chaos-mesh-objects.ts";
import { doubt, silence } from "./chaos-mesh-refusals.ts";
import { type Item, isPassing, refused } from "./list.ts";

/** The server's own limit for making an object, webhooks of others included: less than the 4 s that a runner waits for an answer. */
const MAKES_WITHIN = { timeout: "3s" };

/** Resolves when Chaos Mesh says that it has injected; the same fault may be asked for again. */
export async function inject(
  { api, clock, injectWithinMs }: ChaosMeshOptions,
  request: FaultRequest,
): Promise<FaultReceipt> {
  const { kind, collection, name, object } = objectOf(request);
  let unanswered = await make(api, collection, object);
  const title = `${kind} ${request.victim.namespace}/${name}`;
  const end = clock.now() + injectWithinMs;
  for (;;) {
    const found = await lookAt(api, `${collection}/${name}`);
    if (found === undefined) {
      if (unanswered !== undefined) throw silence(`nobody knows whether ${title} will be made: ${unanswered}`);
      throw doubt(`${title} was deleted while it was injected`);
    }
    if (found !== "unanswered") {
      // Whoever sees it gone after that sees that it was taken away.
      unanswered = undefined;
      fence(foundOf(kind, found), request.epoch);
      if (isTrue(found, "AllInjected") && records(found).length > 0) return receiptOf(request, kind);
    }
    if (clock.now() >= end) throw late(kind, name, injectWithinMs, found);
    await clock.sleep(LOOK_EVERY_MS);
  }
}

function late(kind: string, name: string, withinMs: number, found: Item | "unanswered"): AppError {
  const within = `within ${withinMs / 1000} s`;
  if (found === "unanswered")
    return silence(`the API server did not say ${within} whether ${kind} ${name} is injected`);
  return doubt(`Chaos Mesh did not inject ${kind} ${name} ${within}: ${stateOf(found)}`);
}

function objectOf({ runId, faultId, epoch, victim, deadlineMs, fault }: FaultRequest) {
  if (fault.kind !== "chaos-mesh") throw doubt(`it does not know faults of kind ${fault.kind}`);
  const { chaosKind: kind } = fault;
  const collection = `${GROUP}/namespaces/${encodeURIComponent(victim.namespace)}/${CHAOS_MESH_KINDS[kind]}`;
  const name = `${runId}-${faultId}`;
  const spec = {
    ...fault.spec,
    mode: "all",
    selector: { pods: { [victim.namespace]: [victim.pod] } },
    duration: `${Math.round(deadlineMs)}ms`,
  };
  const labels = { [RUN_LABEL]: runId, [FAULT_LABEL]: faultId, [VICTIM_LABEL]: victim.podUid };
  const metadata = { name, namespace: victim.namespace, labels, annotations: { [EPOCH]: String(epoch) } };
  return { kind, collection, name, object: { apiVersion: "chaos-mesh.org/v1alpha1", kind, metadata, spec } };
}

/**
 * An object that is there already is ours, by its name. One whose answer was lost may be there, or come: then why there was none. The
 * server gives up before we do, so that nothing comes after we have looked.
 */
async function make(api: Api, collection: string, object: object): Promise<string | undefined> {
  try {
    const { status, body } = await api.ask({
      method: "POST",
      path: collection,
      query: MAKES_WITHIN,
      body: jsonBody(object),
    });
    if (status !== 201 && status !== 409) throw refused(api, collection, status, body);
    return undefined;
  } catch (thrown) {
    if (isPassing(thrown)) return messageOf(thrown);
    throw thrown;
  }
}

function receiptOf({ faultId }: FaultRequest, effect: string): FaultReceipt {
  // Chaos Mesh says that it acted; nobody measured it.
  const felt = {
    measured: false,
    felt: true,
    attested: true,
    how: "Chaos Mesh reports AllInjected, nothing was measured",
  } as const;
  return { faultId, effect, backEnd: "Chaos Mesh", felt, did: [] };
}
