import { describe, expect, it } from "vitest";
import { renderComment } from "../../src/review/comment.ts";
import { renderTerminal } from "../../src/review/terminal.ts";
import { FIXED, reviewOf, SHOP, settingsWith } from "./a-review.ts";

const withMode = (mode: string, text = FIXED) => text.replace(/mode: fixed-percent\n {2}value: '30'/, mode);
const reviewed = (text: string) => reviewOf(text, { snapshot: SHOP });
const comment = (text: string) => renderComment(reviewed(text), { audience: "members" });
const LISTED = FIXED.replace(
  /selector:\n {4}namespaces: \[staging\]\n.*/,
  "selector:\n    pods: { staging: [checkout-1, checkout-2] }",
);

/** Names that the picture shows inside the group of victims, with how the group is painted. */
function picture(markdown: string) {
  const [, title = "", body = ""] = /subgraph hit\["([^"]*)"\]\n([\s\S]*?)\n {2}end/.exec(markdown) ?? [];
  const names = [...body.matchAll(/\["([^"]*)"\]/g)].map(([, name]) => name);
  return { title, names, isPainted: /classDef struck fill/.test(markdown) };
}

describe("where chance decides, a review", () => {
  it.each([
    { mode: "mode: one", said: "1 of 10 matching pods (10 %), drawn at the run" },
    { mode: "mode: fixed\n  value: '4'", said: "4 of 10 matching pods (40 %), drawn at the run" },
    { mode: "mode: fixed-percent\n  value: '30'", said: "3 of 10 matching pods (30 %), drawn at the run" },
    {
      mode: "mode: random-max-percent\n  value: '50'",
      said: "0 to 5 of 10 matching pods (0 to 50 %), drawn at the run",
    },
  ])("with $mode says $said, and paints nobody as hit", ({ mode, said }) => {
    const markdown = comment(withMode(mode));
    expect(markdown.split("\n")[0]).toContain(`Hits ${said}: `);
    expect(markdown).toMatch(new RegExp(`^\\| .*${said.replace(/[()]/g, "\\$&")}`, "m"));
    expect(renderTerminal(reviewed(withMode(mode)))).toContain(`  hits    ${said}\n`);
    expect(picture(markdown)).toMatchObject({
      isPainted: false,
      title: expect.stringContaining("of 10, drawn at the"),
    });
    expect(picture(markdown).names).toEqual(SHOP.pods.slice(0, 10).map(({ name }) => name));
  });

  it.each(["mode: fixed-percent\n  value: '30'", "mode: random-max-percent\n  value: '50'"])(
    "with %s is the same whoever was drawn, and however many",
    (mode) => {
      const drawn = ["5eed", "beef", "c0de", "0123", "4567"].map((seed) =>
        reviewOf(withMode(mode), { snapshot: SHOP, seed: seed.repeat(8) }),
      );
      const said = new Set(drawn.map((review) => renderComment(review, { audience: "members" })));
      expect(said.size).toBe(1);
      const names = drawn.map(({ experiments }) => experiments[0]?.selection?.selected.map(({ name }) => name).join());
      expect(new Set(names).size).toBeGreaterThan(1);
    },
  );

  it("says of drawn peers how many, and names none", () => {
    const markdown = comment(FIXED.replace("mode: all", "mode: one"));
    expect(markdown).toContain("→ 1 peer pod, drawn at the run");
    expect(markdown).toContain('subgraph peers["peers, drawn at the run"]');
    expect(markdown).not.toMatch(/"payment-\d/);
    expect(comment(FIXED)).toMatch(/"payment-\d/);
  });

  it("adds up several experiments to a range", () => {
    const others = [withMode("mode: all"), withMode("mode: random-max-percent\n  value: '50'")];
    const text = others.map((one, at) => one.replace("name: network", `name: number-${at}`)).join("---\n");
    const { staging } = settingsWith().environments;
    if (staging === undefined) throw new Error("the settings have staging");
    const settings = settingsWith({ environments: { staging: { ...staging, caps: { durationMs: 30_000 } } } });
    const markdown = renderComment(reviewOf(text, { snapshot: SHOP, settings }), { audience: "members" });
    expect(markdown.split("\n")[0]).toContain("2 experiments hit 10 to 15 pods, some drawn at the run");
  });
});

describe("where nothing is left to chance, a review", () => {
  it.each([
    { name: "all", text: withMode("mode: all"), hit: 10 },
    { name: "fixed with as many as there are", text: withMode("mode: fixed\n  value: '10'"), hit: 10 },
    { name: "all of a list of pods", text: withMode("mode: all", LISTED), hit: 2 },
  ])("with $name names who is hit", ({ text, hit }) => {
    const markdown = comment(text);
    expect(markdown).not.toContain("drawn at the run");
    expect(picture(markdown)).toMatchObject({ title: "hit", isPainted: true });
    expect(picture(markdown).names).toHaveLength(hit);
  });
});
