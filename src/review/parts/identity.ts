import { code } from "../escape.ts";
import type { Review } from "../review.ts";

/** What exactly was reviewed. */
export function identityOf({ plan, headSha, baseSha, environment, clusterSeenAt }: Review): string {
  const facts = [
    ...(plan === undefined ? [] : [`plan ${code(plan)}`]),
    `head ${code(headSha.slice(0, 12))}`,
    ...(baseSha === undefined ? [] : [`base ${code(baseSha.slice(0, 12))}`]),
    `environment ${code(environment)}`,
    ...(clusterSeenAt === undefined ? [] : [`pods seen at ${moment(clusterSeenAt)}`]),
  ];
  return facts.join(" · ");
}

function moment(at: number): string {
  return `${new Date(at).toISOString().slice(0, 19).replace("T", " ")} UTC`;
}
