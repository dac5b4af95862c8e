// Faults by an existing installation of Chaos Mesh: an object for each victim is made, its conditions are followed, and it is deleted
// until it is really gone, which is when Chaos Mesh has recovered the pod. Nothing is remembered here: labels on the objects say whose
// they are. There is no lease: without a runner only the object's own duration ends a fault.

import type { Clock } from "../clock.ts";
import { messageOf } from "../errors.ts";
import { CHAOS_MESH_KINDS, CHAOS_MESH_NODE } from "../run/chaos-mesh-order.ts";
import type { Faults, NodeCapabilities, VictimRef } from "../run/ports.ts";
import type { Api } from "./api.ts";
import { inject } from "./chaos-mesh-inject.ts";
import {
  type Found,
  fence,
  GROUP,
  get,
  isTakenAway,
  LOOK_EVERY_MS,
  labelsOf,
  listOurs,
  lookAt,
  lookFor,
  RUN_LABEL,
  stateOf,
  VICTIM_LABEL,
} from "./chaos-mesh-objects.ts";
import { heard } from "./chaos-mesh-refusals.ts";
import { record, refused } from "./list.ts";

export type ChaosMeshOptions = {
  readonly api: Api;
  readonly clock: Clock;
  /** How long an injection may take until every record says so. */
  readonly injectWithinMs: number;
  /** How long one attempt at a recovery is waited for; the run tries again. */
  readonly recoverWithinMs: number;
};

/** As the builtin engine's: a poll renews, and this long an undo that fails is tried again before what is left is told. */
const RENEWAL = { renewEverySeconds: 15, expiresAfterSeconds: 45 };
const MAX_DURATION_MS = 86_400_000;

/** The faults port over the objects of Chaos Mesh. */
export function createChaosMeshFaults(options: ChaosMeshOptions): Faults {
  const { api } = options;
  return {
    capabilities: () => heard(() => capabilities(api)),
    inject: (_, request) => heard(() => inject(options, request)),
    renew: (_, runId, epoch) => heard(() => renew(api, runId, epoch)),
    revert: (_, runId, epoch, faultId) => heard(() => revert(options, runId, epoch, faultId)),
    residue: (_, victims) => heard(() => residue(api, victims)),
    active: (_, runId) => heard(async () => (await listOurs(api, ofRun(runId))).map(faultOf)),
  };
}

const ofRun = (runId: string) => `${RUN_LABEL}=${runId}`;
const faultOf = ({ fault }: Found) => fault;

async function capabilities(api: Api): Promise<NodeCapabilities> {
  const effects = await installed(api);
  return { node: CHAOS_MESH_NODE, effects, maxDurationMs: MAX_DURATION_MS, lease: RENEWAL };
}

/**
 * An object whose own duration is over is still there, and counts as held: Chaos Mesh counts in whole seconds, and so up to one less than
 * the run, whose own deadline ends it as a whole a moment later.
 */
async function renew(api: Api, runId: string, epoch: number): ReturnType<Faults["renew"]> {
  const { found, unread } = await lookFor(api, ofRun(runId));
  for (const one of found) fence(one, epoch);
  const taken = found.find(isTakenAway);
  if (taken !== undefined) return { kind: "lost", why: `somebody deleted ${taken.title}, or holds it up` };
  if (found.length > 0) return { kind: "renewed", remainingMs: RENEWAL.expiresAfterSeconds * 1000 };
  for (const { thrown } of unread) throw thrown;
  return { kind: "lost" };
}

async function installed(api: Api): Promise<NodeCapabilities["effects"]> {
  const { status, body } = await api.ask({ method: "GET", path: GROUP });
  if (status !== 200 && status !== 404) throw refused(api, GROUP, status, body);
  const { resources } = record(body);
  const names = new Set((Array.isArray(resources) ? resources : []).map((one) => record(one).name));
  return Object.entries(CHAOS_MESH_KINDS).map(([effect, plural]) => {
    const available = names.has(plural);
    return { effect, available, backEnd: "Chaos Mesh", reason: available ? "" : "Chaos Mesh is not installed here" };
  });
}

async function revert(
  { api, clock, recoverWithinMs }: ChaosMeshOptions,
  runId: string,
  epoch: number,
  faultId: string | undefined,
): Promise<{ readonly reverted: number; readonly failures: readonly string[] }> {
  const { found, unread } = await lookFor(api, ofRun(runId));
  const mine = found.filter(({ fault }) => faultId === undefined || fault === faultId);
  for (const one of mine) fence(one, epoch);
  const tried: { readonly one: Found; readonly why: string | undefined }[] = [];
  for (const one of newestFirst(mine)) tried.push({ one, why: await whyNotDeleted(api, one.path) });
  const refusals = tried.flatMap(({ one, why }) => (why === undefined ? [] : [`${one.title} was not deleted: ${why}`]));
  const end = clock.now() + recoverWithinMs;
  let left: readonly Leaving[] = tried.flatMap(({ one, why }) => (why === undefined ? [one] : []));
  while (left.length > 0) {
    left = (await Promise.all(left.map((one) => stillThere(api, one)))).flat();
    if (left.length === 0 || clock.now() >= end) break;
    await clock.sleep(LOOK_EVERY_MS);
  }
  const stuck = left.map(whyNotRecovered);
  const reverted = mine.length - refusals.length - stuck.length;
  return { reverted, failures: [...refusals, ...stuck, ...unread.map(({ why }) => why)] };
}

/** Deleted, and not gone yet; what is known of one that nobody answered for is from before. */
type Leaving = Found & { readonly isUnanswered?: boolean };

async function stillThere(api: Api, one: Leaving): Promise<readonly Leaving[]> {
  const item = await lookAt(api, one.path);
  if (item === undefined) return [];
  return [item === "unanswered" ? { ...one, isUnanswered: true } : { ...one, item, isUnanswered: false }];
}

function whyNotRecovered({ title, item, isUnanswered }: Leaving): string {
  if (isUnanswered) return `${title} was deleted, and the API server did not say whether it is recovered`;
  return `${title} was deleted and is not recovered: ${stateOf(item)}`;
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
