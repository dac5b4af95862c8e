import { describe, expect, it } from "vitest";
import type { Experiment } from "../../src/manifest/experiment.ts";
import { drive } from "../../src/run/drive.ts";
import { createInbox } from "../../src/run/inbox.ts";
import { begin } from "../../src/run/step.ts";
import { reviewedSelection } from "../../src/selector/drift.ts";
import type { PodFact } from "../../src/selector/snapshot.ts";
import type { TicketClaims } from "../../src/ticket/claims.ts";
import { aDelay, aKill } from "../fakes/experiment.ts";
import { aShop, aWorld, type FakeWorld, someTerms } from "../fakes/run.ts";
import { aClusterWith, aSelector } from "../fakes/snapshot.ts";
import { someClaims } from "../fakes/ticket.ts";

type Case = {
  readonly name: string;
  readonly because: string;
  readonly experiment?: Experiment;
  readonly limits?: Partial<TicketClaims["limits"]>;
  readonly world?: (world: FakeWorld) => void;
  /** Whom the review saw; without it no cluster had answered. */
  readonly reviewed?: readonly PodFact[];
};

const { network } = aDelay();
const limits = someClaims().limits;

/** The pods that the delay's selector matches in the shop. */
const CHECKOUT = aShop().pods.filter(({ labels }) => labels.app === "checkout-service");

async function runOf({ experiment = aDelay(), limits: changed, world: prepare, reviewed }: Case) {
  const world = aWorld();
  prepare?.(world);
  const { seed } = someClaims();
  const seen = reviewed && { selections: { "chaos/delay.yaml#0": reviewedSelection({ matched: reviewed }, seed) } };
  const claims = someClaims({ limits: { ...limits, ...changed }, ...seen });
  const terms = someTerms({ experiment, claims });
  await world.journal.claim(terms.runId, 0);
  const { finished } = await drive({ step: begin(terms), events: 0 }, world, createInbox());
  return { finished, world };
}

function podsWith(over: Partial<ReturnType<typeof aShop>["pods"][number]>) {
  const shop = aShop();
  return aClusterWith(shop.pods.map((pod) => (pod.labels.app === "checkout-service" ? { ...pod, ...over } : pod)));
}

