// Labels that inform. Nothing is ever decided by them; what `chaos:hold` stops is its handlers' business.

import { BLAST_LABELS, blastLabel } from "../review/blast-label.ts";
import type { Review } from "../review/review.ts";
import type { Bot } from "./bot.ts";
import { type PullRequest, setLabel } from "./pull-request.ts";
import type { Repository } from "./repository.ts";

const RUNNING = "chaos:running";

/** Shows how far the experiments reach, as soon as somebody has seen the pods; a label of an earlier head is taken off. */
export async function labelBlast(repository: Repository, bot: Bot, pr: PullRequest, review: Review): Promise<void> {
  const wanted = blastLabel(review);
  // A review without pods is completed soon, and what a former one said stands until then.
  if (wanted === undefined && review.experiments.length > 0) return;
  const stale = BLAST_LABELS.filter((label) => label !== wanted && pr.labels.includes(label));
  await decorate(bot, pr.number, async () => {
    for (const label of stale) await setLabel(repository, pr.number, label, false);
    if (wanted !== undefined && !pr.labels.includes(wanted)) await setLabel(repository, pr.number, wanted, true);
  });
}

/** Shows that something of a pull request runs. */
export async function labelRunning(repository: Repository, bot: Bot, number: number, runs: boolean): Promise<void> {
  await decorate(bot, number, () => setLabel(repository, number, RUNNING, runs));
}

async function decorate(bot: Bot, pullRequest: number, act: () => Promise<void>): Promise<void> {
  await act().catch((error: unknown) => bot.log.warn({ err: error, pullRequest }, "a label could not be changed"));
}
