import { describe, expect, it } from "vitest";
import { systemClock } from "../../src/clock.ts";
import { AppError } from "../../src/errors.ts";
import type { Api, ApiAnswer, ApiRequest } from "../../src/kubernetes/api.ts";
import { createChaosMeshFaults } from "../../src/kubernetes/chaos-mesh.ts";
import { CHAOS_MESH_NODE } from "../../src/run/chaos-mesh-order.ts";
import type { FaultRequest } from "../../src/run/ports.ts";
import { createFakeClock } from "../fakes/clock.ts";

const RUN = `t${"0".repeat(20)}-0`;

function anObject(fault: string): object {
  const labels = { "chaosgate.dev/run": RUN, "chaosgate.dev/fault": fault };
  return {
    metadata: { name: `${RUN}-${fault}`, namespace: "shop", labels, annotations: { "chaosgate.dev/epoch": "1" } },
  };
}

/** A server with DNSChaos f0, f1 and f2, of which `kept` cannot be deleted; says what was deleted in which order. */
function aServer(kept: (path: string) => ApiAnswer | undefined): { readonly api: Api; readonly deleted: string[] } {
  const objects = new Map(["f0", "f1", "f2"].map((fault) => [`${RUN}-${fault}`, anObject(fault)]));
  const deleted: string[] = [];
  const ask = async ({ method, path }: ApiRequest): Promise<ApiAnswer> => {
    const name = path.split("/").at(-1) ?? "";
    if (method === "GET" && name === "dnschaos") return { status: 200, body: { items: [...objects.values()] } };
    if (method === "GET")
      return objects.has(name) ? { status: 200, body: objects.get(name) } : { status: 404, body: {} };
    deleted.push(name.slice(-2));
    const refusal = kept(name);
    if (refusal === undefined) objects.delete(name);
    return refusal ?? { status: 200, body: {} };
  };
  const follow = () => Promise.reject(new Error("nothing is followed here"));
  return { api: { server: "https://api.test", namespace: "default", ask, follow }, deleted };
}

function revertedBy({ api }: { readonly api: Api }) {
  const faults = createChaosMeshFaults({ api, clock: systemClock, injectWithinMs: 0, recoverWithinMs: 0 });
  return faults.revert(CHAOS_MESH_NODE, RUN, 1);
}

describe("reverting objects of Chaos Mesh", () => {
  it("deletes the newest first", async () => {
    const server = aServer(() => undefined);
    expect(await revertedBy(server)).toEqual({ reverted: 3, failures: [] });
    expect(server.deleted).toEqual(["f2", "f1", "f0"]);
  });

  it.each([
    { name: "is refused", kept: (): ApiAnswer => ({ status: 403, body: { message: "no rights" } }), says: "no rights" },
    {
      name: "is not answered",
      kept: (): ApiAnswer => {
        throw new Error("the server did not answer");
      },
      says: "did not answer",
    },
  ])("goes on with the others where a deletion $name, and tells it", async ({ kept, says }) => {
    const server = aServer((name) => (name.endsWith("f2") ? kept() : undefined));
    const { reverted, failures } = await revertedBy(server);
    expect(server.deleted).toEqual(["f2", "f1", "f0"]);
    expect(reverted).toBe(2);
    expect(failures).toEqual([expect.stringMatching(`f2 was not deleted: .*${says}`)]);
  });
});

type Meeting = "done" | "its answer is lost" | "it never arrives" | ApiAnswer;
type Made = { metadata: Record<string, unknown>; status?: object };

const noAnswer = () => new AppError("CLUSTER_REFUSED", "no answer within 4 s", { facts: { reason: "timeout" } });