describe("preflight refuses, before any fault,", () => {
  it.each<Case>([
    {
      name: "another cluster",
      because: "cluster-2",
      world: ({ cluster }) => (cluster.snapshotNow = { ...aShop(), clusterId: "cluster-2" }),
    },
    {
      name: "a cluster that cannot be read",
      because: "snapshot 1",
      world: ({ cluster }) => cluster.trouble.fail("snapshot", 1),
    },
    {
      name: "more pods than the ticket allows",
      because: "cap is 5",
      experiment: aDelay({ mode: { kind: "fixed", count: 6 } }),
    },
    {
      name: "a larger share than the ticket allows",
      because: "60 %",
      experiment: aDelay({ mode: { kind: "fixed-percent", percent: 60 } }),
    },
    {
      name: "a namespace that the ticket does not name",
      because: "other",
      experiment: aDelay({ selector: aSelector({ namespaces: ["other"] }) }),
    },
    {
      name: "every namespace, under a ticket that names none",
      because: "names no namespace that may be hit",
      limits: { namespaces: [] },
    },
    {
      name: "kube-system",
      because: "protected",
      experiment: aDelay({ namespace: "kube-system", selector: aSelector({ namespaces: ["kube-system"] }) }),
    },
    {
      name: "a selector that matches nobody",
      because: "empty",
      experiment: aDelay({ selector: aSelector({ labelSelectors: { app: "nobody" } }) }),
    },
    {
      name: "another workload than was reviewed, whose labels were changed meanwhile",
      because: "staging/Deployment/checkout matches now with 10 pods, and the review did not see it",
      reviewed: CHECKOUT.map((pod) => ({ ...pod, workload: "Deployment/cart" })),
    },
    {
      name: "far more pods than were reviewed",
      because: "the review matched 2 pods",
      reviewed: CHECKOUT.slice(0, 2),
    },
    {
      name: "a target that matches nobody, because no peers would mean every peer",
      because: "target",
      experiment: aDelay({
        network: {
          ...network,
          target: { selector: aSelector({ labelSelectors: { app: "nobody" } }), mode: { kind: "all" } },
        },
      }),
    },
    {
      name: "an action without its block",
      because: "nothing would be done",
      experiment: aDelay({ network: { ...network, action: "bandwidth" } }),
    },
    {
      name: "an external target that is neither an address nor a name",
      because: "http://example.com",
      experiment: aDelay({ network: { ...network, externalTargets: ["http://example.com"] } }),
    },
    {
      name: "pod-failure where no cgroup can be frozen",
      because: "cannot do process-freeze",
      experiment: aKill({ pod: { action: "pod-failure", gracePeriodSeconds: 0, containerNames: [] } }),
    },
    {
      name: "a pod on its node's own network",
      because: "network",
      world: ({ cluster }) => (cluster.snapshotNow = podsWith({ hostNetwork: true })),
    },
    {
      name: "Prometheus among the victims, known by its label",
      because: "blind its own guard",
      world: ({ cluster }) => {
        cluster.snapshotNow = podsWith({ labels: { app: "checkout-service", "app.kubernetes.io/name": "prometheus" } });
      },
    },
    {
      name: "a victim whose address is exempt",
      because: "blind its own guard",
      world: ({ cluster }) => {
        for (const { ip } of aShop().pods) cluster.exempt.push({ cidr: `${ip}/32`, port: 9090 });
      },
    },
    {
      name: "a namespace that does not consent",
      because: "no RoleBinding",
      world: ({ cluster }) => cluster.refuses.set("staging", "no RoleBinding"),
    },
    {
      name: "a daemon that does not answer",
      because: "node-1",
      world: ({ faults }) => faults.trouble.fail("capabilities", 1, 2, 3, 4),
    },
    {
      name: "a node that cannot delay",
      because: "cannot do delay",
      world: ({ faults }) => faults.unavailable.add("delay"),
    },
    {
      name: "victims of another run",
      because: "being hit by run",
      world: ({ occupancy }) =>
        void occupancy.reserve(
          "another",
          aShop().pods.map(({ uid }) => uid),
        ),
    },
    {
      name: "a breach in the baseline",
      because: "steady state",
      world: ({ metrics }) => (metrics.answers = (promql) => [promql === "errors" ? 0.01 : 1e-9]),
    },
    {
      name: "a baseline that nobody can see",
      because: "could not see",
      world: ({ metrics }) => (metrics.answers = () => []),
    },
    {
      name: "a baseline that is seen only now and then",
      because: "for long enough",
      world: ({ metrics, clock }) => {
        metrics.answers = (promql) => (Math.floor(clock.now() / 1_000) % 3 === 0 ? [] : [promql === "age" ? 1 : 0]);
      },
    },
  ])("$name", async (one) => {
    const { finished, world } = await runOf(one);
    expect(finished).toMatchObject({
      ending: { verdict: "refused", because: expect.stringContaining(one.because) },
      rollback: "not-needed",
    });
    expect(world.faults.injected).toEqual([]);
    expect(world.silences.active()).toEqual([]);
  });

  it("and says every reason at once", async () => {
    const experiment = aDelay({ mode: { kind: "all" }, network: { ...network, action: "bandwidth" } });
    const { finished } = await runOf({ name: "", because: "", experiment });
    expect(finished.ending.because).toMatch(/cap is 5.*cap is 50 %.*bandwidth/);
  });

  it("but not pods that took the places of those that were reviewed", async () => {
    const reviewed = CHECKOUT.map((pod) => ({ ...pod, name: `${pod.name}-before`, uid: `${pod.uid}-before` }));
    const { finished } = await runOf({ name: "", because: "", reviewed });
    expect(finished.ending.verdict).toBe("resilient");
  });

  it("but not what is within every limit", async () => {
    const { finished } = await runOf({ name: "", because: "" });
    expect(finished.ending.verdict).toBe("resilient");
    expect(limits.max_pods).toBeGreaterThanOrEqual(3);
  });
});
