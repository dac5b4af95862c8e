import type { Change } from "../../impact/what-if.ts";
import { prose } from "../../review/escape.ts";
import { suggestion, whatIfTable } from "../../review/parts/what-if.ts";
import { gatherReview } from "../gather-review.ts";
import { requestPreview } from "../previews.ts";
import { publishReview } from "../publish-review.ts";
import type { Answer, CommandContext } from "./context.ts";
import { quoted } from "./refusal.ts";

/** Reviews the head again and shows the plan with the command to copy. */
export async function plan(context: CommandContext, change?: Change): Promise<Answer> {
  if (change !== undefined) return answerWhatIf(context, change);
  const { repository, bot, pr, settings } = context;
  const reviewed = await gatherReview(repository, bot, pr, { settings });
  await publishReview(repository, bot, pr, reviewed);
  await requestPreview(repository, pr, reviewed, bot.clock.now());
  const { review } = reviewed;
  if (review.plan === undefined || review.outcome !== "reviewed") {
    return { done: true, markdown: "There is no plan: see the check `chaos / review` for what stands in the way." };
  }
  const markdown = [
    `Plan ${quoted(review.plan)} of head ${quoted(pr.headSha.slice(0, 12))} for ${quoted(review.environment)}.`,
    "",
    "```",
    `/chaos run --plan ${review.plan}`,
    "```",
  ].join("\n");
  return { done: true, markdown };
}

/** Predicts the changed experiments from the settings and the manifest; nothing is published and no pod is asked for. */
async function answerWhatIf({ repository, bot, pr, settings }: CommandContext, change: Change): Promise<Answer> {
  const { review } = await gatherReview(repository, bot, pr, { settings, change });
  const parts = review.experiments.flatMap((reviewed) => {
    const rows = whatIfTable(reviewed);
    return rows === "" ? [] : [`#### ${prose(reviewed.experiment.name)}`, rows, suggestion(reviewed)];
  });
  const shown = parts.filter((part) => part !== "");
  const none = "Nothing here has a delay or a loss to change: that is for experiments of the kind NetworkChaos.";
  return { done: true, markdown: shown.length === 0 ? none : shown.join("\n\n") };
}
