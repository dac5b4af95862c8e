import { gatherReview } from "../gather-review.ts";
import { requestPreview } from "../previews.ts";
import { publishReview } from "../publish-review.ts";
import type { Answer, CommandContext } from "./context.ts";
import { quoted } from "./refusal.ts";

/** Reviews the head again and shows the plan with the command to copy. */
export async function plan({ repository, bot, pr, settings }: CommandContext): Promise<Answer> {
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
