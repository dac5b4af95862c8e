import { whyNotThrough } from "../../policy/times.ts";
import type { Review } from "../../review/review.ts";
import { approvalsNeeded } from "../../settings/environment.ts";
import type { Lock } from "../locks.ts";
import type { ReviewMark } from "../marks.ts";
import { isSame, NOBODY, type Standing } from "../people.ts";
import { quoted, type Refusal } from "./refusal.ts";
import {
  capabilityRule,
  type Executing,
  environmentRule,
  executionRule,
  firstRefusal,
  forkRule,
  holdRule,
  pinnedRule,
  type Rule,
} from "./rules.ts";

export type RunFacts = Executing & {
  readonly defaultBranch: string;
  readonly manifest: string | undefined;
  /** The plan that was given with `--plan`. */
  readonly plan: string | undefined;
  /** Made again just now, from what is on GitHub at this moment. */
  readonly review: Review;
  /** What the review check at the head says was reviewed, and when. */
  readonly recorded: ReviewMark | undefined;
  /** When the comment was written, Unix milliseconds on a whole second. */
  readonly commentedAt: number;
  /** Who pushed since the commenter's last review; `undefined` stands for somebody the bot did not see. */
  readonly pushers: readonly (string | undefined)[];
  /** People whose approval of this very plan still counts now. */
  readonly approvers: readonly Standing[];
  /** The lock on the environment. */
  readonly lock?: Lock;
  /** Now, Unix milliseconds. */
  readonly nowMs: number;
};

/** Whether a run may be handed to a runner; every rule is asked again each time, with facts of that moment. */
export function refuseRun(facts: RunFacts): Refusal | undefined {
  return firstRefusal(RULES, facts);
}

/** Everything but the asker's own standing that would refuse a run now, all of it. */
export function whatStandsInTheWay(facts: RunFacts): readonly Refusal[] {
  const rules = [executionRule, environmentRule, pinnedRule, forkRule, branchRule, holdRule, lockRule, reviewRule];
  return [...rules, timesRule, objectivesRule, approvalsRule].flatMap((rule) => rule(facts) ?? []);
}

/** Whether a merged schedule may stand. When it may run is asked at each of its times, so neither window nor lock matters yet. */
export function refuseSchedule(facts: RunFacts): Refusal | undefined {
  return firstRefusal(
    RULES.filter((rule) => rule !== lockRule && rule !== timesRule),
    facts,
  );
}

const RULES: readonly Rule<RunFacts>[] = [
  executionRule,
  environmentRule,
  pinnedRule,
  (facts) => capabilityRule("run", facts),
  forkRule,
  branchRule,
  holdRule,
  lockRule,
  reviewRule,
  timesRule,
  manifestRule,
  productionRule,
  planRule,
  objectivesRule,
  approvalsRule,
];

function branchRule({ pr, defaultBranch }: RunFacts): Refusal | undefined {
  if (pr.baseBranch === defaultBranch) return undefined;
  return {
    rule: "default-branch",
    why: `the pull request goes onto ${quoted(pr.baseBranch)}, and only ${quoted(defaultBranch)} is ever run from`,
    next: "change the base of the pull request",
  };
}

function lockRule({ lock, environment }: RunFacts): Refusal | undefined {
  if (lock === undefined || environment === undefined) return undefined;
  const end = new Date(lock.until).toISOString().slice(0, 16).replace("T", " ");
  return {
    rule: "not-locked",
    why: `${quoted(lock.by)} has locked ${quoted(environment.name)} until ${end} UTC: ${quoted(lock.reason)}`,
    next: `wait, or somebody who may comments \`/chaos unlock ${environment.name}\``,
  };
}

function reviewRule({ review }: RunFacts): Refusal | undefined {
  if (review.outcome === "reviewed" && review.plan !== undefined) return undefined;
  const why = {
    "no-experiments": "the pull request changes no experiment",
    invalid: "a manifest has problems that the cluster would refuse",
    refused: "the policy refuses an experiment",
    reviewed: "the review has no plan",
  }[review.outcome];
  return { rule: "review-accepts", why, next: "see the check `chaos / review`, push a fix and wait for its review" };
}

function manifestRule({ manifest, review }: RunFacts): Refusal | undefined {
  if (manifest === undefined || review.experiments.some(({ path }) => path === manifest)) return undefined;
  const known = [...new Set(review.experiments.map(({ path }) => path))].slice(0, 10).map(quoted).join(", ");
  return { rule: "manifest-known", why: `no experiment is in ${quoted(manifest)}`, next: `choose of ${known}` };
}

