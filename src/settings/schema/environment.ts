import type { JsonSchema } from "../../manifest/schema/json-schema.ts";
import { WEEKDAYS } from "../../policy/times.ts";
import { count, duration, listOf, map, matching, number, requiredText, TEXTS, text } from "./parts.ts";

const CLOCK = "^(([01]?[0-9]|2[0-3]):[0-5][0-9]|24:00)$";
const DATE = "^[0-9]{4}-[0-9]{2}-[0-9]{2}$";
const NAMESPACES: JsonSchema = { ...TEXTS, description: "What experiments here may hit at all." };

const ZONE = requiredText("A zone of the IANA database, such as Europe/Berlin.");

const WINDOW = map(
  "Hours in which runs may be.",
  {
    days: {
      description: "Every day without it.",
      type: ["array", "null"],
      items: { enum: [...WEEKDAYS] },
      minItems: 1,
    },
    from: matching("When it begins, such as '09:00'.", CLOCK),
    to: matching("When it ends; an earlier time is one of the next day.", CLOCK),
    zone: ZONE,
  },
  ["from", "to", "zone"],
);

const BLACKOUT = map(
  "Days without runs.",
  {
    from: matching("The first day, such as 2026-12-24.", DATE),
    to: matching("The last day.", DATE),
    zone: ZONE,
    why: text("What people read who ask for a run then."),
  },
  ["from", "to", "zone"],
);

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
      alteredData: {
        description: "Whether an IOChaos with mistakes on writes may leave wrong bytes in files for good.",
        type: ["boolean", "null"],
      },
      clockShift: duration("How far clocks that count from boot may be shifted; 10s without."),
      runs: { ...count("Most runs at once; later ones wait."), minimum: 1 },
    }),
    windows: listOf(
      WINDOW,
      "A run is there only inside of one, from its beginning to its end; without any, at all times.",
    ),
    blackouts: listOf(BLACKOUT, "Whole days on which there is no run, both included."),
    run: capability("Who may run."),
    approve: capability("Who may approve."),
    lock: capability("Who may lock the environment and unlock it."),
    approvals: count("Approvals of a plan that a run needs."),
    production: {
      description: "Every run names its plan, and somebody else than who asks for it has approved.",
      type: ["boolean", "null"],
    },
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
    teams: { ...TEXTS, description: "Slugs of teams in the repository's organization." },
  });
}
