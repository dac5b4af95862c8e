import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { indexOf } from "../scripts/rules-index.ts";
import { codesIn, PAGES, pageOf, readPage } from "./rule-page.ts";
import { everyRule } from "./rule-tables.ts";

// docs/rules has one page for each rule, and every page is tried on the code that it explains.

const RULES = await everyRule();
const FORMS = ["Wrong yaml, Right yaml", "Settings yaml, ", "Cluster json, ", "Settings yaml, Cluster json, "];

describe.each(RULES)("the page of $code", (rule) => {
  const page = pageOf(rule.code);

  it("has the form that every page has, and the sentence of the table", () => {
    expect(page).toMatchObject({ title: rule.code, sentence: rule.sentence });
    const before = page?.form.join(", ").replace("Wrong yaml, Right yaml", "") || FORMS[0];
    expect(FORMS).toContain(before);
  });

  it("shows a wrong example that yields this rule alone, and a right one that yields nothing", () => {
    const { Wrong = "", Right = "" } = page?.examples ?? {};
    expect(page && codesIn(Wrong, rule, page)).toEqual([rule.code]);
    expect(page && codesIn(Right, rule, page)).toEqual([]);
  });
});

it("finds the tables of at least four rooms, and would miss a page that is not there", () => {
  expect(new Set(RULES.map(({ room }) => room)).size).toBeGreaterThanOrEqual(4);
  expect(pageOf("no-such-rule")).toBeUndefined();
});

it("tells a page whose examples are the wrong way round", () => {
  const rule = RULES.find(({ code }) => code === "no-duration");
  if (rule === undefined) throw new Error("no-duration is gone; choose another rule");
  const markdown = readFileSync(join(PAGES, "no-duration.md"), "utf8");
  const turned = readPage(markdown.replace("## Wrong", "## Was").replace("## Right", "## Wrong"));
  expect(codesIn(turned.examples.Wrong ?? "", rule, turned)).not.toEqual([rule.code]);
  expect(turned.form).not.toEqual(["Wrong yaml, Right yaml"]);
});

it("has no page of a rule that is gone", () => {
  const known = new Set(RULES.map(({ code }) => `${code}.md`));
  expect(readdirSync(PAGES).filter((name) => name !== "README.md" && !known.has(name))).toEqual([]);
});

it("lists every rule in docs/rules/README.md (written by node scripts/rules-index.ts)", () => {
  expect(existsSync(join(PAGES, "README.md")) && readFileSync(join(PAGES, "README.md"), "utf8")).toBe(indexOf(RULES));
});
