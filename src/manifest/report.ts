import type { FindingCode, ProblemCode } from "./codes.ts";
import type { Finding, Problem } from "./problem.ts";
import type { ChaosMeshVersion } from "./version-names.ts";
import type { Span } from "./yaml/node.ts";
import type { Source } from "./yaml/source.ts";

/** Where a remark belongs: a path and the characters it is about. */
export type Spot = { readonly path: string; readonly span: Span };

/** What is wrong with a value, before it is known where the value stands. */
export type Mistake = {
  readonly code: ProblemCode;
  readonly message: string;
  readonly fix: string;
  /** YAML text that is certainly meant instead of the value, quotes included. */
  readonly replacement?: string;
  /** YAML text that is probably meant instead of the value. */
  readonly likely?: string;
  /** YAML texts that would do, the most ordinary one first. */
  readonly choices?: readonly string[];
};

export type Remark = Omit<Finding, "path" | "place" | "code" | "suggestion"> & {
  readonly code: FindingCode;
  /** YAML text that says the same so that Chaos Mesh does it. */
  readonly replacement?: string;
};

/** Collects everything that is said about one document, each remark at its place. */
export class Report {
  readonly #source: Source;
  readonly #problems: Problem[] = [];
  readonly #findings: Finding[] = [];

  /** The version of Chaos Mesh that is asked. */
  readonly version: ChaosMeshVersion;

  constructor(source: Source, version: ChaosMeshVersion) {
    this.#source = source;
    this.version = version;
  }

  /** The API server would refuse this. */
  problem({ path, span }: Spot, { replacement, ...mistake }: Mistake): void {
    const suggestion = replacement === undefined ? undefined : this.#source.suggestion(span, replacement);
    const place = this.#source.placeOf(span);
    this.#problems.push({ ...mistake, path, place, ...(suggestion === undefined ? {} : { suggestion }) });
  }

  /** The API server admits this, and it does not do what it says. */
  finding({ path, span }: Spot, { replacement, ...remark }: Remark): void {
    const suggestion = replacement === undefined ? undefined : this.#source.suggestion(span, replacement);
    const place = this.#source.placeOf(span);
    this.#findings.push({ ...remark, path, place, ...(suggestion === undefined ? {} : { suggestion }) });
  }

  /** The characters of a span, as they are written. */
  textOf({ start, end }: Span): string {
    return this.#source.text.slice(start, end);
  }

  /** Problems in the order of the file. */
  get problems(): readonly Problem[] {
    return [...this.#problems].sort(byPlace);
  }

  /** Findings in the order of the file. */
  get findings(): readonly Finding[] {
    return [...this.#findings].sort(byPlace);
  }
}

function byPlace(a: Problem | Finding, b: Problem | Finding): number {
  return a.place.line - b.place.line || a.place.column - b.place.column;
}
