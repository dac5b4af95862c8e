import { expect, it } from "vitest";
import { RULES as KNOWN_TO_CLI } from "../src/review/rules.ts";
import { everyRule } from "./rule-tables.ts";

const RULES = await everyRule();

it("gives no rule of any room the id of another", () => {
  const codes = RULES.map(({ code }) => code);
  expect(codes.filter((code, at) => codes.indexOf(code) !== at)).toEqual([]);
});

it("leaves no rule of any room out of the command line's own table", () => {
  expect([...KNOWN_TO_CLI.keys()].sort()).toEqual(RULES.map(({ code }) => code).sort());
});

it.each(RULES)("gives $code a reason in one sentence", ({ code, sentence }) => {
  expect(code).toMatch(/^[a-z0-9-]+$/);
  expect(sentence).toMatch(/^\S[^\n]{20,}\.$/);
});
