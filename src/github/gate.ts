// What the one required check says. Facts enter, a conclusion with its reason leaves; it is green only with a current plan and
// every condition met, and `skipped` only when a complete look found no experiment (GitHub lets skipped pass).

import type { Review } from "../review/review.ts";
import { approvalsNeeded } from "../settings/environment.ts";
import type { Settings } from "../settings.ts";
import type { Conclusion } from "./checks.ts";

export type GateFacts = {
  readonly review: Review;
  /** Whether every changed file was looked at. */
  readonly complete: boolean;
  readonly settings: Settings;
  /** How many mistakes the settings have that the pull request proposes. */
  readonly settingsProblems: number;
  /** People whose approval of this plan still counts. */
  readonly approvals: number;
  /** Of each experiment of this plan at this head, what its newest run concluded. */
  readonly runs: readonly (string | undefined)[];
};

export type Gate = { readonly conclusion: Conclusion; readonly title: string; readonly summary: string };

/** Decides the gate. */
export function decideGate(facts: GateFacts): Gate {
  const { review, complete, settings, settingsProblems, approvals, runs } = facts;
  if (!complete) {
    return gate(
      "failure",
      "Not every file could be looked at",
      "The pull request changes more files than GitHub lists.",
    );
  }
  if (settingsProblems > 0) {
    return gate("failure", "The proposed settings are unusable", "See `chaos / review` for lines and fixes.");
  }
  if (review.outcome === "no-experiments") {
    return gate(
      "skipped",
      "No experiment is changed",
      "Every changed file was read and none holds a chaos experiment.",
    );
  }
  if (review.outcome === "invalid") {
    return gate(
      "failure",
      "A manifest has problems",
      "The cluster would refuse it; see `chaos / review` for lines and fixes.",
    );
  }
  if (review.outcome === "refused") {
    return gate("failure", "The policy refuses an experiment", "See `chaos / review` for the rule and the line.");
  }
  if (review.experiments.length === 0 || review.plan === undefined) {
    return gate("failure", "No experiment was analysed", "Nothing that was not analysed is ever green.");
  }
  return whatIsMissing(review, settings, approvals, runs);
}

/** Where nothing can be run nothing can be asked of a reviewer; otherwise an approval where merging runs, or a resilient run. */
function whatIsMissing(review: Review, settings: Settings, approvals: number, runs: GateFacts["runs"]): Gate {
  const plan = `plan \`${review.plan}\``;
  const environment = settings.environments[review.environment];
  const pinned = environment?.cluster !== undefined && environment.runnerKey !== undefined;
  if (settings.execution !== "enabled" || !pinned) {
    return gate("success", "Reviewed; running is off", `The review of ${plan} found nothing to refuse.`);
  }
  const configured = approvalsNeeded(environment);
  const needed = settings.runOnMerge ? Math.max(1, configured) : configured;
  if (approvals < needed) {
    const next = `Somebody who may approve comments \`/chaos approve --plan ${review.plan}\`.`;
    return gate("action_required", `Waits for approval: ${approvals} of ${needed}`, next);
  }
  if (settings.runOnMerge) return gate("success", "Approved; runs on merge", `Merging runs ${plan}.`);
  return afterRuns(review, runs);
}

/** All of a plan must have been found resilient: what one of its experiments found says nothing of the others. */
function afterRuns(review: Review, runs: GateFacts["runs"]): Gate {
  const command = `\`/chaos run --plan ${review.plan}\``;
  const good = runs.filter((conclusion) => conclusion === "success").length;
  if (runs.includes("failure"))
    return gate("failure", "The run found a violation", `Push a fix, or run again: ${command}.`);
  if (good > 0 && good === runs.length)
    return gate("success", "The run found it resilient", `Plan \`${review.plan}\` was run at this head.`);
  const title = runs.length > 1 ? `Waits for runs: ${good} of ${runs.length} resilient` : "Waits for a run";
  return gate("action_required", title, `Comment ${command}.`);
}

function gate(conclusion: Conclusion, title: string, summary: string): Gate {
  return { conclusion, title, summary };
}
