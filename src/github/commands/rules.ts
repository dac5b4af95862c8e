// Rules that several commands share: facts enter, the first refusal or nothing leaves. All pure; who gathers is on-issue-comment.

import type { CapabilityList, EnvironmentSettings } from "../../settings/environment.ts";
import type { Settings } from "../../settings.ts";
import { holds, mayWrite, type Standing } from "../people.ts";
import type { PullRequest } from "../pull-request.ts";
import type { Command } from "./grammar.ts";
import { quoted, type Refusal } from "./refusal.ts";

export type Rule<Facts> = (facts: Facts) => Refusal | undefined;

/** The first rule that refuses. */
export function firstRefusal<Facts>(rules: readonly Rule<Facts>[], facts: Facts): Refusal | undefined {
  for (const rule of rules) {
    const refusal = rule(facts);
    if (refusal !== undefined) return refusal;
  }
  return undefined;
}

type Capability = "run" | "approve" | "lock";

const CAPABILITIES: Readonly<Partial<Record<Command["verb"], Capability>>> = {
  run: "run",
  retry: "run",
  approve: "approve",
  lock: "lock",
  unlock: "lock",
};

/** The teams that decide whether a command is allowed; of other commands none is asked about. */
export function teamsAsked({ verb }: Command, { environments }: Settings): readonly string[] {
  const capability = CAPABILITIES[verb];
  if (capability === undefined) return [];
  return [...new Set(Object.values(environments).flatMap((environment) => environment[capability].teams))];
}

/** Everybody who can read may ask, and the settings say who may run and approve; all else needs write, abort and hold too. */
export function levelRule(command: Command, by: Standing): Refusal | undefined {
  if (["help", "status", "explain", "run", "approve", "retry", "lock", "unlock"].includes(command.verb) || mayWrite(by))
    return undefined;
  return {
    rule: "needs-write",
    why: `the role of ${quoted(by.login)} in this repository is ${quoted(by.role)}; \`${command.verb}\` needs \`write\` or more`,
    next: "ask somebody with write access to comment it",
  };
}

/** A closed or locked pull request takes no orders, except those that stop something or only tell. */
export function openRule(command: Command, { open, locked }: PullRequest): Refusal | undefined {
  if (["abort", "hold", "status", "help", "explain", "lock", "unlock"].includes(command.verb)) return undefined;
  if (open && !locked) return undefined;
  return {
    rule: "pull-request-open",
    why: `this pull request is ${open ? "locked" : "closed"}`,
    next: open ? "unlock the conversation, or open another pull request" : "reopen it, or open another pull request",
  };
}

export type Executing = {
  readonly settings: Settings;
  readonly pr: PullRequest;
  readonly by: Standing;
  readonly environment: { readonly name: string; readonly settings: EnvironmentSettings } | undefined;
  readonly asked: string | undefined;
};

/** One setting stops every execution. */
export function executionRule({ settings }: Executing): Refusal | undefined {
  if (settings.execution === "enabled") return undefined;
  return {
    rule: "execution-enabled",
    why: "execution is disabled in `.github/chaosgate.yml` of the default branch",
    next: "set `execution: enabled` there; reviews go on meanwhile",
  };
}

/** The environment must be one of the settings. */
export function environmentRule({ environment, asked, settings }: Executing): Refusal | undefined {
  if (environment !== undefined) return undefined;
  const known = Object.keys(settings.environments).map(quoted).join(", ") || "none";
  return {
    rule: "environment-known",
    why: asked === undefined ? "no environment is given" : `there is no environment ${quoted(asked)}`,
    next: `the settings know: ${known}; add \`--env\``,
  };
}

/** What can be refused before anything is looked up, so that a stranger's comment costs next to nothing. */
export function refuseAtOnce(verb: "run" | "approve", executing: Executing): Refusal | undefined {
  return firstRefusal([executionRule, environmentRule, (facts) => capabilityRule(verb, facts)], executing);
}

/** A run goes to one cluster, and the settings of the default branch say which and who speaks for it. */
export function pinnedRule({ environment }: Executing): Refusal | undefined {
  if (environment === undefined) return undefined;
  const { cluster, runnerKey } = environment.settings;
  if (cluster !== undefined && runnerKey !== undefined) return undefined;
  return {
    rule: "environment-pinned",
    why: `no cluster and runner are pinned for ${quoted(environment.name)}`,
    next: `write \`cluster\` and \`runnerKey\` under \`environments.${environment.name}\` on the default branch`,
  };
}

/** A fork's code is reviewed and never executed; its author need not be known to anybody. */
export function forkRule({ pr }: Executing): Refusal | undefined {
  if (!pr.fromFork) return undefined;
  return {
    rule: "no-forks",
    why: "the pull request comes from a fork, and a fork is reviewed but never run",
    next: "push the branch to this repository and open a pull request from there",
  };
}

/** The hold label stops everything until it is taken off. */
export function holdRule({ pr }: Executing): Refusal | undefined {
  if (!pr.labels.includes("chaos:hold")) return undefined;
  return { rule: "not-held", why: "this pull request carries the label `chaos:hold`", next: "comment `/chaos unhold`" };
}

/** Somebody must hold the capability that the settings give. */
export function capabilityRule(verb: Capability, { by, environment }: Executing): Refusal | undefined {
  if (environment === undefined) return undefined;
  const capability = environment.settings[verb];
  if (holds(capability, by)) return undefined;
  const needs = holdersOf(capability);
  return {
    rule: `may-${verb}`,
    why: `the role of ${quoted(by.login)} is ${quoted(by.role)}; \`${verb}\` in ${quoted(environment.name)} needs ${needs}`,
    next: `ask one of those to comment it, or change \`environments.${environment.name}.${verb}\` on the default branch`,
  };
}

/** Who may run and who may approve in an environment, in a sentence. */
export function whoMay({ name, settings }: NonNullable<Executing["environment"]>): string {
  return `In ${quoted(name)} runs are asked for by ${holdersOf(settings.run)}, and approved by ${holdersOf(settings.approve)}.`;
}

function holdersOf({ roles, users, teams }: CapabilityList): string {
  return [...roles, ...users, ...teams.map((team) => `team ${team}`)].map(quoted).join(" or ") || "nobody yet";
}
