import { CLAIMS_PATH, PREVIEWS_PATH, REPORTS_PATH, STANDING_PATH } from "./protocol.ts";

/** Whether a path belongs to the runners' channel. */
export function isChannelPath(path: string): boolean {
  return [CLAIMS_PATH, STANDING_PATH, REPORTS_PATH, PREVIEWS_PATH].includes(path);
}
