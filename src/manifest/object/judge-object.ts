import type { ObjectsByKind } from "../generated/objects.ts";
import * as validators from "../generated/validators.js";
import { checkRules, checkSchema } from "../judge-document.ts";
import { root } from "../parse.ts";
import type { Problem } from "../problem.ts";
import { Report } from "../report.ts";
import { NEWEST } from "../version-names.ts";
import { type Located, textAt, type YamlNode } from "../yaml/node.ts";
import { Refusal, type Unreadable } from "../yaml/refusal.ts";
import { Source } from "../yaml/source.ts";
import { type JsonValue, objectNode } from "./object-node.ts";

// A manifest that is an object already, such as an API server hands to a webhook -> the same answer as its text would get, without
// lines. The validators generated from the published schemas say whether; the reader of texts, made from the same shapes, says why.

/** An object of any kind that passed. */
export type ChaosObject = ObjectsByKind[keyof ObjectsByKind];

export type ObjectProblem = Omit<Problem, "place" | "suggestion">;

export type ObjectJudgement =
  | { readonly answer: "accept"; readonly object: ChaosObject }
  | { readonly answer: "reject"; readonly problems: readonly ObjectProblem[] };

/** Judges one object as an API server with Chaos Mesh 2.8 would. It may be of any size and depth, as JSON is. */
export function judgeObject(value: JsonValue): ObjectJudgement {
  const read = readObject(value);
  if ("code" in read) return { answer: "reject", problems: [problemOf(read)] };
  const document = root(read);
  const kind = textAt(document, "kind") ?? "";
  if (!isOfKind(value, kind)) return { answer: "reject", problems: whyNot(document, kind) };
  // JSON Schema has no word for items of which no two may be alike, and the shapes have.
  const problems = problemsBy((report) => {
    checkSchema(document, kind, report);
    checkRules(document, kind, report);
  });
  return problems.length === 0 ? { answer: "accept", object: value } : { answer: "reject", problems };
}

function isOfKind(value: unknown, kind: string): value is ChaosObject {
  const guards: Readonly<Record<string, (object: unknown) => object is ChaosObject>> = validators;
  return Object.hasOwn(guards, kind) && guards[kind]?.(value) === true;
}

function whyNot(document: Located, kind: string): readonly ObjectProblem[] {
  const problems = problemsBy((report) => {
    checkSchema(document, kind, report);
    checkRules(document, kind, report);
  });
  if (problems.length === 0) throw new Error(`The schema of ${kind} refuses an object that its shape lets through`);
  return problems;
}

function problemsBy(check: (report: Report) => void): readonly ObjectProblem[] {
  const report = new Report(new Source(""), NEWEST);
  check(report);
  return report.problems.map(({ place, suggestion, ...problem }) => problem);
}

function readObject(value: JsonValue): YamlNode | Unreadable {
  try {
    return objectNode(value);
  } catch (error) {
    if (error instanceof Refusal) return error.reason;
    throw error;
  }
}

function problemOf({ offset, ...problem }: Unreadable): ObjectProblem {
  return { ...problem, path: "" };
}
