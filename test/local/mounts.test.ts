import { describe, expect, it } from "vitest";
import { withOwnMounts } from "../../src/local/mounts.ts";

describe("a pod's own mounts", () => {
  it("are put around its command, which keeps its words as they are", () => {
    expect(withOwnMounts("a-1", undefined, ["node", "a b.ts"])).toEqual([
      ...["unshare", "--mount", "--propagation", "private", "--", "node", "a b.ts"],
    ]);
  });

  it("begin with its volume where it has one, and no word of it is text of a shell", () => {
    const words = withOwnMounts("a-1", "/run/ledger", ["node", "$(x).ts"]);
    const script = words.indexOf("-c") + 1;
    expect(words[script]).not.toContain("ledger");
    expect(words.slice(script + 1)).toEqual(["sh", "/run/chaosgate-volumes/a-1", "/run/ledger", "node", "$(x).ts"]);
  });
});
