import { describe, expect, it } from "vitest";
import { AppError } from "../../src/errors.ts";
import type { Api, ApiAnswer, ApiRequest } from "../../src/kubernetes/api.ts";
import { type Leadership, lead } from "../../src/kubernetes/leadership.ts";
import { createFakeClock } from "../fakes/clock.ts";

type Spec = { holderIdentity: string; leaseTransitions: number };
type Lease = { metadata: { resourceVersion: string }; spec: Spec };

/** A server with one lease, which loses the answers to writes by their number, and takes every write all the same. */
function aServer(lost: readonly number[]) {
  let lease: Lease | undefined;
  let writes = 0;
  const keep = (spec: Spec): Lease => {
    lease = { metadata: { resourceVersion: String(Number(lease?.metadata.resourceVersion ?? 0) + 1) }, spec };
    return lease;
  };
  function write({ method, body }: ApiRequest): ApiAnswer {
    const { metadata, spec } = JSON.parse(Buffer.from(body?.bytes ?? []).toString()) as Lease;
    const isStale =
      method === "POST" ? lease !== undefined : metadata.resourceVersion !== lease?.metadata.resourceVersion;
    if (isStale) return { status: 409, body: {} };
    const answer = { status: method === "POST" ? 201 : 200, body: keep(spec) };
    writes += 1;
    if (lost.includes(writes)) throw new AppError("CLUSTER_REFUSED", "no answer", { facts: { reason: "timeout" } });
    return answer;
  }
  const ask = async (asked: ApiRequest): Promise<ApiAnswer> => {
    if (asked.method !== "GET") return write(asked);
    return lease === undefined ? { status: 404, body: {} } : { status: 200, body: lease };
  };
  const follow = () => Promise.reject(new Error("nothing is followed here"));
  const api: Api = { server: "https://api.test", namespace: "chaosgate", ask, follow };
  return { api, usurp: (spec: Spec) => void keep(spec), lease: () => lease?.spec };
}

type Server = ReturnType<typeof aServer>;

async function leading(server: Server) {
  const clock = createFakeClock();
  const log = { info: () => undefined, error: () => undefined };
  const begun = clock.now();
  const options = {
    api: server.api,
    namespace: "chaosgate",
    name: "lease",
    identity: "us",
    owner: undefined,
    clock,
    log,
  };
  const leadership = await lead(options, new AbortController().signal);
  if (leadership === undefined) throw new Error("nobody told it to stop");
  return { clock, leadership, waitedMs: clock.now() - begun };
}

/** Until it has renewed a few times, or lost. */
const aWhile = async ({ clock, leadership }: { clock: ReturnType<typeof createFakeClock>; leadership: Leadership }) => {
  await clock.sleep(9_000);
  return leadership.lost.aborted;
};

describe("a lease whose holder does not hear every answer", () => {
  it.each([
    { name: "the first renewal", lost: [2] },
    { name: "two renewals in a row", lost: [2, 3] },
  ])("is kept, under the same term, when the answer to $name is lost", async ({ lost }) => {
    const server = aServer(lost);
    const led = await leading(server);
    expect(await aWhile(led)).toBe(false);
    await led.leadership.release();
    expect(server.lease()).toMatchObject({ holderIdentity: "", leaseTransitions: led.leadership.term });
  });

  it("is led at the next look when the answer to its taking is lost, and not after a lease's time", async () => {
    const { leadership, waitedMs } = await leading(aServer([1]));
    expect(waitedMs).toBeLessThan(3_000);
    await leadership.release();
  });

  it.each([
    { name: "another's", spec: { holderIdentity: "them", leaseTransitions: 1e9 } },
    { name: "of another term", spec: { holderIdentity: "us", leaseTransitions: 1e9 } },
  ])("is lost where it turns out to be $name", async ({ spec }) => {
    const server = aServer([]);
    const led = await leading(server);
    server.usurp(spec);
    expect(await aWhile(led)).toBe(true);
    await led.leadership.release();
    expect(server.lease()).toEqual(spec);
  });
});
