import { code } from "../escape.ts";
import type { Review } from "../review.ts";

/** What a reader can do now, with the command to copy where there is one. */
export function nextStep(review: Review): string {
  switch (review.outcome) {
    case "no-experiments":
      return "";
    case "invalid":
      return said("repair the lines above. What is certain can be done at once:", fixCommand(review));
    case "refused":
      return said(
        `change what stands in the way (⛔ above). What ${code(review.environment)} allows is written in the settings of the default branch.`,
      );
    case "reviewed":
      return afterReview(review);
  }
}

function afterReview({ execution, plan, environment }: Review): string {
  if (execution === undefined || plan === undefined) return "";
  const { state, approvals, onMerge } = execution;
  if (state === "off") {
    return said(
      "nothing to do. Running is off: `execution: enabled` in `.github/chaosgate.yml` of the default branch turns it on.",
    );
  }
  if (state === "nowhere") {
    return said(
      `nothing to do. No cluster and runner are pinned for ${code(environment)}, so nothing can be run there.`,
    );
  }
  const run = `/chaos run --plan ${plan}`;
  const approve = `/chaos approve --plan ${plan}`;
  if (approvals > 0) {
    const then = onMerge ? "Merging then runs it." : "A run is possible then.";
    return said(`somebody who may, and wrote none of it, approves exactly this plan. ${then}`, approve);
  }
  const now = said("run it, as somebody whom the settings allow:", run);
  return onMerge ? `${now}\n\nOr approve exactly this plan, and merging runs it:\n\n\`\`\`\n${approve}\n\`\`\`` : now;
}

function fixCommand({ files }: Review): string {
  const broken = files.filter(
    ({ problems, documents }) => problems.length > 0 || documents.some(({ answer }) => answer === "reject"),
  );
  return broken
    .slice(0, 5)
    .map(({ path }) => `chaosgate fix --write ${shellWord(path)}`)
    .join("\n");
}

/** A path of the pull request's author, quoted so that pasting it into a shell runs nothing. */
function shellWord(path: string): string {
  const harmless = path.replace(/[^\x20-\x7e]/g, "?").replaceAll("`", "?");
  return /^[A-Za-z0-9_./][A-Za-z0-9_./-]*$/.test(harmless) ? harmless : `'${harmless.replaceAll("'", "'\\''")}'`;
}

function said(sentence: string, command = ""): string {
  return `**Next:** ${sentence}${command === "" ? "" : `\n\n\`\`\`\n${command}\n\`\`\``}`;
}
