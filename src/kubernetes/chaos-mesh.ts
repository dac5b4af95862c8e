// Faults by an existing installation of Chaos Mesh: an object for each victim is made, its conditions are followed, and it is deleted
// until it is really gone, which is when Chaos Mesh has recovered the pod. Nothing is remembered here: labels on the objects say whose
// they are. There is no lease: without a runner only the object's own duration ends a fault.

import type { Clock } from "../clock.ts";
import { AppError, messageOf } from "../errors.ts";
import { CHAOS_MESH_KINDS, CHAOS_MESH_NODE } from "../run/chaos-mesh-order.ts";
import type { FaultReceipt, FaultRequest, Faults, VictimRef } from "../run/ports.ts";
import { type Api, jsonBody } from "./api.ts";
import { type Item, record, refused } from "./list.ts";

const GROUP = "/apis/chaos-mesh.org/v1alpha1";

export const RUN_LABEL = "chaosgate.dev/run";
const FAULT_LABEL = "chaosgate.dev/fault";
const VICTIM_LABEL = "chaosgate.dev/pod-uid";
const EPOCH = "chaosgate.dev/epoch";

export type ChaosMeshOptions = {
  readonly api: Api;
  readonly clock: Clock;
  /** How long an injection may take until every record says so. */
  readonly injectWithinMs: number;
  /** How long one attempt at a recovery is waited for; the run tries again. */
  readonly recoverWithinMs: number;
};

/** Between two looks at an object that is on its way. */
const LOOK_EVERY_MS = 250;
/** As the builtin engine's: a poll renews, and this long an undo that fails is tried again before what is left is told. */
const RENEWAL = { renewEverySeconds: 15, expiresAfterSeconds: 45 };
const MAX_DURATION_MS = 86_400_000;

/** The faults port over the objects of Chaos Mesh. */
export function createChaosMeshFaults(options: ChaosMeshOptions): Faults {
  const { api } = options;
  return {
    capabilities: async () => ({
      node: CHAOS_MESH_NODE,
      effects: await installed(api),
      maxDurationMs: MAX_DURATION_MS,
      lease: RENEWAL,
    }),
    inject: (_, request) => inject(options, request),
    async renew(_, runId, epoch) {
      const objects = await ofRun(api, runId);
      for (const one of objects) fence(one, epoch);
      const gone = objects.length === 0 || objects.some(isEnding);
      return gone ? { kind: "lost" } : { kind: "renewed", remainingMs: RENEWAL.expiresAfterSeconds * 1000 };
    },
    revert: (_, runId, epoch, faultId) => revert(options, runId, epoch, faultId),
    residue: (_, victims) => residue(api, victims),
    active: async (_, runId) => (await ofRun(api, runId)).map(({ fault }) => fault),
  };
}

type Found = {
  readonly kind: string;
  readonly path: string;
  readonly title: string;
  readonly fault: string;
  readonly item: Item;
};

async function installed(api: Api): Promise<Awaited<ReturnType<Faults["capabilities"]>>["effects"]> {
  const { status, body } = await api.ask({ method: "GET", path: GROUP });
  if (status !== 200 && status !== 404) throw refused(api, GROUP, status, body);
  const { resources } = record(body);
  const names = new Set((Array.isArray(resources) ? resources : []).map((one) => record(one).name));
  return Object.entries(CHAOS_MESH_KINDS).map(([effect, plural]) => {
    const available = names.has(plural);
    return { effect, available, backEnd: "Chaos Mesh", reason: available ? "" : "Chaos Mesh is not installed here" };
  });
}

