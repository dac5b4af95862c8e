import type { Answer } from "./context.ts";
import type { Verb } from "./grammar.ts";

const LINES: Readonly<Record<Verb, readonly [usage: string, meaning: string, needs: string]>> = {
  help: ["/chaos help", "this list", "read"],
  status: [
    "/chaos status [--env E]",
    "plan, approvals and runs of the head, and what a run still needs of whom",
    "read",
  ],
  plan: [
    "/chaos plan [--what-if delay=200ms,loss=1%]",
    "review the head again and show its plan, or say what another delay or loss would do",
    "write",
  ],
  approve: [
    "/chaos approve --plan P [--env E]",
    "approve exactly this plan",
    "`approve` in the settings; not the author",
  ],
  run: ["/chaos run [manifest] [--env E] [--plan P]", "hand the plan to the runner", "`run` in the settings"],
  abort: ["/chaos abort [run]", "stop and roll back", "write"],
  "dry-run": ["/chaos dry-run [--env E]", "ask for the live pods and say what would be hit; injects nothing", "write"],
  retry: ["/chaos retry RUN", "ask for an ended run once more, of the same plan", "`run` in the settings"],
  explain: ["/chaos explain RULE", "why a rule exists", "read"],
  lock: ['/chaos lock E --reason "..." --for 2h', "let no run start in an environment", "`lock` in the settings"],
  unlock: ["/chaos unlock E", "let runs start there again", "`lock` in the settings"],
  hold: ["/chaos hold", "stop what runs and let nothing start", "write"],
  unhold: ["/chaos unhold", "let things start again", "write"],
};

/** Every command in a table. */
export function help(): Answer {
  const rows = Object.values(LINES).map(([usage, meaning, needs]) => `| \`${usage}\` | ${meaning} | ${needs} |`);
  return { done: true, markdown: ["| Command | What it does | Needs |", "| --- | --- | --- |", ...rows].join("\n") };
}
