import { CLAIMS_PATH, PREVIEWS_PATH, REPORTS_PATH } from "./protocol.ts";

/** Whether a path belongs to the runners' channel. */
export function isChannelPath(path: string): boolean {
  return path === CLAIMS_PATH || path === REPORTS_PATH || path === PREVIEWS_PATH;
}
