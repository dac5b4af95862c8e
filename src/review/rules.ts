import { IMPACT_RULES } from "../impact/codes.ts";
import { FINDINGS, PROBLEMS } from "../manifest/codes.ts";
import { POLICY_RULES } from "../policy/codes.ts";
import { SETTINGS_RULES } from "../settings/codes.ts";
import { REVIEW_RULES } from "./codes.ts";

/** Every rule's id with its reason. */
export const RULES: ReadonlyMap<string, string> = new Map(
  [PROBLEMS, FINDINGS, POLICY_RULES, IMPACT_RULES, REVIEW_RULES, SETTINGS_RULES].flatMap((room) =>
    Object.entries(room),
  ),
);
