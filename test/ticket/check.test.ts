import { describe, expect, it } from "vitest";
import { checkTicket, type Presentation } from "../../src/ticket/check.ts";
import type { TicketClaims } from "../../src/ticket/claims.ts";
import { runId } from "../../src/ticket/id.ts";
import { parseClaims } from "../../src/ticket/parse.ts";
import { someClaims } from "../fakes/ticket.ts";

const HERE: Presentation = {
  clusterId: "cluster-1",
  nowSeconds: 1_700_000_010,
  kind: "once" as const,
  environments: ["staging"],
  repository: { owner: "Acme", name: "shop" },
  digests: { "chaos/delay.yaml": "b".repeat(64) },
};

const codes = (claims: TicketClaims, presented: Presentation = HERE) =>
  checkTicket(claims, presented).map(({ code }) => code);

describe("a ticket", () => {
  it("is accepted where and while it is meant", () => {
    expect(codes(someClaims())).toEqual([]);
  });

  it.each([
    { code: "other-cluster", claims: { aud: "cluster-2" } },
    { code: "expired", claims: { exp: HERE.nowSeconds } },
    { code: "not-yet-valid", claims: { iat: HERE.nowSeconds + 61 } },
    { code: "lives-too-long", claims: { exp: 1_700_003_601 } },
    { code: "other-environment", claims: { environment: "production" } },
    { code: "other-repository", claims: { repository: { id: 8, owner: "evil", name: "shop" } } },
    { code: "bytes-changed", claims: { manifests: { "chaos/delay.yaml": "c".repeat(64) } } },
    { code: "bytes-missing", claims: { documents: [{ path: "chaos/other.yaml", index: 0 }] } },
    { code: "no-objective", claims: { objectives: [] } },
  ])("is refused as $code", ({ code, claims }) => {
    expect(codes(someClaims(claims))).toEqual([code]);
  });

  it("is refused when a file that it names did not come along, even one that is named like a method", () => {
    expect(codes(someClaims(), { ...HERE, digests: {} })).toEqual(["bytes-missing"]);
    expect(codes(someClaims({ documents: [{ path: "toString", index: 0 }] }))).toEqual(["bytes-missing"]);
  });

  it("is refused with every reason at once", () => {
    expect(codes(someClaims({ aud: "cluster-2", exp: 1_700_000_005, objectives: [] }))).toEqual([
      "other-cluster",
      "expired",
      "no-objective",
    ]);
  });

  it("names its runs by the document's number", () => {
    expect(runId("t0", 3)).toBe("t0-3");
  });
});

describe("claims", () => {
  it("are read when they are whole", () => {
    expect(parseClaims(JSON.parse(JSON.stringify(someClaims())))).toEqual({ kind: "claims", claims: someClaims() });
  });

  it.each<{ name: string; payload: unknown; problem: string }>([
    { name: "nothing", payload: null, problem: "ticket must be an object" },
    { name: "a list", payload: [], problem: "ticket must be an object" },
    {
      name: "another kind",
      payload: someClaims({ kind: "ever" as "once" }),
      problem: "ticket.kind must be once or standing",
    },
    {
      name: "an id that is no file name",
      payload: someClaims({ jti: "../../etc" }),
      problem: "ticket.jti must be t and 20 hex digits",
    },
    {
      name: "a limit in words",
      payload: { ...someClaims(), limits: { ...someClaims().limits, max_pods: "5" } },
      problem: "ticket.limits.max_pods",
    },
    {
      name: "a share above the whole",
      payload: { ...someClaims(), limits: { ...someClaims().limits, max_percent: 101 } },
      problem: "ticket.limits.max_percent",
    },
    { name: "a missing seed", payload: { ...someClaims(), seed: undefined }, problem: "ticket.seed is missing" },
    {
      name: "more documents than anybody reviews",
      payload: someClaims({ documents: Array(101).fill({ path: "a", index: 0 }) }),
      problem: "at most 100 entries",
    },
    {
      name: "an objective with half a bound",
      payload: { ...someClaims(), objectives: [{ ...someClaims().objectives[0], bound: { kind: "below" } }] },
      problem: "ticket.objectives[0].bound.value is missing",
    },
  ])("are malformed with $name", ({ payload, problem }) => {
    const parsed = parseClaims(payload);
    expect(parsed).toMatchObject({ kind: "malformed" });
    expect(parsed.kind === "malformed" ? parsed.problems.join("; ") : "").toContain(problem);
  });
});
