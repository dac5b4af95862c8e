import { describe, expect, it } from "vitest";
import { mayHoldManifests, renderInvitation } from "../../src/review/invitation.ts";
import { matchesPaths, parseSettings } from "../../src/settings.ts";

/** The settings that an invitation proposes, and the files that it says they cover. */
function invited(paths: readonly string[]) {
  let proposed = "";
  const newFile = (_: string, text: string) => {
    proposed = text;
    return "https://github.test/new";
  };
  const manifests = paths.filter(mayHoldManifests);
  const text = renderInvitation({ manifests, complete: true, newFile });
  const parsed = parseSettings(proposed);
  if ("problems" in parsed) throw new Error("the proposed settings are refused");
  return { text, settings: parsed.settings, listed: [...text.matchAll(/^- `(.+)`$/gm)].map(([, path]) => path) };
}

const MANY = Array.from({ length: 12 }, (_, n) => `team-${String.fromCharCode(97 + n)}/chaos/a.yaml`);

describe("the invitation lists what its paths cover", () => {
  it.each([
    ["in folders of chaos", ["chaos/a.yaml", "deploy/chaos/b/c.yaml"], ["chaos/a.yaml", "deploy/chaos/b/c.yaml"]],
    ["and no file that is spelled in another case", ["chaos/a.yaml", "chaos/b.YAML"], ["chaos/a.yaml"]],
    ["and none in an eleventh folder", MANY, MANY.slice(0, 10)],
  ])("%s", (_, paths, expected) => {
    const { listed, settings } = invited(paths);
    expect(listed).toEqual(expected);
    expect(paths.filter((path) => matchesPaths(settings, path))).toEqual(expected);
  });

  it("and says so where it covers none", () => {
    expect(invited(["chaos/b.YAML", "src/a.yaml"]).text).toContain("No folder here has `chaos` in its name");
  });
});
