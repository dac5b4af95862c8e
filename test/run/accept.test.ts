import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { accept } from "../../src/run/accept.ts";
import { DEFAULT_GUARD } from "../../src/run/terms.ts";
import type { TicketClaims } from "../../src/ticket/claims.ts";
import { someClaims } from "../fakes/ticket.ts";

const PATH = "chaos/delay.yaml";
/** 2.7 reads any of Go's durations as a latency; 2.8 asks for one number with one unit. */
const TWO_UNITS = `apiVersion: chaos-mesh.org/v1alpha1
kind: NetworkChaos
metadata: { name: slow-payment, namespace: staging }
spec:
  action: delay
  mode: one
  selector: { namespaces: [staging], labelSelectors: { app: checkout-service } }
  delay: { latency: 1s500ms }
  duration: 5s
`;

function accepted(version: Pick<TicketClaims, "chaos_mesh">): string {
  const sha256 = createHash("sha256").update(TWO_UNITS).digest("hex");
  const claims = someClaims({ manifests: { [PATH]: sha256 }, ...version });
  const delivery = {
    ticket: "a.b.c",
    payload: JSON.parse(JSON.stringify(claims)),
    repository: { owner: "acme", name: "shop" },
    files: [{ path: PATH, text: TWO_UNITS, sha256 }],
  };
  const here = { clusterId: "cluster-1", runner: "runner-1", environments: [], guard: DEFAULT_GUARD };
  const answer = accept(delivery, { ...here, now: claims.iat * 1000 });
  return answer.kind === "malformed" ? answer.problems.join() : answer.runs.map(({ kind }) => kind).join();
}

describe("a ticket's manifest is read as the version of Chaos Mesh that the review asked", () => {
  it.each([
    { version: { chaos_mesh: "2.7" } as const, answer: "accepted" },
    { version: { chaos_mesh: "2.8" } as const, answer: "refused" },
    { version: {}, answer: "refused" },
  ])("$version: $answer", ({ version, answer }) => {
    expect(accepted(version)).toBe(answer);
  });

  it("and no other", () => {
    expect(accepted(JSON.parse('{"chaos_mesh":"3.0"}'))).toContain("chaos_mesh must be 2.7 or 2.8");
  });
});
