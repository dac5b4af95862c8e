import type { Mistake, Report } from "../report.ts";
import { at, type Located, textAt } from "../yaml/node.ts";

// Parameters without which a webhook refuses an action.

type Needs = Readonly<Record<string, readonly string[]>>;

/** Empty texts and zeros are as good as nothing to these webhooks. */
const NEEDS_A_VALUE: Readonly<Record<string, Needs>> = {
  IOChaos: { fault: ["errno"] },
  JVMChaos: {
    latency: ["class", "method", "latency"],
    return: ["class", "method", "returnValue"],
    exception: ["class", "method", "exception"],
    ruleData: ["ruleData"],
    mysql: ["mysqlConnectorVersion"],
  },
};

/** What 2.7 asks for instead (versions.ts). */
const NEEDED_BY_2_7: Readonly<Record<string, Needs>> = { JVMChaos: { return: ["class", "method", "value"] } };

/** These webhooks only ask whether the field is there. */
const NEEDS_A_FIELD: Readonly<Record<string, Needs>> = {
  BlockChaos: { delay: ["delay"] },
  AWSChaos: { "detach-volume": ["volumeID", "deviceName"] },
  AzureChaos: { "disk-detach": ["diskName", "lun"] },
  GCPChaos: { "disk-loss": ["deviceNames"] },
};

/** Reports every parameter that the action of `spec` needs and that is not there. */
export function checkParameters(kind: string, spec: Located, report: Report): void {
  const action = textAt(spec, "action") ?? "";
  const before = report.version === "2.7" ? neededBy(NEEDED_BY_2_7, kind, action) : [];
  for (const name of before.length > 0 ? before : neededBy(NEEDS_A_VALUE, kind, action))
    if (!hasValue(spec, name)) reportMissing(spec, action, name, report);
  for (const name of neededBy(NEEDS_A_FIELD, kind, action))
    if (at(spec, name) === undefined || isDropped(spec, name, report)) reportMissing(spec, action, name, report);
}

/** 2.7 encodes an object anew before it looks, and an empty list does not survive that (6545614ae, #4644). */
function isDropped(spec: Located, name: string, { version }: Report): boolean {
  const node = at(spec, name)?.node;
  return version === "2.7" && node?.kind === "list" && node.items.length === 0;
}

/** True for a field that is there and is not what Go calls zero: an empty text, 0 or false. */
export function hasValue(spec: Located, name: string): boolean {
  const node = at(spec, name)?.node;
  if (node?.kind === "string" || node?.kind === "number") return node.value !== "" && node.value !== 0;
  return node?.kind === "boolean" ? node.value : node !== undefined;
}

function neededBy(table: Readonly<Record<string, Needs>>, kind: string, action: string): readonly string[] {
  const needs = Object.hasOwn(table, kind) ? table[kind] : undefined;
  return (needs !== undefined && Object.hasOwn(needs, action) ? needs[action] : undefined) ?? [];
}

/** Reports a parameter of an action that is not there. */
export function reportMissing(spec: Located, action: string, name: string, report: Report): void {
  const path = `${spec.path}.${name}`;
  const written = at(spec, name) ?? at(spec, "action");
  report.problem({ path, span: written?.node.span ?? spec.key }, missing(path, action, name));
}

function missing(path: string, action: string, name: string): Mistake {
  return {
    code: "parameter-missing",
    message: `${path} is missing or empty, and the action ${action} needs it.`,
    fix: `Add ${name}.`,
  };
}

/** What is said where an action needs one of two parameters and has neither. */
export function neither(one: string, other: string): Mistake {
  return {
    code: "parameter-missing",
    message: `The action needs ${one} or ${other}, and neither is given.`,
    fix: `Add ${one} or ${other}.`,
  };
}
