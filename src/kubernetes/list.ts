import { AppError } from "../errors.ts";
import { type Api, refusal } from "./api.ts";

/** What was read of one list entry; fields are looked at by whoever knows the kind. */
export type Item = Readonly<Record<string, unknown>>;

/** Large enough that 50,000 pods are 100 requests, small enough that no single answer burdens the server. */
const PAGE = 500;

/** One more than this and the cluster is not read at all: a snapshot that leaves out somebody would be wrong in silence. */
const MOST_ITEMS = 100_000;

/** Only the metadata of each object, for kinds of which nothing else is needed. */
export const METADATA_ONLY = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json";

export type Listed = {
  readonly items: readonly Item[] /** From where a watch goes on. */;
  readonly resourceVersion: string;
};

/** Every object of a collection, page by page; once more from the start when the server's own snapshot of it expires. */
export async function listAll(api: Api, path: string, accept?: string): Promise<readonly Item[]> {
  return (await listFrom(api, path, accept)).items;
}

/** The same, with the version of the collection that was read. */
export async function listFrom(api: Api, path: string, accept?: string): Promise<Listed> {
  const listed = (await pages(api, path, accept)) ?? (await pages(api, path, accept));
  if (listed !== undefined) return listed;
  throw refusal("error", `${path} expired twice while it was being read: the cluster is too slow for a snapshot`, {
    path,
  });
}

/** Nothing: the list expired between two pages (410). */
async function pages(api: Api, path: string, accept?: string): Promise<Listed | undefined> {
  const items: Item[] = [];
  let next = "";
  let resourceVersion = "";
  do {
    const query = { limit: String(PAGE), ...(next !== "" && { continue: next }) };
    const { status, body } = await api.ask({ method: "GET", path, query, ...(accept !== undefined && { accept }) });
    if (status === 410) return undefined;
    if (status !== 200) throw refused(api, path, status, body);
    const page = pageOf(body);
    items.push(...page.items);
    if (items.length > MOST_ITEMS) throw refusal("too-large", `${path} has more than ${MOST_ITEMS} objects`, { path });
    ({ next, resourceVersion } = page);
  } while (next !== "");
  return { items, resourceVersion };
}

function pageOf(body: unknown): Listed & { readonly next: string } {
  const { items, metadata } = record(body);
  const { continue: next, resourceVersion } = record(metadata);
  return {
    items: Array.isArray(items) ? items.map(record) : [],
    next: typeof next === "string" ? next : "",
    resourceVersion: typeof resourceVersion === "string" ? resourceVersion : "",
  };
}

/** The refusal for an answer that is none of those expected. */
export function refused(api: Api, path: string, status: number, body: unknown): Error {
  const { message } = record(body);
  const said = typeof message === "string" ? message : `status ${status}`;
  const facts = { path, status };
  if (status === 401) {
    return refusal("unauthorized", `${api.server} does not know these credentials: ${said}; renew them`, facts);
  }
  if (status === 403) {
    const fix = "give the account the rules of docs/cluster.md";
    return refusal("forbidden", `may not use ${path}: ${said}; ${fix}`, facts);
  }
  return refusal("error", `${api.server} refused a request for ${path}: ${said}`, facts);
}

/** What may be gone at the next try. Whether a write was done is not known then. */
export function isPassing(thrown: unknown): boolean {
  if (!(thrown instanceof AppError) || thrown.code !== "CLUSTER_REFUSED") return false;
  const { reason, status } = thrown.facts;
  return reason === "error"
    ? !(Number(status) < 500) || status === 429
    : reason === "unreachable" || reason === "timeout";
}

/** A JSON object, or an empty one in place of anything else. */
export function record(value: unknown): Item {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? { ...value } : {};
}
