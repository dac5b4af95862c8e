import { expect, it } from "vitest";
import { type ClusterPolicy, clusterRefusals } from "../../src/policy/cluster-policy.ts";
import { select } from "../../src/selector/select.ts";
import { aDelay, aKill } from "../fakes/experiment.ts";
import { aShop } from "../fakes/run.ts";

const POLICY: ClusterPolicy = {
  name: "staging",
  namespaces: { names: ["staging"], matchLabels: {} },
  protectedNamespaces: [],
  pairings: [],
  kinds: [],
  caps: { durationMs: 60_000 },
  requiredLabels: {},
  ticketKeys: [],
  engines: ["builtin"],
};

it.each([
  { name: "a kill, which is over at once", experiment: aKill({}), says: [] },
  {
    name: "a delay of a longer time",
    experiment: aDelay({ durationMs: 300_000 }),
    says: [expect.stringContaining("the fault would last 300 s, and its cap is 60 s")],
  },
])("the cap of a policy beside a ticket of ten minutes is asked about $name", ({ experiment, says }) => {
  const snapshot = aShop();
  const selection = select(experiment, snapshot, "0".repeat(32));
  const proposed = { experiment, selection, snapshot, engine: "builtin", capMs: 600_000, at: 1_700_000_000_000 };
  expect(clusterRefusals([POLICY], proposed)).toEqual(says);
});
