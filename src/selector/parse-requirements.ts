// The text form of a label selector, as labels.Parse of k8s.io/apimachinery reads it: `a=b,c!=d,e in (f,g),!h,i,j>3`.
// Chaos Mesh writes annotation selectors and pod phases as such a text and has it parsed, so their punctuation has a meaning.

import { type Requirement, requirement } from "./label-requirement.ts";

const SYMBOLS = ["!=", "==", "!", "=", ",", "(", ")", ">", "<"] as const;

/** The requirements of the text, or nothing where Kubernetes cannot read it. */
export function parseRequirements(text: string): readonly Requirement[] | undefined {
  const tokens = new Tokens(text);
  const found: Requirement[] = [];
  while (!tokens.atEnd) {
    const next = requirementAt(tokens);
    if (next === undefined) return undefined;
    found.push(next);
    if (tokens.atEnd) return found;
    if (!tokens.take(",") || !tokens.startsRequirement) return undefined;
  }
  return found;
}

function requirementAt(tokens: Tokens): Requirement | undefined {
  const isAbsent = tokens.take("!");
  const key = tokens.takeWord();
  if (key === undefined) return undefined;
  if (isAbsent || tokens.atEnd || tokens.next === ",") return requirement(key, isAbsent ? "absent" : "exists", []);
  const operator = tokens.takeAny();
  switch (operator) {
    case "=":
    case "==":
      return withOne(key, "in", tokens);
    case "!=":
      return withOne(key, "notin", tokens);
    case ">":
      return withOne(key, "above", tokens);
    case "<":
      return withOne(key, "below", tokens);
    case "in":
    case "notin": {
      const values = valuesIn(tokens);
      return values === undefined ? undefined : requirement(key, operator, values);
    }
    default:
      return undefined;
  }
}

/** A missing value is the empty one. */
function withOne(key: string, operator: Requirement["operator"], tokens: Tokens): Requirement | undefined {
  const value = tokens.atEnd || tokens.next === "," ? "" : tokens.takeWord();
  return value === undefined ? undefined : requirement(key, operator, [value]);
}

/** `(a,b)`; a place without a word is the empty value. */
function valuesIn(tokens: Tokens): readonly string[] | undefined {
  if (!tokens.take("(")) return undefined;
  const values: string[] = [];
  for (;;) {
    values.push(tokens.takeWord() ?? "");
    if (tokens.take(")")) return values;
    if (!tokens.take(",")) return undefined;
  }
}

class Tokens {
  readonly #tokens: readonly string[];
  #at = 0;

  constructor(text: string) {
    this.#tokens = tokensOf(text);
  }

  get atEnd(): boolean {
    return this.#at >= this.#tokens.length;
  }

  get next(): string | undefined {
    return this.#tokens[this.#at];
  }

  get startsRequirement(): boolean {
    return this.next === "!" || (this.next !== undefined && isWord(this.next));
  }

  take(symbol: (typeof SYMBOLS)[number]): boolean {
    if (this.next !== symbol) return false;
    this.#at += 1;
    return true;
  }

  takeWord(): string | undefined {
    return this.next !== undefined && isWord(this.next) ? this.takeAny() : undefined;
  }

  takeAny(): string | undefined {
    const token = this.next;
    this.#at += 1;
    return token;
  }
}

function isWord(token: string): boolean {
  return !SYMBOLS.some((symbol) => symbol === token);
}

/** Words are everything between symbols and white space. */
function tokensOf(text: string): readonly string[] {
  return text.match(/!=|==|[!=,()<>]|[^\s!=,()<>]+/g) ?? [];
}
