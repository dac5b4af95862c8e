import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { codeOwnersOf } from "../../src/review/code-owners.ts";
import { renderComment } from "../../src/review/comment.ts";
import { remarksOf } from "../../src/review/parts/remarks.ts";
import { renderTerminal } from "../../src/review/terminal.ts";
import type { Settings } from "../../src/settings.ts";
import { aClusterWith, pods } from "../fakes/snapshot.ts";
import { FIXED, reviewOf, SHOP, settingsWith } from "./a-review.ts";

const FOLDER = "services/checkout";

describe("the owners of services/checkout by CODEOWNERS", () => {
  it.each([
    { text: "* @all", owners: ["@all"] },
    { text: "/services/ @a", owners: ["@a"] },
    { text: "services/checkout @a @acme/b c@example.com", owners: ["@a", "@acme/b", "c@example.com"] },
    { text: "checkout/ @a", owners: ["@a"] },
    { text: "/checkout/ @a", owners: [] },
    { text: "services/* @a", owners: [] },
    { text: "services/checkout/* @a", owners: ["@a"] },
    { text: "services/** @a", owners: ["@a"] },
    { text: "**/checkout @a", owners: ["@a"] },
    { text: "/**/check* @a", owners: ["@a"] },
    { text: "services/check?ut/ @a", owners: ["@a"] },
    { text: "services/check @a", owners: [] },
    { text: "*.ts @a", owners: [] },
    { text: "* @all\n/services/checkout/ @a\n", owners: ["@a"] },
    { text: "/services/checkout/ @a\n* @all\n", owners: ["@all"] },
    { text: "* @all\n/services/checkout/\n", owners: [] },
    { text: "* @all # everybody\r\n# services/ @a\r\n", owners: ["@all"] },
    { text: "* @all\n!/services/ @a\n/[s]ervices/ @b\nservices/ nobody\n", owners: ["@all"] },
    { text: "", owners: [] },
  ])("$text gives $owners", ({ text, owners }) => {
    expect(codeOwnersOf(FOLDER, text)).toEqual(owners);
  });

  it("are found in bounded time, whatever the pattern", () => {
    const pattern = `${"*a".repeat(400)}/${"**/".repeat(200)}x`;
    const begin = performance.now();
    expect(codeOwnersOf("a".repeat(500), `${pattern} @a\n`.repeat(50))).toEqual([]);
    expect(performance.now() - begin).toBeLessThan(2000);
  });

  it("never fail on any text, and are owners", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), fc.string(), (text, folder) => {
        for (const owner of codeOwnersOf(folder, text)) expect(owner).toMatch(/^\S*@\S+$/);
      }),
      { seed: 7, numRuns: 500 },
    );
  });
});

function withServices(changes: Readonly<Record<string, object>>): Settings {
  const settings = settingsWith();
  return { ...settings, services: settings.services.map((one) => ({ ...one, ...changes[one.name] })) };
}

describe("a review", () => {
  const MAPPED = withServices({ checkout: { path: FOLDER }, payment: { owners: ["@acme/payments"] } });
  const unowned = (over: Parameters<typeof reviewOf>[1]) =>
    remarksOf(reviewOf(FIXED, over)).filter(({ code }) => code === "unowned");

  it("shows the owners of the services that are hit, as in golden/review/comment-owners.md", async () => {
    const over = { snapshot: SHOP, settings: MAPPED, codeOwners: "/services/checkout/ @acme/checkout @ada\n" };
    const review = reviewOf(FIXED, over);
    const markdown = renderComment(review, { audience: "members" });
    expect(markdown).toContain("`checkout` belongs to `@acme/checkout`, `@ada`");
    expect(markdown).not.toContain("@acme/payments");
    expect(renderTerminal(review)).toContain("  owners  checkout: @acme/checkout, @ada\n");
    expect(unowned(over)).toEqual([]);
    await expect(`${markdown}\n`).toMatchFileSnapshot("../golden/review/comment-owners.md");
  });

  it("finds a service that nobody owns, also without a cluster, at the selector", () => {
    for (const snapshot of [{ snapshot: SHOP }, {}]) {
      const [found, ...more] = unowned({ ...snapshot, settings: MAPPED, codeOwners: "/services/payment/ @a\n" });
      expect(found).toMatchObject({ severity: "notice", place: { line: 12 } });
      expect(more).toEqual([]);
    }
  });

  it.each([
    { name: "nobody maps owners", over: { snapshot: SHOP } },
    { name: "nobody looked at CODEOWNERS", over: { snapshot: SHOP, settings: MAPPED } },
    {
      name: "the service without an owner is not hit",
      over: {
        settings: MAPPED,
        codeOwners: "",
        snapshot: aClusterWith(pods("other", 3, { labels: { app: "checkout-service" }, namespace: "elsewhere" })),
      },
    },
  ])("says nothing where $name", ({ over }) => {
    expect(unowned(over)).toEqual([]);
  });

  it("mentions nobody, whatever an owner is called", () => {
    const owners = ["@acme/everyone", "x` @ada `", "<b>@ada</b> | @ada", "#1 https://x.example/@ada\n@ada"];
    const markdown = renderComment(reviewOf(FIXED, { settings: withServices({ checkout: { owners } }) }), {
      audience: "public",
    });
    const outside = markdown.replace(/`[^`\n]*`/g, "");
    expect(markdown).toContain("@ada");
    expect(outside).not.toMatch(/@[a-z]|<b>@|#1/);
    expect(`belongs to ${owners[2]}`.replace(/`[^`\n]*`/g, "")).toMatch(/@ada/);
  });
});
