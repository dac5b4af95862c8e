import type { Finding } from "../manifest/problem.ts";

/** Every rule that only a whole review can judge: its stable id, and why it exists. */
export const REVIEW_RULES = {
  "objective-unknown": "A run is judged by objectives of the settings; one that nobody defined would judge nothing.",
  "no-objective": "Without an objective nothing says when to stop, so a run is refused; the review is not.",
  "not-run-by-chaosgate": "Chaos Mesh has kinds and actions for which the built-in engine has no effect yet.",
  unowned: "Whose service an experiment hits must be known before it does, so that somebody can be asked, or woken.",
} as const;

/** A finding by a rule of this room. */
export type ReviewFinding = Finding & { readonly code: keyof typeof REVIEW_RULES };
