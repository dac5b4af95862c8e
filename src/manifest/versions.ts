import { blockNameOf } from "./kinds/block-name.ts";
import { documentShape } from "./kinds/document-shape.ts";
import { durationMistake } from "./rules/strings.ts";
import { type ObjectShape, type Shape, TEXT } from "./shape/shape.ts";
import { type ChaosMeshVersion, NEWEST } from "./version-names.ts";

// The versions of Chaos Mesh whose answers we give, and in one table what differs between them for a manifest. The shapes in kinds/
// are those of 2.8; 2.7 is made from them by this table. Compared were the CRDs and webhooks of v2.7.3 and v2.8.3.

type Before = (shape: Shape, path: readonly string[]) => Shape;

export type Difference = {
  /** Ends of paths, from the block of the kind on, such as `networkChaos.delay.latency`. */
  readonly fields: readonly string[];
  readonly says: string;
  /** Commit and pull request of chaos-mesh/chaos-mesh. */
  readonly source: string;
  /** What 2.7 has instead; without it 2.7 does not know the field. */
  readonly before?: Before;
};

/** No webhook looks below these, so that of 2.7 nothing checks the text there. */
const UNSEEN = ["templates.schedule", "schedule.workflow", "workflowNode", "podNetworkChaos"];
/** No webhook is called for these kinds at all, so that nothing is encoded anew either. */
const UNTOUCHED = ["workflowNode", "podNetworkChaos"];

const zeroIsFine: Before = (shape) => {
  if (shape.type === "integer") return { ...shape, min: Math.min(0, shape.min ?? 0) };
  return shape.type === "string" ? { ...shape, emptyAllowed: true } : shape;
};

const anyGoDuration: Before = (_, path) => {
  const isUnseen = UNSEEN.some((place) => `${path.join(".")}.`.includes(`${place}.`));
  return isUnseen ? TEXT : { type: "string", check: durationMistake };
};

export const DIFFERENCES: readonly Difference[] = [
  {
    fields: ["networkChaos.delay.latency", "networkChaos.delay.jitter", "tcs.delay.latency", "tcs.delay.jitter"],
    says: "2.8 takes one number with one unit; 2.7 takes what Go reads as a duration, and an empty text.",
    source: "c4233a2ed, #4546",
    before: anyGoDuration,
  },
  {
    fields: ["networkChaos.delay"],
    says: "2.7 fills an absent latency, and its schema takes the empty text.",
    source: "c4233a2ed, #4546",
    before: (shape, [kind]) => (UNTOUCHED.includes(kind ?? "") ? shape : withoutRequired(shape)),
  },
  {
    fields: ["jvmChaos.returnValue"],
    says: "2.7 takes what a method returns from `value`, and cannot read a mode's value beside it.",
    source: "3619eb494, #4525",
  },
  {
    fields: ["templates.task.labels", "workflowNode.task.labels"],
    says: "Labels of a task's pod are new in 2.8.",
    source: "0120980b3, #4710",
  },
  {
    fields: [
      "lifecycle.stopSignal",
      "postStart.sleep",
      "preStop.sleep",
      "resources.claims.request",
      "container.restartPolicyRules",
      "valueFrom.fileKeyRef",
      "securityContext.appArmorProfile",
      "volumeMounts.recursiveReadOnly",
      "task.volumes.image",
      "sources.clusterTrustBundle",
      "sources.podCertificate",
      "spec.volumeAttributesClassName",
    ],
    says: "A task's container and volumes are those of Kubernetes 1.28 in 2.7, and of 1.35 in 2.8.",
    source: "6545614ae, #4644; c8357466b, #4837",
  },
  {
    fields: [
      "ioChaos.mistake.filling",
      "ioChaos.mistake.maxLength",
      "ioChaos.mistake.maxOccurrences",
      "httpChaos.replace.body",
      "statusCheck.timeoutSeconds",
      "statusCheck.intervalSeconds",
      "statusCheck.failureThreshold",
      "statusCheck.successThreshold",
      "statusCheck.recordsHistoryLimit",
      "statusCheck.http.method",
      "schedule.historyLimit",
    ],
    says: "2.7's webhook drops an explicit zero before the schema looks; 2.8's leaves it, and the schema refuses it.",
    source: "6545614ae, #4644",
    before: zeroIsFine,
  },
  {
    fields: ["schedule.concurrencyPolicy"],
    says: "2.7's webhook fills an empty text with Forbid; 2.8's fills nothing.",
    source: "6545614ae, #4644",
    before: (shape, { length }) => (length === 2 ? zeroIsFine(shape, []) : shape),
  },
];

function withoutRequired(shape: Shape): Shape {
  return shape.type === "object" ? { ...shape, required: [] } : shape;
}

const made = new Map<string, ObjectShape>();

/** A whole document of a kind, as this version takes it. */
export function shapeIn(version: ChaosMeshVersion, kind: string): ObjectShape {
  if (version === NEWEST) return documentShape(kind);
  const known = made.get(kind);
  if (known !== undefined) return known;
  const shape = documentShape(kind);
  const spec = shape.fields.spec;
  const before = spec && { ...shape, fields: { ...shape.fields, spec: asBefore(spec, [blockNameOf(kind)]) } };
  made.set(kind, before ?? shape);
  return before ?? shape;
}

function asBefore(shape: Shape, path: readonly string[]): Shape {
  switch (shape.type) {
    case "list":
      return { ...shape, items: asBefore(shape.items, path) };
    case "map":
      return { ...shape, values: asBefore(shape.values, path) };
    case "object":
      return { ...shape, fields: fieldsBefore(shape, path) };
    default:
      return shape;
  }
}

function fieldsBefore({ fields }: ObjectShape, path: readonly string[]): Readonly<Record<string, Shape>> {
  const entries = Object.entries(fields).flatMap(([name, field]) => {
    const here = [...path, name];
    const difference = differenceAt(here);
    if (difference !== undefined && difference.before === undefined) return [];
    const below = asBefore(field, here);
    return [[name, difference?.before === undefined ? below : difference.before(below, here)] as const];
  });
  return Object.fromEntries(entries);
}

function differenceAt(path: readonly string[]): Difference | undefined {
  const joined = `.${path.join(".")}`;
  return DIFFERENCES.find(({ fields }) => fields.some((end) => joined.endsWith(`.${end}`)));
}
