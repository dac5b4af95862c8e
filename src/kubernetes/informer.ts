// One collection kept up to date: listed once, watched from there, listed again when the server has forgotten where we were. What is
// kept of an object is only what its reader makes of it, so ten thousand pods are a few megabytes. The client library's informer
// keeps whole objects and cannot ask for metadata alone.

import type { Clock } from "../clock.ts";
import { AppError, messageOf } from "../errors.ts";
import { type Api, refusal } from "./api.ts";
import { type Item, listFrom, METADATA_ONLY, record } from "./list.ts";

export type InformerOptions<T> = {
  readonly api: Api;
  readonly path: string;
  /** Of the list and of each object of the watch. */
  readonly accept?: { readonly list: string; readonly watch: string };
  readonly clock: Clock;
  /** Undefined leaves the object out. */
  readonly read: (item: Item) => T | undefined;
  readonly onTrouble?: (why: string) => void;
};

export type Informer<T> = {
  /** Follows the collection until `signal` aborts; resolves when it was read for the first time. */
  start(signal: AbortSignal): Promise<void>;
  /** Every object, in the same list until one changes. Throws when nothing was heard of the collection for too long. */
  values(): readonly T[];
};

/**
 * A server ends a watch by itself after this, and it begins anew, which is a word even of a collection in which nothing happens: a
 * connection can die without one, and bookmarks come once a minute.
 */
const WATCH_SECONDS = 10;
/** A watch of which nothing came for so long is dead. */
const SILENT_MS = 15_000;
/** Since the last word of the collection. Longer than a server's restart takes, shorter than a guard could be wrong by. */
const STALE_MS = 30_000;
const RETRY_MS = { least: 200, most: 10_000 };

/** Pages of metadata, and a watch of metadata. */
export const METADATA = {
  list: METADATA_ONLY,
  watch: "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1,application/json",
};

type State<T> = {
  readonly objects: Map<string, T>;
  /** Made when it is first asked for after a change. */
  values: readonly T[] | undefined;
  resourceVersion: string;
  /** When the server last said anything of the collection. */
  heardAt: number;
};

/** An informer that has read nothing yet. */
export function createInformer<T>(options: InformerOptions<T>): Informer<T> {
  const { clock, path } = options;
  const state: State<T> = { objects: new Map(), values: undefined, resourceVersion: "", heardAt: 0 };
  return {
    async start(signal) {
      await relist(options, state);
      void follow(options, state, signal);
    },
    values() {
      const silentMs = clock.now() - state.heardAt;
      if (silentMs < STALE_MS) {
        state.values ??= [...state.objects.values()];
        return state.values;
      }
      const seconds = Math.round(silentMs / 1000);
      throw refusal("timeout", `nothing was heard of ${path} for ${seconds} s: what is known may be wrong`, { path });
    },
  };
}

async function relist<T>({ api, path, accept, clock, read }: InformerOptions<T>, state: State<T>): Promise<void> {
  const asked = clock.now();
  const { items, resourceVersion } = await listFrom(api, path, accept?.list);
  state.objects.clear();
  state.values = undefined;
  for (const item of items) keep(read, state, item);
  state.resourceVersion = resourceVersion;
  state.heardAt = asked;
}

/** Never rejects: trouble is said, and tried again after a growing while. */
async function follow<T>(options: InformerOptions<T>, state: State<T>, signal: AbortSignal): Promise<void> {
  let wait = RETRY_MS.least;
  while (!signal.aborted) {
    try {
      if (state.resourceVersion === "") await relist(options, state);
      await watch(options, state, signal);
      wait = RETRY_MS.least;
      await options.clock.sleep(wait, signal);
    } catch (thrown) {
      if (signal.aborted) return;
      // Wherever we were: a server that refuses to go on from there is asked for everything.
      if (thrown instanceof AppError && thrown.facts.reason === "error") state.resourceVersion = "";
      options.onTrouble?.(messageOf(thrown));
      await options.clock.sleep(wait, signal);
      wait = Math.min(2 * wait, RETRY_MS.most);
    }
  }
}

async function watch<T>(options: InformerOptions<T>, state: State<T>, signal: AbortSignal): Promise<void> {
  const { api, path, accept, clock } = options;
  const silent = new AbortController();
  const query = {
    watch: "true",
    allowWatchBookmarks: "true",
    timeoutSeconds: String(WATCH_SECONDS),
    resourceVersion: state.resourceVersion,
  };
  const asked = { path, query, ...(accept !== undefined && { accept: accept.watch }) };
  const over = new AbortController();
  try {
    const lines = await api.follow(asked, AbortSignal.any([signal, silent.signal]));
    state.heardAt = clock.now();
    void endWhenSilent(clock, state, silent, over.signal);
    for await (const line of lines) {
      state.heardAt = clock.now();
      if (!hear(options.read, state, record(JSON.parse(line)))) return;
    }
    if (silent.signal.aborted && !signal.aborted) throw refusal("timeout", `nothing came from the watch of ${path}`);
  } finally {
    over.abort();
  }
}

/** Aborts a watch of which nothing came for too long, until it is over. */
async function endWhenSilent(
  clock: Clock,
  state: Pick<State<unknown>, "heardAt">,
  silent: AbortController,
  over: AbortSignal,
): Promise<void> {
  while (!over.aborted && !silent.signal.aborted) {
    const leftMs = state.heardAt + SILENT_MS - clock.now();
    if (leftMs <= 0) silent.abort();
    else await clock.sleep(leftMs, over);
  }
}

/** False: the server has forgotten where we were, and everything is read anew. */
function hear<T>(read: InformerOptions<T>["read"], state: State<T>, { type, object }: Item): boolean {
  const item = record(object);
  if (type === "ERROR") {
    // 410 Gone, which is an answer, and whatever else ends a watch.
    state.resourceVersion = "";
    return false;
  }
  const { resourceVersion } = record(item.metadata);
  if (typeof resourceVersion === "string") state.resourceVersion = resourceVersion;
  if (type === "ADDED" || type === "MODIFIED") keep(read, state, item);
  if (type === "DELETED") state.objects.delete(uidOf(item));
  state.values = undefined;
  return true;
}

function keep<T>(read: InformerOptions<T>["read"], { objects }: State<T>, item: Item): void {
  const value = read(item);
  if (value === undefined) objects.delete(uidOf(item));
  else objects.set(uidOf(item), value);
}

function uidOf(item: Item): string {
  const { uid } = record(item.metadata);
  return typeof uid === "string" ? uid : "";
}
