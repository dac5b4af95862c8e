import type { JsonSchema } from "../../manifest/schema/json-schema.ts";
import { count, duration, listOf, map, number, requiredText, TEXTS, text } from "./parts.ts";

const NAMESPACES: JsonSchema = { ...TEXTS, description: "What experiments here may hit at all." };

/** One environment; a cluster needs namespaces, because none written would otherwise mean all. */
export const ENVIRONMENT_SCHEMA: JsonSchema = {
  ...map("A cluster, and what may be done to it.", {
    cluster: text("UID of the cluster's kube-system namespace. Without it experiments are reviewed and never run."),
    runnerKey: {
      description: "x of the runner's Ed25519 public JWK.",
      type: ["string", "null"],
      pattern: "^[A-Za-z0-9_-]{43}$",
    },
    namespaces: NAMESPACES,
    pairings: listOf(pairing(), "Besides its own namespace, an experiment in `from` may hit `to`."),
    protected: { ...TEXTS, description: "Namespaces that are never hit." },
    caps: map("Bounds of every run.", {
      pods: count("Most pods."),
      percent: { ...number("Most of the matching pods, in percent."), maximum: 100 },
      duration: duration("A longer one is shortened."),
    }),
    run: capability("Who may run."),
    approve: capability("Who may approve."),
    approvals: count("Approvals of a plan that a run needs."),
    objectives: { ...TEXTS, description: "What a run is judged by when its manifest names none." },
  }),
  if: { properties: { cluster: { type: "string" } }, required: ["cluster"] },
  // biome-ignore lint/suspicious/noThenProperty: JSON Schema calls it so
  then: { properties: { namespaces: { type: "array", minItems: 1 } }, required: ["namespaces"] },
};

function pairing(): JsonSchema {
  return map(
    "A pair of namespaces.",
    { from: requiredText("Where the experiment is."), to: requiredText("What it may hit.") },
    ["from", "to"],
  );
}

function capability(description: string): JsonSchema {
  return map(description, {
    roles: { ...TEXTS, description: "Roles in the repository." },
    users: { ...TEXTS, description: "Logins." },
  });
}