async function inject({ api, clock, injectWithinMs }: ChaosMeshOptions, request: FaultRequest): Promise<FaultReceipt> {
  const { runId, faultId, epoch, victim, deadlineMs, fault } = request;
  if (fault.kind !== "chaos-mesh") throw doubt(`it does not know faults of kind ${fault.kind}`);
  const collection = `${GROUP}/namespaces/${encodeURIComponent(victim.namespace)}/${CHAOS_MESH_KINDS[fault.chaosKind]}`;
  const name = `${runId}-${faultId}`;
  const spec = {
    ...fault.spec,
    mode: "all",
    selector: { pods: { [victim.namespace]: [victim.pod] } },
    duration: `${Math.round(deadlineMs)}ms`,
  };
  const labels = { [RUN_LABEL]: runId, [FAULT_LABEL]: faultId, [VICTIM_LABEL]: victim.podUid };
  const metadata = { name, namespace: victim.namespace, labels, annotations: { [EPOCH]: String(epoch) } };
  const object = { apiVersion: "chaos-mesh.org/v1alpha1", kind: fault.chaosKind, metadata, spec };
  const created = await api.ask({ method: "POST", path: collection, body: jsonBody(object) });
  if (created.status !== 201 && created.status !== 409) throw refused(api, collection, created.status, created.body);
  const end = clock.now() + injectWithinMs;
  for (;;) {
    const found = await get(api, `${collection}/${name}`);
    if (found === undefined)
      throw doubt(`${fault.chaosKind} ${victim.namespace}/${name} was deleted while it was injected`);
    fence(foundOf(fault.chaosKind, found), epoch);
    if (isTrue(found, "AllInjected") && records(found).length > 0) return receiptOf(request, fault.chaosKind);
    if (clock.now() >= end)
      throw doubt(
        `Chaos Mesh did not inject ${fault.chaosKind} ${name} within ${injectWithinMs / 1000} s: ${stateOf(found)}`,
      );
    await clock.sleep(LOOK_EVERY_MS);
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

async function revert(
  { api, clock, recoverWithinMs }: ChaosMeshOptions,
  runId: string,
  epoch: number,
  faultId: string | undefined,
): Promise<{ readonly reverted: number; readonly failures: readonly string[] }> {
  const mine = (await ofRun(api, runId)).filter(({ fault }) => faultId === undefined || fault === faultId);
  for (const one of mine) fence(one, epoch);
  const tried: { readonly one: Found; readonly why: string | undefined }[] = [];
  for (const one of newestFirst(mine)) tried.push({ one, why: await whyNotDeleted(api, one.path) });
  const refusals = tried.flatMap(({ one, why }) => (why === undefined ? [] : [`${one.title} was not deleted: ${why}`]));
  const end = clock.now() + recoverWithinMs;
  let left: readonly Found[] = tried.flatMap(({ one, why }) => (why === undefined ? [one] : []));
  while (left.length > 0) {
    const looked = await Promise.all(left.map(async (one) => ({ ...one, item: await get(api, one.path) })));
    left = looked.flatMap(({ item, ...one }) => (item === undefined ? [] : [{ ...one, item }]));
    if (left.length === 0 || clock.now() >= end) break;
    await clock.sleep(LOOK_EVERY_MS);
  }
  const stuck = left.map(({ title, item }) => `${title} was deleted and is not recovered: ${stateOf(item)}`);
  const failures = [...refusals, ...stuck];
  return { reverted: mine.length - failures.length, failures };
}

function newestFirst(found: readonly Found[]): readonly Found[] {
  return found.toSorted((a, b) => Number(b.fault.slice(1)) - Number(a.fault.slice(1)));
}

/** Asks for a deletion; an object that cannot be deleted must not keep the others. */
async function whyNotDeleted(api: Api, path: string): Promise<string | undefined> {
  try {
    const { status, body } = await api.ask({ method: "DELETE", path });
    return [200, 202, 404].includes(status) ? undefined : messageOf(refused(api, path, status, body));
  } catch (thrown) {
    return messageOf(thrown);
  }
}

/**
 * What is left: our objects, and rules that Chaos Mesh keeps for a pod on behalf of one. The second stay where somebody forced an
 * object's finalizer away without a recovery.
 */
async function residue(api: Api, victims: readonly VictimRef[]): Promise<readonly string[]> {
  const uids = new Set(victims.map(({ podUid }) => podUid));
  const objects = (await listOurs(api)).filter(({ item }) => uids.has(String(labelsOf(item)[VICTIM_LABEL])));
  const rules = await Promise.all(victims.map((victim) => rulesOf(api, victim)));
  return [...objects.map(({ title, item }) => `${title} is still there: ${stateOf(item)}`), ...rules.flat()];
}

/** Kinds that Chaos Mesh keeps for its own use, one object for each pod. */
const POD_KINDS = { PodNetworkChaos: "podnetworkchaos", PodIOChaos: "podiochaos", PodHttpChaos: "podhttpchaos" };

async function rulesOf(api: Api, { namespace, pod }: VictimRef): Promise<readonly string[]> {
  const found: string[] = [];
  for (const [kind, plural] of Object.entries(POD_KINDS)) {
    const path = `${GROUP}/namespaces/${encodeURIComponent(namespace)}/${plural}/${encodeURIComponent(pod)}`;
    const object = await get(api, path);
    const sources = Object.values(record(object?.spec)).flatMap((list) =>
      (Array.isArray(list) ? list : []).map((rule) => String(record(rule).source ?? "")),
    );
    const ours = [...new Set(sources)].filter((source) => /(^|\/)t[0-9a-f]{20}-\d{1,10}-f\d+$/.test(source));
    if (ours.length > 0) found.push(`${kind} ${namespace}/${pod} still holds rules of ${ours.join(", ")}`);
  }
  return found;
}

const ofRun = (api: Api, runId: string): Promise<readonly Found[]> => listOurs(api, `${RUN_LABEL}=${runId}`);

/** Of every kind and namespace; a kind that is not installed has no objects. */
async function listOurs(api: Api, selector = RUN_LABEL): Promise<readonly Found[]> {
  const lists = await Promise.all(
    Object.entries(CHAOS_MESH_KINDS).map(async ([kind, plural]) => {
      const path = `${GROUP}/${plural}`;
      const { status, body } = await api.ask({ method: "GET", path, query: { labelSelector: selector } });
      if (status === 404) return [];
      if (status !== 200) throw refused(api, path, status, body);
      const { items } = record(body);
      return (Array.isArray(items) ? items : []).map((item) => foundOf(kind, record(item)));
    }),
  );
  return lists.flat();
}

function foundOf(kind: string, item: Item): Found {
  const { name, namespace } = record(item.metadata);
  const path = `${GROUP}/namespaces/${encodeURIComponent(String(namespace))}/${CHAOS_MESH_KINDS[kind]}/${encodeURIComponent(String(name))}`;
  return { kind, path, title: `${kind} ${namespace}/${name}`, fault: String(labelsOf(item)[FAULT_LABEL]), item };
}

async function get(api: Api, path: string): Promise<Item | undefined> {
  const { status, body } = await api.ask({ method: "GET", path });
  if (status === 404) return undefined;
  if (status !== 200) throw refused(api, path, status, body);
  return record(body);
}

/** A runner whose term is over decides nothing any more. */
function fence({ item, title }: Found, epoch: number): void {
  const held = Number(record(record(item.metadata).annotations)[EPOCH]);
  if (epoch < held) throw doubt(`${title} belongs to term ${held}, and this runner's is ${epoch}`);
}

function isEnding({ item }: Found): boolean {
  const { desiredPhase } = record(record(item.status).experiment);
  return record(item.metadata).deletionTimestamp !== undefined || desiredPhase === "Stop";
}

function isTrue(item: Item, type: string): boolean {
  const { conditions } = record(item.status);
  return (Array.isArray(conditions) ? conditions : [])
    .map(record)
    .some((one) => one.type === type && one.status === "True");
}

function records(item: Item): readonly Item[] {
  const { containerRecords } = record(record(item.status).experiment);
  return (Array.isArray(containerRecords) ? containerRecords : []).map(record);
}

/** What Chaos Mesh says of its records, and the last thing that went wrong. */
function stateOf(item: Item): string {
  const told = records(item).map(({ id, phase, events }) => {
    const failures = (Array.isArray(events) ? events : []).map(record).filter(({ type }) => type === "Failed");
    const last = failures.at(-1)?.message;
    return `${String(id)} is ${String(phase)}${typeof last === "string" ? ` (${last.slice(0, 200)})` : ""}`;
  });
  const { finalizers } = record(item.metadata);
  const held = Array.isArray(finalizers) && finalizers.length > 0 ? `, held by ${finalizers.join(", ")}` : "";
  return `${told.length === 0 ? "it has no record of any pod" : told.join("; ")}${held}`;
}

function labelsOf(item: Item): Item {
  return record(record(item.metadata).labels);
}

function doubt(why: string): AppError {
  return new AppError("DAEMON_REFUSED", `could not use Chaos Mesh: ${why}`, { facts: { node: CHAOS_MESH_NODE } });
}
