import { refusal } from "../../src/kubernetes/api.ts";
import type { ChaosRunSpec } from "../../src/kubernetes/crd/chaos-run.ts";
import type { RunStore, StatusPatch, StoredRun } from "../../src/kubernetes/run-store.ts";

type Trouble = "none" | "away" | "answer lost";

export type FakeRunStore = RunStore & {
  /** What happens to the next requests, one after the other; none when they are used up. */
  readonly troubles: Trouble[];
  /** Changes a spec, as a person would: the object has another version afterwards. */
  touch(name: string): void;
};

/** ChaosRuns in memory, with versions and merges as an API server makes them. */
export function createFakeRunStore(): FakeRunStore {
  const runs = new Map<string, StoredRun>();
  const troubles: Trouble[] = [];
  let version = 0;

  async function asked<T>(work: () => T): Promise<T> {
    const trouble = troubles.shift() ?? "none";
    if (trouble === "away") throw refusal("unreachable", "nobody is there");
    const answer = work();
    if (trouble === "answer lost") throw refusal("timeout", "no answer");
    return answer;
  }

  function put(run: Omit<StoredRun, "resourceVersion">): StoredRun {
    const stored = { ...run, resourceVersion: String(++version) };
    runs.set(run.name, stored);
    return stored;
  }

  return {
    troubles,
    touch(name) {
      const run = runs.get(name);
      if (run !== undefined) put(run);
    },
    names: () => asked(() => [...runs.keys()].sort()),
    get: (name) => asked(() => runs.get(name)),
    create: (name, run: ChaosRunSpec["run"]) =>
      asked(() => {
        if (runs.has(name)) return false;
        put({ name, uid: name, spec: JSON.parse(JSON.stringify({ run })), status: {} });
        return true;
      }),
    take: (name, term, holder) =>
      asked(() => {
        const run = runs.get(name);
        if ((run?.status.holder as { term: number } | undefined)?.term !== term || run === undefined) return undefined;
        return put({ ...run, status: { ...run.status, holder } });
      }),
    abort: (name, abort) =>
      asked(() => {
        const run = runs.get(name);
        if (run !== undefined && run.spec.abort === undefined) put({ ...run, spec: { ...run.spec, abort } });
      }),
    retire: () => asked(() => []),
    tell: (name, resourceVersion, status) =>
      asked(() => {
        const run = runs.get(name);
        if (run === undefined) throw refusal("error", "not found", { status: 404 });
        if (run.resourceVersion !== resourceVersion) return { kind: "conflict" };
        const told = put({ ...run, status: merged(run.status, status) });
        return { kind: "told", resourceVersion: told.resourceVersion, uid: told.uid };
      }),
  };
}

/** Only JSON goes over the wire. */
function merged(before: StoredRun["status"], patch: StatusPatch): StoredRun["status"] {
  const { journal, ...rest } = JSON.parse(JSON.stringify(patch)) as StatusPatch;
  const entries = { ...(before.journal as object), ...journal };
  const kept = Object.fromEntries(Object.entries(entries).filter(([, text]) => text !== null));
  return { ...before, ...rest, journal: kept };
}
