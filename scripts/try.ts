// try.ts [--once] [--port N]: a GitHub of one's own with a page, the bot on it, and two pull requests that it reviews. It needs Node
// alone: there is no cluster and no node daemon, so nothing can run. `--once` ends after the reviews; otherwise Ctrl-C does.

import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs, promisify } from "node:util";
import { type GitHubSide, PEOPLE, startGitHubSide } from "../src/entrypoints/playground/github-side.ts";
import { makeKeys } from "../src/entrypoints/playground/keys.ts";
import { appComment, completedCheck, GATE_CHECK, headline, REVIEW_CHECK } from "../src/entrypoints/playground/seen.ts";

const SEED = "test/fixtures/seed/network-delay.yaml";
const MANIFEST = "chaos/network-delay.yaml";

/** What the repository says of its services, so that the review can predict something. No cluster is pinned: nothing can run. */
const SETTINGS = `version: 1
paths: ["chaos/**/*.yaml"]
environments:
  staging:
    namespaces: [staging]
    pairings: [{ from: staging-chaos, to: staging }]
services:
  checkout:
    namespace: staging
    labels: { app: checkout-service }
    rate: 200/s
    pool: 80
    calls:
      - { to: payment, timeout: 2s, serviceTime: 5ms, rtt: 2ms, window: 64KiB }
  payment:
    namespace: staging
    labels: { app: payment-service }
`;

const { values } = parseArgs({
  options: { once: { type: "boolean", default: false }, port: { type: "string", default: "8418" } },
});

const folder = mkdtempSync(join(tmpdir(), "chaosgate-try-"));
const keys = makeKeys(join(folder, "keys"));
const files = { ".github/chaosgate.yml": SETTINGS };
const github = await startGitHubSide({ keys, folder, files, port: Number(values.port) });
const asked = new Promise<void>((resolve) => {
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => resolve());
});
try {
  await Promise.race([show(), asked]);
} finally {
  await github.stop();
  rmSync(folder, { recursive: true });
}
process.exit();

async function show(): Promise<void> {
  await review(github, "the manifest as its author wrote it", readFileSync(SEED, "utf8"));
  await review(github, "the same after `chaosgate fix`", await fixed());
  if (values.once) return;
  console.log("\nThe pages stay until Ctrl-C. Comment `/chaos help` there, as mia, who maintains the repository.");
  await asked;
}

/** Opens a pull request and says what becomes of it. */
async function review(side: GitHubSide, title: string, manifest: string): Promise<void> {
  const { standIn, repository, pageOf } = side;
  const branch = `try-${repository.pulls.length + 1}`;
  standIn.people.push(repository, PEOPLE.author, { branch, files: { [MANIFEST]: manifest } });
  const pull = standIn.people.openPullRequest(repository, PEOPLE.author, { title, branch });
  console.log(`\n${title}: pull request ${pull.number} is open`);
  const check = await completedCheck(side, pull, REVIEW_CHECK);
  const gate = await completedCheck(side, pull, GATE_CHECK);
  await appComment(side, pull, "the review's comment", (body) => body.includes("chaosgate:review"));
  const seconds = (performance.now() / 1000).toFixed(1);
  console.log(`${title}: reviewed after ${seconds} s, gate: ${gate.conclusion}\n  ${pageOf(pull.number)}`);
  console.log(`  ${headline(check.title ?? "")}`);
  for (const { startLine, title: rule } of check.annotations) console.log(`  line ${startLine}: ${rule}`);
}

/** What `chaosgate fix` makes of the seed's manifest, by the command itself. */
async function fixed(): Promise<string> {
  const file = join(folder, "network-delay.yaml");
  writeFileSync(file, readFileSync(SEED));
  await promisify(execFile)(process.execPath, ["src/entrypoints/cli.ts", "fix", "--write", file]);
  return readFileSync(file, "utf8");
}
