import type { Bot } from "./bot.ts";
import { updateDashboard } from "./dashboard.ts";
import type { PushDelivery } from "./delivery.ts";
import { reviewNow } from "./on-pull-request.ts";
import { endInvitation } from "./onboarding.ts";
import { openGate } from "./publish-review.ts";
import { openPullRequests } from "./pull-request.ts";
import type { Repository } from "./repository.ts";
import { revokeChanged } from "./schedules.ts";

/** A change of the settings looks at this many of the pull requests that changed last; the gates of the others are closed until the reconciler comes. */
const MOST_REVIEWS = 30;

/** The default branch has moved: schedules that it has no longer are revoked. With other settings every open pull request is judged by them, and plans of the old ones are void. */
export async function onPush(
  { branch, touchesSettings }: PushDelivery,
  repository: Repository,
  bot: Bot,
): Promise<void> {
  if (branch !== repository.defaultBranch) return;
  await revokeChanged(repository, bot);
  if (!touchesSettings) return;
  await updateDashboard(repository, bot);
  await endInvitation(repository, bot);
  const open = await openPullRequests(repository);
  for (const { headSha } of open.slice(MOST_REVIEWS)) await openGate(repository, headSha, true);
  for (const { number } of open.slice(0, MOST_REVIEWS)) await reviewNow(number, repository, bot);
}
