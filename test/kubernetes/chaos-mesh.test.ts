import { describe, expect, it } from "vitest";
import { systemClock } from "../../src/clock.ts";
import type { Api, ApiAnswer, ApiRequest } from "../../src/kubernetes/api.ts";
import { createChaosMeshFaults } from "../../src/kubernetes/chaos-mesh.ts";
import { CHAOS_MESH_NODE } from "../../src/run/chaos-mesh-order.ts";

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
