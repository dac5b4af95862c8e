// (1) The seed's manifest gets its problems at their lines. (2) Fixed by `chaosgate fix`, it gets blast radius and prediction.

import { execFile } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import type { PullRequest } from "../../../playground/github/repository.ts";
import { PEOPLE } from "../github-side.ts";
import { appComment, completedCheck, GATE_CHECK, headline, REVIEW_CHECK } from "../seen.ts";
import type { Story } from "../story.ts";
import type { World } from "../world.ts";
import { MANIFEST_PATH, type Scene, SEED_MANIFEST } from "./scene.ts";

const run = promisify(execFile);

/** Problems the seed's manifest must get, by rule. */
const EXPECTED = ["value-not-a-count", "field-missing", "scheduler-of-version-1", "namespace-foreign"];
const BRANCH = "slow-payment";

/** Opens the pull request with the seed's manifest, as the seed has it. */
export async function reviewSeedManifest(world: World, story: Story): Promise<PullRequest> {
  story.step("1", "a pull request with the seed's NetworkChaos");
  const { github } = world;
  const { people } = github.standIn;
  const openedAt = Date.now();
  people.push(github.repository, PEOPLE.author, {
    branch: BRANCH,
    files: { [MANIFEST_PATH]: readFileSync(SEED_MANIFEST, "utf8") },
  });
  const title = "What if payment is slow for checkout?";
  const body = "The seed's experiment: 500 ms between checkout and payment.";
  const pull = people.openPullRequest(github.repository, PEOPLE.author, { title, body, branch: BRANCH });
  const review = await completedCheck(github, pull, REVIEW_CHECK);
  story.tell(`${headline(review.title ?? "")} (${((Date.now() - openedAt) / 1000).toFixed(1)} s after it was opened)`);
  for (const { startLine, title: rule, message } of review.annotations) {
    story.tell(`  line ${startLine}: ${message.split("\n")[0]} [${rule}]`, { line: startLine, rule, message });
  }
  const found = new Set(review.annotations.map(({ title: rule }) => rule));
  const missing = EXPECTED.filter((rule) => !found.has(rule));
  story.check("problems at their lines", missing.length === 0, [...found], EXPECTED.join(", "));
  const gate = await completedCheck(github, pull, GATE_CHECK);
  story.check("the gate is closed", gate.conclusion === "failure", gate.conclusion, "failure");
  return pull;
}

/** Pushes what `chaosgate fix` makes of it, and waits for the review that has seen the live pods. */
export async function reviewFixedManifest({ world, story, pull, picture }: Scene): Promise<void> {
  story.step("2", "`chaosgate fix`, pushed: blast radius and prediction");
  const { github } = world;
  const file = join(world.folder, "network-delay.yaml");
  writeFileSync(file, readFileSync(SEED_MANIFEST));
  const { stdout, stderr } = await run(process.execPath, ["src/entrypoints/cli.ts", "fix", "--write", file]);
  for (const line of `${stdout}${stderr}`.trim().split("\n").slice(0, 20))
    story.tell(`  ${line.replace(world.folder, ".")}`);
  const fixed = readFileSync(file, "utf8");
  github.standIn.people.push(github.repository, PEOPLE.author, { branch: BRANCH, files: { [MANIFEST_PATH]: fixed } });
  const { body } = await appComment(
    github,
    pull,
    "a review of the live pods",
    (text) => text.includes("pods seen at") && text.includes(pull.headSha.slice(0, 12)),
  );
  story.tell(headline(body));
  tellPredictions(story, body);
  story.check("blast radius", body.includes("3 of 10"), headline(body), "3 of 10 pods, 30 %");
  const seeds = ["32.77 MB/s", "130.55 kB/s", "99.60 %"];
  story.check(
    "the seed's throughput",
    seeds.every((figure) => body.includes(figure)),
    seeds.filter((figure) => body.includes(figure)),
    seeds.join(", "),
  );
  await picture("review", "article:has(.bubble.bot)");
}

/** The review's own table of predictions, a line each. */
function tellPredictions(story: Story, body: string): void {
  const rows = /\| Predicted \|[^\n]*\n[^\n]*\n((?:\|[^\n]*\n)+)/.exec(body)?.[1] ?? "";
  for (const row of rows.trim().split("\n")) {
    const [, title = "", , , sentence = ""] = row.split("|").map((cell) => cell.trim().replaceAll(/[\\*]/g, ""));
    story.tell(`  ${title}: ${sentence}`);
  }
}
