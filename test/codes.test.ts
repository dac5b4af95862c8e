import { expect, it } from "vitest";
import { IMPACT_RULES } from "../src/impact/codes.ts";
import { FINDINGS, PROBLEMS } from "../src/manifest/codes.ts";
import { POLICY_RULES } from "../src/policy/codes.ts";
import { REVIEW_RULES } from "../src/review/codes.ts";
import { SETTINGS_RULES } from "../src/settings/codes.ts";

const TABLES = [PROBLEMS, FINDINGS, POLICY_RULES, IMPACT_RULES, REVIEW_RULES, SETTINGS_RULES];

it("gives no rule of any room the id of another", () => {
  const codes = TABLES.flatMap((table) => Object.keys(table));
  expect(codes.filter((code, at) => codes.indexOf(code) !== at)).toEqual([]);
});

it.each(TABLES.flatMap((table) => Object.entries<string>(table)))("gives %s a reason in one sentence", (_, reason) => {
  expect(reason).toMatch(/^\S[^\n]{20,}\.$/);
});