/** A server for one DNSChaos, which Chaos Mesh injects at once; `meets` says what becomes of each request. */
function aMesh(meets: (request: ApiRequest, nth: number) => Meeting) {
  const clock = createFakeClock();
  let object: Made | undefined;
  let nth = 0;
  function done({ method, path, body }: ApiRequest): ApiAnswer {
    if (method === "POST" && object !== undefined) return { status: 409, body: {} };
    if (method === "POST") {
      const made = JSON.parse(Buffer.from(body?.bytes ?? []).toString()) as Made;
      const experiment = { desiredPhase: "Run", containerRecords: [{ id: "shop/cart", phase: "Injected" }] };
      object = { ...made, status: { conditions: [{ type: "AllInjected", status: "True" }], experiment } };
      return { status: 201, body: object };
    }
    if (method === "DELETE") object = undefined;
    if (path.endsWith("/dnschaos")) return { status: 200, body: { items: object === undefined ? [] : [object] } };
    return path.endsWith("-f0") && object !== undefined ? { status: 200, body: object } : { status: 404, body: {} };
  }
  const ask = async (request: ApiRequest): Promise<ApiAnswer> => {
    nth += 1;
    const meeting = meets(request, nth);
    if (typeof meeting === "object") return meeting;
    if (meeting === "it never arrives") throw noAnswer();
    const answer = done(request);
    if (meeting === "its answer is lost") throw noAnswer();
    return answer;
  };
  const follow = () => Promise.reject(new Error("nothing is followed here"));
  const api: Api = { server: "https://api.test", namespace: "default", ask, follow };
  return {
    faults: createChaosMeshFaults({ api, clock, injectWithinMs: 2_000, recoverWithinMs: 2_000 }),
    object: () => object,
    become: (metadata: object, status: object) => {
      object = { metadata: { ...object?.metadata, ...metadata }, status };
    },
  };
}

const request: FaultRequest = {
  ticket: "a.b.c",
  runId: RUN,
  faultId: "f0",
  epoch: 1,
  victim: { namespace: "shop", pod: "cart", podUid: "u", container: "main" },
  deadlineMs: 20_000,
  fault: { kind: "chaos-mesh", chaosKind: "DNSChaos", spec: { action: "error" } },
};

describe("an API server that does not answer the chaos-mesh engine", () => {
  const onPost =
    (meeting: Meeting) =>
    ({ method }: ApiRequest): Meeting =>
      method === "POST" ? meeting : "done";

  it("may have made the object all the same: it is read back by its name", async () => {
    const { faults } = aMesh(onPost("its answer is lost"));
    expect(await faults.inject(CHAOS_MESH_NODE, request)).toMatchObject({ faultId: "f0", felt: { attested: true } });
  });

  it.each([
    { name: "has not made it, as far as anybody can see", meeting: "it never arrives" as const },
    { name: "says that something went wrong", meeting: { status: 500, body: { message: "no answer within 4 s" } } },
  ])("is given the order again where it $name, and its words are told", async ({ meeting }) => {
    const { faults } = aMesh(onPost(meeting));
    await expect(faults.inject(CHAOS_MESH_NODE, request)).rejects.toMatchObject({
      code: "DAEMON_UNREACHABLE",
      message: expect.stringMatching(/nobody knows whether DNSChaos .* will be made: .*no answer within 4 s/),
    });
  });

  it("has made what was seen: when that is gone, somebody took it away", async () => {
    const looks: ApiAnswer[] = [
      { status: 200, body: { metadata: { name: `${RUN}-f0`, namespace: "shop" } } },
      { status: 404, body: {} },
    ];
    const { faults } = aMesh(({ method }) => (method === "POST" ? "its answer is lost" : (looks.shift() ?? "done")));
    await expect(faults.inject(CHAOS_MESH_NODE, request)).rejects.toMatchObject({
      code: "DAEMON_REFUSED",
      message: expect.stringContaining("was deleted while it was injected"),
    });
  });

  it("is waited for no longer than a recovery may take, and its silence is no state", async () => {
    const { faults } = aMesh(({ method, path }, nth) =>
      method === "GET" && path.endsWith("-f0") && nth > 2 ? "it never arrives" : "done",
    );
    await faults.inject(CHAOS_MESH_NODE, request);
    const { failures } = await faults.revert(CHAOS_MESH_NODE, RUN, 1);
    expect(failures).toEqual([expect.stringContaining("the API server did not say whether it is recovered")]);
  });

  it("is not asked again where it refuses", async () => {
    const { faults } = aMesh(onPost({ status: 403, body: { message: "no rights" } }));
    await expect(faults.inject(CHAOS_MESH_NODE, request)).rejects.toMatchObject({ code: "DAEMON_REFUSED" });
  });

  it("is looked at again while an injection is waited for", async () => {
    const { faults } = aMesh((_, nth) => (nth === 2 ? "it never arrives" : "done"));
    expect(await faults.inject(CHAOS_MESH_NODE, request)).toMatchObject({ faultId: "f0" });
  });

  it("is looked at again while a recovery is waited for, and hides nothing of it", async () => {
    let silent = 0;
    const { faults, object } = aMesh(({ method, path }) => {
      const isLook = method === "GET" && path.endsWith("-f0");
      if (object() !== undefined || !isLook || silent === 2) return "done";
      silent += 1;
      return "it never arrives";
    });
    await faults.inject(CHAOS_MESH_NODE, request);
    expect(await faults.revert(CHAOS_MESH_NODE, RUN, 1)).toEqual({ reverted: 1, failures: [] });
    expect(silent).toBe(2);
  });

  it("has lost no run: who renews is told that nobody answered, and asks again", async () => {
    const { faults, object } = aMesh(() => (object() === undefined ? "done" : "it never arrives"));
    await faults.inject(CHAOS_MESH_NODE, request).catch(() => undefined);
    await expect(faults.renew(CHAOS_MESH_NODE, RUN, 1)).rejects.toMatchObject({ code: "DAEMON_UNREACHABLE" });
  });
});

