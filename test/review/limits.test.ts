import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { renderReviewCheck } from "../../src/review/check.ts";
import { renderComment } from "../../src/review/comment.ts";
import { folded, join, type Section, table } from "../../src/review/sections.ts";
import { aClusterWith, pods } from "../fakes/snapshot.ts";
import { BROKEN, FIXED, reviewOfFiles, SHOP, settingsWith } from "./a-review.ts";

const MEMBERS = { audience: "members" } as const;
const HARD_LIMIT = 60_000;

/** A hundred manifests, each with more to say than the one before, some of which the cluster would refuse. */
const HUNDRED = Array.from({ length: 100 }, (_, at) => ({
  path: `chaos/team-${at}/network-delay.yaml`,
  text: (at % 10 === 9 ? BROKEN : FIXED).replaceAll("network-delay", `delay-${at}-${"x".repeat(at)}`),
}));

function isWhole(markdown: string): boolean {
  const count = (pattern: RegExp) => markdown.match(pattern)?.length ?? 0;
  const fences = markdown.match(/^(`{3,})/gm) ?? [];
  return (
    count(/<details/g) === count(/<\/details>/g) && fences.length % 2 === 0 && lastTableLine(markdown).endsWith("|")
  );
}

function lastTableLine(markdown: string): string {
  return markdown.split("\n").findLast((line) => line.startsWith("|")) ?? "|";
}

describe("a pull request of a hundred manifests", () => {
  const crowd = aClusterWith([...SHOP.pods, ...pods("checkout", 300, { labels: { app: "checkout-service" } })]);
  const review = reviewOfFiles(HUNDRED, { snapshot: crowd });
  const valid = reviewOfFiles(
    HUNDRED.filter(({ text }) => !text.includes("scheduler")),
    { snapshot: crowd, settings: settingsWith({ runOnMerge: true }) },
  );

  it.each([
    { what: "with refusals", made: review },
    { what: "without", made: valid },
  ])("has one comment below the limit, whole and with the way to the rest: $what", ({ made }) => {
    const markdown = renderComment(made, MEMBERS);
    expect(markdown.length).toBeGreaterThan(10_000);
    expect(markdown.length).toBeLessThan(HARD_LIMIT);
    expect(isWhole(markdown)).toBe(true);
    expect(markdown).toContain("it is in the text of the check");
  });

  it("has the rest in the text of the check, below GitHub's limit", () => {
    const { text } = renderReviewCheck(review, MEMBERS);
    expect(text.length).toBeLessThanOrEqual(65_535);
    expect(text.length).toBeGreaterThan(renderComment(review, MEMBERS).length);
    expect(isWhole(text)).toBe(true);
  });

  it("would not be whole if it were cut at a length", () => {
    const markdown = renderComment(review, MEMBERS);
    const cuts = Array.from({ length: 40 }, (_, at) =>
      markdown.slice(0, Math.floor((markdown.length * (at + 1)) / 42)),
    );
    expect(cuts.every(isWhole)).toBe(false);
  });
});

const piece = fc.oneof(
  fc.string({ maxLength: 200 }).map((text) => text.replace(/[`<|]/g, "")),
  fc.tuple(fc.nat(30), fc.nat(60)).map(([rows, width]) =>
    table(
      ["a", "b"],
      Array.from({ length: rows }, () => ["x".repeat(width), "y"]),
    ),
  ),
  fc.nat(400).map((length) => folded("more", "z".repeat(length))),
  fc.nat(300).map((length) => `\`\`\`mermaid\ngantt\n${"w".repeat(length)}\n\`\`\``),
);
const section = fc.record({ markdown: piece, needed: fc.boolean() }).map((made): Section => made);

/** What stands in a text besides these sections, each whole and in its order. */
function restAfter(sections: readonly Section[], text: string): string {
  return sections.reduce((rest, { markdown }) => {
    if (markdown === "" || !`${rest}\n\n`.startsWith(`${markdown}\n\n`)) return rest;
    return rest.slice(markdown.length + 2);
  }, text);
}

it("sees a section that is cut open, or at another place", () => {
  const [one, two] = [{ markdown: folded("more", "a") }, { markdown: "b" }];
  expect(restAfter([one, two], `${one.markdown}\n\nb`)).toBe("");
  expect(restAfter([one, two], `b\n\n${one.markdown}`)).not.toBe("");
  expect(restAfter([one, two], `${one.markdown.slice(0, 20)}\n\nb`)).not.toBe("");
});

describe("sections that do not fit", () => {
  it("give way whole: what is left is balanced, short enough, and in its order", () => {
    fc.assert(
      fc.property(fc.array(section, { maxLength: 30 }), fc.integer({ min: 200, max: 4000 }), (sections, limit) => {
        const text = join(sections, limit, limit * 2);
        expect(text.length).toBeLessThanOrEqual(limit * 2);
        expect(isWhole(text)).toBe(true);
        expect(restAfter(sections, text)).toMatch(/^(_The rest did not fit here.*)?$/);
      }),
      { numRuns: 400, seed: 5 },
    );
  });
});
