// One requirement of a label selector, as k8s.io/apimachinery/pkg/labels understands it.

export type Requirement = {
  readonly key: string;
  readonly operator: "in" | "notin" | "exists" | "absent" | "above" | "below";
  /** One or more for `in` and `notin`, one whole number for `above` and `below`, none for the others. */
  readonly values: readonly string[];
};

const NAME = /^(?:[A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]$/;
const PREFIX = /^[a-z0-9](?:[-a-z0-9]*[a-z0-9])?(?:\.[a-z0-9](?:[-a-z0-9]*[a-z0-9])?)*$/;

/** The requirement, or nothing where Kubernetes refuses it: a key or a value that no label can have, or values that do not fit. */
export function requirement(
  key: string,
  operator: Requirement["operator"],
  values: readonly string[],
): Requirement | undefined {
  return isLabelKey(key) && fits(operator, values) && values.every(isLabelValue)
    ? { key, operator, values }
    : undefined;
}

/** `notin` and `absent` are met by something that lacks the key; every other operator needs it. */
export function meets(have: Readonly<Record<string, string>>, { key, operator, values }: Requirement): boolean {
  const value = Object.hasOwn(have, key) ? have[key] : undefined;
  if (value === undefined) return operator === "notin" || operator === "absent";
  switch (operator) {
    case "in":
      return values.includes(value);
    case "notin":
      return !values.includes(value);
    case "exists":
      return true;
    case "absent":
      return false;
    case "above":
      return isWhole(value) && Number(value) > Number(values[0]);
    case "below":
      return isWhole(value) && Number(value) < Number(values[0]);
  }
}

function fits(operator: Requirement["operator"], values: readonly string[]): boolean {
  switch (operator) {
    case "in":
    case "notin":
      return values.length > 0;
    case "exists":
    case "absent":
      return values.length === 0;
    case "above":
    case "below":
      return values.length === 1 && values.every(isWhole);
  }
}

function isWhole(value: string): boolean {
  return /^[+-]?\d+$/.test(value);
}

function isLabelKey(key: string): boolean {
  const parts = key.split("/");
  const name = parts.at(-1) ?? "";
  const prefix = parts.length === 2 ? parts[0] : undefined;
  const isName = name.length <= 63 && NAME.test(name);
  return parts.length <= 2 && isName && (prefix === undefined || (prefix.length <= 253 && PREFIX.test(prefix)));
}

function isLabelValue(value: string): boolean {
  return value === "" || (value.length <= 63 && NAME.test(value));
}
