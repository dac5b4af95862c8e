/** Where something is in a manifest file: 1-based line and column, as GitHub's annotations count them. */
export type Place = {
  readonly line: number;
  readonly column: number;
  readonly endLine?: number;
  readonly endColumn?: number;
};

/** A rewrite of whole lines, as GitHub's suggestion blocks are: certain, or `assumes` says what it takes for granted. */
export type Suggestion = {
  readonly line: number;
  readonly endLine: number;
  /** Without the last line break; an empty text takes the lines away. */
  readonly replacement: string;
  readonly assumes?: string;
};

/** A mistake of the manifest's author: the API server would refuse this (`answer` is `reject`). */
export type Problem = {
  /** Stable rule id, such as `value-not-a-count`. */
  readonly code: string;
  /** Path in the document, such as `spec.value`. */
  readonly path: string;
  readonly place: Place;
  readonly message: string;
  /** What to do next, in a sentence. */
  readonly fix: string;
  readonly suggestion?: Suggestion;
  /** What was probably meant instead of the text at `place`, where that is not certain enough for a suggestion. */
  readonly likely?: string;
  /** YAML texts that would do instead of the text at `place`, or as the value of a field that is missing: the author chooses. */
  readonly choices?: readonly string[];
};

/** Something admitted by the cluster that a reviewer should know, or that our own policy refuses. */
export type Finding = {
  readonly code: string;
  /** `error` blocks the gate, `warning` and `notice` do not. */
  readonly severity: "error" | "warning" | "notice";
  readonly path: string;
  readonly place: Place;
  readonly message: string;
  readonly fix: string;
  /** Words that do what these were meant to do, where that is certain. */
  readonly suggestion?: Suggestion;
};
