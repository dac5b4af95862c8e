import type { Command } from "./grammar.ts";

/** Why something was not done: the rule, what is and what would have to be, and what to do next. */
export type Refusal = {
  /** Stable id of the rule that refused. */
  readonly rule: string;
  readonly why: string;
  readonly next: string;
};

/** A refusal as Markdown. Its sentences are the program's own; whatever people wrote stands in code spans. */
export function renderRefusal(command: Command, { rule, why, next }: Refusal): string {
  return [
    `**Refused:** \`${spell(command)}\``,
    "",
    "| | |",
    "| --- | --- |",
    `| Rule | \`${rule}\` |`,
    `| Why | ${why} |`,
    `| Next | ${next} |`,
  ].join("\n");
}

/** Several refusals as a table: what stands in the way of a run. */
export function renderBlockers(refusals: readonly Refusal[]): string {
  const rows = refusals.map(({ rule, why, next }) => `| \`${rule}\` | ${why} | ${next} |`);
  return ["| What is missing | Why | Who or what supplies it |", "| --- | --- | --- |", ...rows].join("\n");
}

/** A command as it would be typed. */
export function spell(command: Command): string {
  const words = [`/chaos ${command.verb}`];
  if (command.verb === "abort" && command.run !== undefined) words.push(command.run);
  if (command.verb === "run" && command.manifest !== undefined) words.push(command.manifest);
  if (command.verb === "retry") words.push(command.run);
  if (command.verb === "explain") words.push(command.rule);
  if (command.verb === "lock" || command.verb === "unlock") words.push(command.environment);
  else if ("environment" in command && command.environment !== undefined) words.push(`--env ${command.environment}`);
  if ("plan" in command && command.plan !== undefined) words.push(`--plan ${command.plan}`);
  return words.join(" ");
}

/** Text that somebody else chose, inside a code span of a table cell. */
export function quoted(text: string): string {
  return `\`${text.replace(/[^\w./@:=()[\] -]/g, "?").slice(0, 120)}\``;
}
