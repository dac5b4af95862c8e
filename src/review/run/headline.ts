import type { RunReport } from "../../run/report.ts";
import { code, prose } from "../escape.ts";
import { lasting } from "../figure.ts";

const ICONS: Readonly<Record<NonNullable<RunReport["verdict"]>, string>> = {
  resilient: "✅",
  violated: "🛑",
  aborted: "✋",
  inconclusive: "❔",
  refused: "🚫",
};

const RESTORED: Readonly<Record<NonNullable<RunReport["rollback"]>, string>> = {
  "not-needed": "Nothing was injected.",
  verified: "Everything is restored, and verified.",
  expired: "The lease ended the fault; **restoration is not proven**.",
  failed: "**Something is left behind**: see below what to do.",
};

const DOING: Readonly<Record<RunReport["phase"], string>> = {
  requested: "looking for the pods",
  preflight: "asking the nodes whether they can",
  baseline: "looking for a steady state before any fault",
  injecting: "putting the fault in place",
  watching: "watching the objectives under the fault",
  "rolling-back": "rolling back",
  verifying: "proving that nothing is left",
  finished: "finished",
};

/** The first line: what was found and whether everything is as it was, or what is going on. */
export function headline({ verdict, rollback, because, phase, experiment, environment }: RunReport): string {
  if (phase !== "finished" || verdict === undefined) {
    return `### ⏳ ${code(experiment.name)} runs in ${code(environment)}: ${DOING[phase]}`;
  }
  const restored = rollback === undefined ? "" : RESTORED[rollback];
  return [
    `### ${ICONS[verdict]} ${capital(verdict)}: ${code(experiment.name)} in ${code(environment)}`,
    "",
    `${sentence(because ?? "")} ${restored}`.trim(),
  ].join("\n");
}

/** The same in a few plain words, for the title of a check. */
export function shortHeadline({ verdict, rollback, phase, because = "" }: RunReport): string {
  if (phase !== "finished" || verdict === undefined) return capital(DOING[phase]);
  const left = rollback === "failed" || rollback === "expired" ? `, rollback ${rollback}` : "";
  return `${capital(verdict)}${left}: ${because}`.slice(0, 140);
}

/** The second line: what exactly this is about. */
export function identity(report: RunReport): string {
  const { runId, plan, headSha, requester, experiment, durationMs, cappedFromMs, hypothesis } = report;
  const what = [experiment.kind, experiment.action].filter((word) => word !== "").join(" ");
  const capped = cappedFromMs === undefined ? "" : `, capped from ${lasting(cappedFromMs)}`;
  const facts = [
    `run ${code(runId)}`,
    `plan ${code(plan)}`,
    `head ${code(headSha.slice(0, 12))}`,
    ...(what === "" ? [] : [`${prose(what)} for ${lasting(durationMs)}${capped}`]),
    `asked for by ${code(requester)}`,
  ];
  const claim = hypothesis === undefined ? [] : ["", `> **Hypothesis.** ${prose(hypothesis)}`];
  return [facts.join(" · "), ...claim].join("\n");
}

const STEPS: readonly RunReport["phase"][] = [
  "preflight",
  "baseline",
  "injecting",
  "watching",
  "rolling-back",
  "verifying",
];

/** Where a run is on its way; a finished one has a timeline instead. */
export function progress({ phase }: RunReport): string {
  if (phase === "finished") return "";
  const here = STEPS.indexOf(phase);
  return STEPS.map((step, index) => {
    if (index === here) return `**▶ ${step}**`;
    return index < here ? `✓ ${step}` : step;
  }).join(" → ");
}

function sentence(text: string): string {
  const shown = prose(text.trim());
  if (shown === "") return "";
  return `${capital(shown)}${/[.!?]$/.test(shown) ? "" : "."}`;
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
