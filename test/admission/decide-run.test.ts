import { describe, expect, it } from "vitest";
import { decideRun } from "../../src/admission/decide-run.ts";
import { readReview } from "../../src/admission/review.ts";
import { someClaims, TICKET_ID } from "../fakes/ticket.ts";

const verify = async (compact: string): Promise<unknown> => {
  if (compact === "good") return someClaims();
  if (compact === "standing") return { ...someClaims(), kind: "standing" };
  if (compact === "malformed") return { jti: TICKET_ID };
  throw new Error("could not accept a ticket: signature verification failed");
};

const aRun = (run: object) => ({ spec: { run: { ticket: TICKET_ID, document: "0", signed: "good", ...run } } });

describe("a ChaosRun that is created", () => {
  it("is taken with the ticket after which it is named", async () => {
    expect(await decideRun(aRun({}), verify)).toEqual({ allowed: true });
  });

  it("is taken with a standing ticket, whose runs are numbered by the second they were due", async () => {
    const due = { signed: "standing", document: "1795725600" };
    expect(await decideRun(aRun(due), verify)).toEqual({ allowed: true });
    expect((await decideRun(aRun({ ...due, signed: "good" }), verify)).allowed).toBe(false);
    expect((await decideRun(aRun({ ...due, document: "soon" }), verify)).allowed).toBe(false);
  });

  it.each([
    { name: "no ticket", run: { signed: undefined }, says: /this one has none/ },
    { name: "a ticket that somebody else signed", run: { signed: "forged" }, says: /signature verification failed/ },
    { name: "what was signed and is no ticket", run: { signed: "malformed" }, says: /is missing/ },
    { name: "another's ticket", run: { ticket: "t1" }, says: /it is named after t1/ },
    { name: "a document that its ticket does not have", run: { document: "1" }, says: /has no document 1/ },
    { name: "a name in place of a document", run: { document: "constructor" }, says: /has no document/ },
  ])("is refused with $name", async ({ run, says }) => {
    const decision = await decideRun(aRun(run), verify);
    expect(decision.allowed ? "it was taken" : decision.why.join("; ")).toMatch(says);
  });

  it("is refused without anything in it", async () => {
    expect((await decideRun({}, verify)).allowed).toBe(false);
  });
});

describe("a review", () => {
  const reviewOf = (group: string, kind: string, over = {}) =>
    readReview(
      JSON.stringify({ request: { uid: "1", operation: "CREATE", kind: { group, kind }, namespace: "n", ...over } }),
    );

  it.each([
    { name: "an experiment", group: "chaos-mesh.org", kind: "PodChaos", of: "experiment" },
    { name: "a run", group: "chaosgate.dev", kind: "ChaosRun", of: "run" },
  ])("of $name says who asks for it, and whether it is in earnest", ({ group, kind, of }) => {
    const over = { userInfo: { username: "ada" }, dryRun: true };
    expect(reviewOf(group, kind, over)).toMatchObject({
      kind: "creation",
      request: { of, kind, user: "ada", dryRun: true },
    });
    expect(reviewOf(group, kind)).toMatchObject({ request: { dryRun: false } });
  });

  it.each([
    { name: "a policy of the owners", group: "chaosgate.dev", kind: "ChaosPolicy", over: {} },
    { name: "a deletion", group: "chaos-mesh.org", kind: "PodChaos", over: { operation: "DELETE" } },
    { name: "an abort", group: "chaosgate.dev", kind: "ChaosRun", over: { operation: "UPDATE" } },
  ])("of $name is let through", ({ group, kind, over }) => {
    expect(reviewOf(group, kind, over)).toEqual({ kind: "not-ours", uid: "1" });
  });
});