describe("a kind that cannot be listed", () => {
  const noStress = ({ path }: ApiRequest): Meeting =>
    path.endsWith("/stresschaos") ? { status: 403, body: { message: "no rights for it" } } : "done";

  it("keeps no object of another from being deleted, and is told", async () => {
    const { faults, object } = aMesh(noStress);
    await faults.inject(CHAOS_MESH_NODE, request);
    const { reverted, failures } = await faults.revert(CHAOS_MESH_NODE, RUN, 1);
    expect({ reverted, left: object() }).toEqual({ reverted: 1, left: undefined });
    expect(failures).toEqual([expect.stringMatching(/^StressChaos could not be looked for: .*no rights for it/)]);
  });

  it("ends no run whose own objects are seen, and is never taken for nothing that is left", async () => {
    const { faults } = aMesh(noStress);
    await faults.inject(CHAOS_MESH_NODE, request);
    expect(await faults.renew(CHAOS_MESH_NODE, RUN, 1)).toMatchObject({ kind: "renewed" });
    await expect(faults.active(CHAOS_MESH_NODE, RUN)).rejects.toMatchObject({ code: "DAEMON_REFUSED" });
    await expect(faults.residue(CHAOS_MESH_NODE, [request.victim])).rejects.toMatchObject({ code: "DAEMON_REFUSED" });
  });
});

describe("an object of Chaos Mesh that has stopped", () => {
  it.each([
    { name: "has done what was asked: its time is over", metadata: {}, kind: "renewed" },
    {
      name: "is lost where somebody holds it up",
      metadata: { annotations: { "chaosgate.dev/epoch": "1", "experiment.chaos-mesh.org/pause": "true" } },
      kind: "lost",
    },
    {
      name: "is lost where somebody deleted it",
      metadata: { deletionTimestamp: "2026-11-27T12:00:00Z" },
      kind: "lost",
    },
  ])("$name, and is there until it is deleted", async ({ metadata, kind }) => {
    const { faults, become } = aMesh(() => "done");
    await faults.inject(CHAOS_MESH_NODE, request);
    const conditions = [{ type: "AllRecovered", status: "True" }];
    become(metadata, { conditions, experiment: { desiredPhase: "Stop", containerRecords: [] } });
    expect((await faults.renew(CHAOS_MESH_NODE, RUN, 1)).kind).toBe(kind);
    expect(await faults.active(CHAOS_MESH_NODE, RUN)).toEqual(["f0"]);
  });
});
