// The ChaosRuns of one namespace, as the API server has them: read, made, told. What it answers is looked at and never assumed.

import { type Api, jsonBody } from "./api.ts";
import { CHAOS_RUN, type ChaosRunSpec, type ChaosRunStatus } from "./crd/chaos-run.ts";
import { GROUP, pathOf, VERSION } from "./crd/definition.ts";
import { type Item, listAll, METADATA_ONLY, record, refused } from "./list.ts";

/** Keeps a run whose ticket still lives, or whose fault might, from being forgotten. */
export const FINALIZER = "chaosgate.dev/claim";

export type StoredRun = {
  readonly name: string;
  readonly uid: string;
  readonly resourceVersion: string;
  readonly spec: Item;
  readonly status: Item;
};

/** Who writes: a leader's name, and the number of its lease's term. */
export type Holder = NonNullable<ChaosRunStatus["holder"]>;

export type Told =
  | {
      readonly kind: "told";
      readonly resourceVersion: string;
      readonly uid: string;
      /** Somebody wants it to end: by spec.abort, or by deleting it. */
      readonly abort?: { readonly by: string; readonly reason: string };
    }
  /** Somebody else changed the object since. */
  | { readonly kind: "conflict" };

export type RunStore = {
  readonly names: () => Promise<readonly string[]>;
  readonly get: (name: string) => Promise<StoredRun | undefined>;
  /** False where it is there already. */
  readonly create: (name: string, run: ChaosRunSpec["run"], claimant: string) => Promise<boolean>;
  /** Merges into the status, if the object is still at `resourceVersion`. */
  /**
   * Writes another holder over the one of `term`, whatever else is written meanwhile, and answers the run as it is then. Undefined
   * where somebody else did so first.
   */
  readonly take: (name: string, term: number, holder: Holder) => Promise<StoredRun | undefined>;
  /** Asks a run to end; one that was asked already keeps its first reason. */
  readonly abort: (name: string, abort: { readonly by: string; readonly reason: string }) => Promise<void>;
  /** Lets go of deleted runs that have ended and whose ticket nobody can use any more; answers their names. */
  readonly retire: (nowMs: number) => Promise<readonly string[]>;
  readonly tell: (name: string, resourceVersion: string, status: StatusPatch) => Promise<Told>;
};

/** A status in which null takes a field away. */
export type StatusPatch = Omit<ChaosRunStatus, "journal"> & {
  readonly journal: Readonly<Record<string, string | null>>;
};

/** Who claimed a run, for a claimant whose answer was lost. */
const CLAIMANT = "chaosgate.dev/claimant";
/** When its ticket ends. */
const EXPIRES = "chaosgate.dev/expires-at";

/** The runs of chaosgate's own namespace. */
export function createRunStore(api: Api, namespace: string): RunStore {
  const collection = pathOf(CHAOS_RUN, namespace);
  const at = (name: string) => `${collection}/${encodeURIComponent(name)}`;
  return {
    names: async () => (await listAll(api, collection, METADATA_ONLY)).map(nameOf).sort(),
    get: (name) => get(api, at(name)),
    take: (name, term, holder) => take(api, at(name), term, holder),
    abort: async (name, abort) => {
      const patch = jsonBody({ spec: { abort } }, "application/merge-patch+json");
      const { status, body } = await api.ask({ method: "PATCH", path: at(name), body: patch });
      if (status !== 200 && status !== 422) throw refused(api, at(name), status, body);
    },
    retire: (nowMs) => retire(api, collection, at, nowMs),
    create: (name, run, claimant) => create(api, collection, at(name), { name, run, claimant }),
    tell: async (name, resourceVersion, status) => {
      const path = `${at(name)}/status`;
      const patch = jsonBody({ metadata: { resourceVersion }, status }, "application/merge-patch+json");
      const { status: code, body } = await api.ask({ method: "PATCH", path, body: patch });
      if (code === 409) return { kind: "conflict" };
      if (code !== 200) throw refused(api, path, code, body);
      return toldOf(record(body));
    },
  };
}

