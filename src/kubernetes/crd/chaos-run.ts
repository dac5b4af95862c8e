// One execution of one experiment document: made by the runner alone when it claims a ticket, told by the runner alone, stopped by
// whoever may patch it.

import type { Kind } from "./definition.ts";
import type { ObjectSchema, TextSchema, ValueOf } from "./schema.ts";

const TEXT = { type: "string", maxLength: 1024 } as const satisfies TextSchema;
const NAME = { type: "string", maxLength: 253 } as const satisfies TextSchema;
const TIME = { type: "string", format: "date-time", maxLength: 40 } as const satisfies TextSchema;

const ABOUT = {
  description: "What a reader wants to know of it; absent where only the claim is on record.",
  type: "object",
  properties: {
    kind: { ...NAME, description: "The experiment's kind, such as NetworkChaos." },
    namespace: NAME,
    name: NAME,
    repository: { ...TEXT, description: "owner/name" },
    pullRequest: { type: "integer", minimum: 0 },
    commit: NAME,
    environment: NAME,
    path: { ...TEXT, description: "The manifest's file, and after # the document in it." },
    sha256: {
      type: "string",
      maxLength: 64,
      pattern: "^[0-9a-f]{64}$",
      description: "Of the very bytes that were reviewed.",
    },
    requester: NAME,
    expiresAt: {
      ...TIME,
      description: "When its ticket ends; the object stays at least as long, so that nobody runs it twice.",
    },
  },
  required: ["kind", "namespace", "name"],
} as const satisfies ObjectSchema;

const SPEC = {
  type: "object",
  properties: {
    run: {
      type: "object",
      properties: {
        ticket: { type: "string", maxLength: 64, pattern: "^[a-z0-9]{1,64}$", description: "Id of the ticket." },
        // A text, since the server cannot say what making one of a number costs, and refuses the rule about the name then.
        document: {
          type: "string",
          maxLength: 10,
          pattern: "^(0|[1-9][0-9]{0,9})$",
          description: "Which of its documents; of a standing ticket the second when it was due.",
        },
        requestedAt: TIME,
        signed: {
          type: "string",
          maxLength: 262_144,
          description: "The ticket as the bot signed it (a compact JWS); the webhook takes no run without.",
        },
        about: ABOUT,
      },
      required: ["ticket", "document", "requestedAt"],
      "x-kubernetes-validations": [{ rule: "self == oldSelf", message: "only spec.abort can be changed" }],
    },
    abort: {
      description: "Ends the run at once and rolls it back.",
      type: "object",
      properties: {
        by: { ...NAME, description: "Who asks for it." },
        reason: TEXT,
      },
      required: ["reason"],
      "x-kubernetes-validations": [{ rule: "self == oldSelf", message: "an abort cannot be changed or taken back" }],
    },
  },
  required: ["run"],
  "x-kubernetes-validations": [
    { rule: "!has(oldSelf.abort) || has(self.abort)", message: "an abort cannot be changed or taken back" },
  ],
} as const satisfies ObjectSchema;

const STATUS = {
  type: "object",
  properties: {
    phase: {
      type: "string",
      enum: [
        "claimed",
        "requested",
        "preflight",
        "baseline",
        "injecting",
        "watching",
        "rolling-back",
        "verifying",
        "finished",
      ],
    },
    verdict: { type: "string", enum: ["resilient", "violated", "aborted", "inconclusive", "refused"] },
    rollback: { type: "string", enum: ["not-needed", "verified", "expired", "failed"] },
    because: { ...TEXT, description: "Why it ended, or what happened last." },
    victims: { type: "integer", minimum: 0 },
    matched: { type: "integer", minimum: 0, description: "Pods that matched the selector." },
    finishedAt: TIME,
    holder: {
      description: "The runner that writes here; one of an earlier term can write no more.",
      type: "object",
      properties: { identity: NAME, term: { type: "integer", minimum: 0 } },
      required: ["identity", "term"],
    },
    conditions: {
      type: "array",
      maxItems: 8,
      "x-kubernetes-list-type": "map",
      "x-kubernetes-list-map-keys": ["type"],
      items: {
        type: "object",
        properties: {
          type: { type: "string", maxLength: 64 },
          status: { type: "string", enum: ["True", "False", "Unknown"] },
          reason: { type: "string", maxLength: 64 },
          message: TEXT,
          lastTransitionTime: TIME,
        },
        required: ["type", "status", "reason", "lastTransitionTime"],
      },
    },
    journal: {
      description:
        "What the run needs to be taken up again: its entries by rising number, packed, and no word for readers.",
      type: "object",
      additionalProperties: { type: "string", maxLength: 1048576 },
    },
  },
} as const satisfies ObjectSchema;

export type ChaosRunSpec = ValueOf<typeof SPEC>;
export type ChaosRunStatus = ValueOf<typeof STATUS>;
export type ChaosRunAbout = ValueOf<typeof ABOUT>;

export const CHAOS_RUN = {
  kind: "ChaosRun",
  plural: "chaosruns",
  singular: "chaosrun",
  shortNames: ["crun"],
  scope: "Namespaced",
  description: "One execution of one experiment document. Its status tells how it stands; spec.abort ends it.",
  columns: [
    { name: "Kind", type: "string", jsonPath: ".spec.run.about.kind" },
    { name: "Namespace", type: "string", jsonPath: ".spec.run.about.namespace" },
    { name: "Experiment", type: "string", jsonPath: ".spec.run.about.name" },
    { name: "Phase", type: "string", jsonPath: ".status.phase" },
    { name: "Victims", type: "integer", jsonPath: ".status.victims" },
    { name: "Verdict", type: "string", jsonPath: ".status.verdict" },
    { name: "Rollback", type: "string", jsonPath: ".status.rollback" },
    { name: "Age", type: "date", jsonPath: ".metadata.creationTimestamp" },
    { name: "Because", type: "string", jsonPath: ".status.because", priority: 1 },
    { name: "Repository", type: "string", jsonPath: ".spec.run.about.repository", priority: 1 },
    { name: "PR", type: "integer", jsonPath: ".spec.run.about.pullRequest", priority: 1 },
  ],
  rules: [
    {
      rule: "self.metadata.name == self.spec.run.ticket + '-' + self.spec.run.document",
      message: "the name is <ticket>-<document>, so that a ticket can be claimed only once",
    },
  ],
  spec: SPEC,
  status: STATUS,
} as const satisfies Kind;