/** In production nobody runs "the current plan": whoever asks writes down which. */
function productionRule({ environment, plan, review }: RunFacts): Refusal | undefined {
  if (environment?.settings.production !== true || plan !== undefined) return undefined;
  return {
    rule: "production-plan",
    why: `${quoted(environment.name)} is production, where every run names its plan`,
    next: `read the review, then: \`/chaos run --env ${environment.name} --plan ${review.plan}\``,
  };
}

function planRule(facts: RunFacts): Refusal | undefined {
  const { plan, review } = facts;
  const why = plan === undefined ? whyNotTheCurrentPlan(facts) : whyNotThisPlan(plan, review);
  if (why === undefined) return undefined;
  const next = `read the review, then: \`/chaos run --env ${facts.environment?.name} --plan ${review.plan}\``;
  return { rule: "plan-is-current", why, next };
}

function whyNotThisPlan(plan: string, review: Review): string | undefined {
  if (plan === review.plan) return undefined;
  return `plan ${quoted(plan)} is not the plan of head ${quoted(review.headSha.slice(0, 12))}, which is ${quoted(review.plan ?? "")}`;
}

/** Without `--plan` the commenter must have been able to see this very plan, and nobody else may have changed the head. */
function whyNotTheCurrentPlan({ review, recorded, commentedAt, pushers, by }: RunFacts): string | undefined {
  const head = quoted(review.headSha.slice(0, 12));
  if (recorded === undefined || recorded.plan !== review.plan)
    return `the review of head ${head} was not completed yet`;
  // GitHub gives comments whole seconds, so only an earlier second is certainly earlier.
  if (Math.floor(recorded.reviewedAt / 1000) >= Math.floor(commentedAt / 1000)) {
    return `the review of head ${head} was completed after the comment was written`;
  }
  const others = pushers.filter((pusher) => pusher?.toLowerCase() !== by.login.toLowerCase());
  if (others.length === 0) return undefined;
  const names = [...new Set(others.map((other) => other ?? "somebody unknown"))].slice(0, 5).map(quoted).join(", ");
  return `${names} pushed since the last review of ${quoted(by.login)}`;
}

function objectivesRule({ review, environment, settings, manifest }: RunFacts): Refusal | undefined {
  const chosen = review.experiments.filter(({ path }) => manifest === undefined || path === manifest);
  for (const { experiment } of chosen) {
    const names = experiment.objectives ?? environment?.settings.objectives ?? [];
    const unknown = names.find((name) => !Object.hasOwn(settings.objectives, name));
    if (names.length > 0 && unknown === undefined) continue;
    return {
      rule: "has-objective",
      why:
        unknown === undefined
          ? `${quoted(experiment.name)} has no objective, so nothing would say when to stop`
          : `${quoted(experiment.name)} names the objective ${quoted(unknown)}, which the settings do not define`,
      next: "annotate it with `chaosgate.dev/objectives`, or give the environment defaults in the settings",
    };
  }
  return undefined;
}

function approvalsRule({ approvers, environment, review, by }: RunFacts): Refusal | undefined {
  if (environment === undefined) return undefined;
  const needed = approvalsNeeded(environment.settings);
  const { production } = environment.settings;
  // In production the person who asks is never one of those who approved.
  const counted = production ? approvers.filter(({ login }) => !isSame(login, by.login)) : approvers;
  if (counted.length >= needed) return undefined;
  const asker = by.login === NOBODY.login ? "whoever asks" : quoted(by.login);
  const others = production ? ` of others than ${asker}` : "";
  return {
    rule: "approvals",
    why: `plan ${quoted(review.plan ?? "")} has ${counted.length} of ${needed} approvals${others}`,
    next: `somebody who may approve comments \`/chaos approve --env ${environment.name} --plan ${review.plan}\``,
  };
}

/** A fault has to fit into the environment's windows from its beginning to its end, and into no blackout. */
function timesRule({ environment, review, manifest, nowMs }: RunFacts): Refusal | undefined {
  const times = environment?.settings.times;
  if (times === undefined) return undefined;
  const chosen = review.experiments.filter(({ path }) => manifest === undefined || path === manifest);
  const longestMs = Math.max(0, ...chosen.map(({ effectiveDurationMs = 0 }) => effectiveDurationMs));
  const why = whyNotThrough(times, nowMs, nowMs + longestMs);
  if (why === undefined) return undefined;
  const next = `run it when ${quoted(environment?.name ?? "")} is open; its windows and blackouts are in the settings`;
  return { rule: "within-window", why, next };
}