/** Not under the object's version: an old holder may write faster than anybody could read and answer. */
async function take(api: Api, path: string, term: number, holder: Holder): Promise<StoredRun | undefined> {
  const patch = [
    { op: "test", path: "/status/holder/term", value: term },
    { op: "replace", path: "/status/holder", value: holder },
  ];
  const body = jsonBody(patch, "application/json-patch+json");
  const answer = await api.ask({ method: "PATCH", path: `${path}/status`, body });
  // A test that does not hold is 422.
  if (answer.status === 409 || answer.status === 422) return undefined;
  if (answer.status !== 200) throw refused(api, path, answer.status, answer.body);
  return storedRun(answer.body);
}

function toldOf({ metadata, spec }: Item): Told {
  const { resourceVersion, uid, deletionTimestamp } = record(metadata);
  const { by, reason } = record(record(spec).abort);
  const told = { kind: "told", resourceVersion: String(resourceVersion), uid: String(uid) } as const;
  if (typeof reason === "string")
    return { ...told, abort: { by: typeof by === "string" ? by : "whoever changed its ChaosRun", reason } };
  if (deletionTimestamp === undefined) return told;
  return { ...told, abort: { by: "whoever deleted its ChaosRun", reason: "the object was deleted" } };
}

async function get(api: Api, path: string): Promise<StoredRun | undefined> {
  const { status, body } = await api.ask({ method: "GET", path });
  if (status === 404) return undefined;
  if (status !== 200) throw refused(api, path, status, body);
  return storedRun(body);
}

function storedRun(body: unknown): StoredRun {
  const object = record(body);
  const { name, uid, resourceVersion } = record(object.metadata);
  return {
    name: String(name),
    uid: String(uid),
    resourceVersion: String(resourceVersion),
    spec: record(object.spec),
    status: record(object.status),
  };
}

async function retire(
  api: Api,
  collection: string,
  at: (name: string) => string,
  nowMs: number,
): Promise<readonly string[]> {
  const deleted = (await listAll(api, collection, METADATA_ONLY)).filter((item) => isForgettable(item, nowMs));
  const gone: string[] = [];
  for (const name of deleted.map(nameOf)) {
    const run = await get(api, at(name));
    const { phase } = run?.status ?? {};
    // A run that goes on is somebody's to end; one that never began has nothing to undo.
    if (run === undefined || (phase !== "finished" && phase !== "claimed" && phase !== undefined)) continue;
    const patch = jsonBody({ metadata: { finalizers: null } }, "application/merge-patch+json");
    const { status, body } = await api.ask({ method: "PATCH", path: at(name), body: patch });
    if (status !== 200 && status !== 404) throw refused(api, at(name), status, body);
    gone.push(name);
  }
  return gone;
}

function isForgettable({ metadata }: Item, nowMs: number): boolean {
  const { deletionTimestamp, annotations } = record(metadata);
  const expires = Date.parse(String(record(annotations)[EXPIRES]));
  return deletionTimestamp !== undefined && !Number.isNaN(expires) && expires < nowMs;
}

type Created = { readonly name: string; readonly run: ChaosRunSpec["run"]; readonly claimant: string };

async function create(api: Api, collection: string, own: string, { name, run, claimant }: Created): Promise<boolean> {
  const expires = run.about?.expiresAt;
  const annotations = { [CLAIMANT]: claimant, ...(expires !== undefined && { [EXPIRES]: expires }) };
  const metadata = { name, finalizers: [FINALIZER], annotations };
  const object = { apiVersion: `${GROUP}/${VERSION}`, kind: CHAOS_RUN.kind, metadata, spec: { run } };
  try {
    const { status, body } = await api.ask({ method: "POST", path: collection, body: jsonBody(object) });
    if (status === 201) return true;
    if (status === 409) return false;
    throw refused(api, collection, status, body);
  } catch (thrown) {
    // The answer may have been lost and not the request: whoever is written there has the run.
    const found = await claimantOf(api, own).catch(() => undefined);
    if (found === undefined) throw thrown;
    return found === claimant;
  }
}

async function claimantOf(api: Api, path: string): Promise<string | undefined> {
  const { status, body } = await api.ask({ method: "GET", path });
  if (status !== 200) return undefined;
  const found = record(record(record(body).metadata).annotations)[CLAIMANT];
  return typeof found === "string" ? found : "";
}

function nameOf(item: Item): string {
  return String(record(item.metadata).name);
}
