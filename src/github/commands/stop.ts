import { HOLD_LABEL } from "../delivery.ts";
import { setLabel } from "../pull-request.ts";
import { type Stop, type Stopped, stopRuns } from "../runs.ts";
import type { Answer, CommandContext } from "./context.ts";
import type { Command } from "./grammar.ts";
import { quoted } from "./refusal.ts";

/** Stops one run or all of the pull request; works on a closed pull request too. */
export async function abort(
  command: Extract<Command, { verb: "abort" }>,
  { repository, pr, by }: CommandContext,
): Promise<Answer> {
  const stop: Stop = { kind: "abort", by: by.login, ...(command.run !== undefined && { runId: command.run }) };
  const stopped = await stopRuns(repository, pr.number, stop);
  return {
    done: stopped.some(({ how }) => how !== "idle"),
    markdown: said(stopped, "Nothing of this pull request is queued or running."),
  };
}

/** Labels the pull request, so that nothing starts, and stops what runs. */
export async function hold({ repository, pr, by }: CommandContext): Promise<Answer> {
  await setLabel(repository, pr.number, HOLD_LABEL, true);
  const stopped = await stopRuns(repository, pr.number, { kind: "hold", by: by.login });
  const held = `On hold: nothing of this pull request starts until \`/chaos unhold\`.`;
  return { done: true, markdown: `${held}\n\n${said(stopped, "Nothing was queued or running.")}` };
}

/** Takes the label off; what was stopped stays stopped. */
export async function unhold({ repository, pr }: CommandContext): Promise<Answer> {
  await setLabel(repository, pr.number, HOLD_LABEL, false);
  return { done: true, markdown: "No longer on hold. What was stopped stays stopped; `/chaos run` starts anew." };
}

function said(stopped: readonly Stopped[], nothing: string): string {
  const told = stopped.map(({ ticketId, how }) => `- ${quoted(ticketId)} ${SAID[how]}`).join("\n");
  if (stopped.every(({ how }) => how === "idle")) return [nothing, ...(told === "" ? [] : ["", told])].join("\n");
  return told;
}

const SAID: Readonly<Record<Stopped["how"], string>> = {
  cancelled: "was queued and is cancelled",
  asked: "is asked to abort and roll back",
  idle: "is a schedule of which nothing runs now; it stands, and `/chaos hold` keeps it from running",
};
