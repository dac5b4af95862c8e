import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { chaosgateIn } from "./command-line.ts";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "chaosgate-schema-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

describe("chaosgate schema", () => {
  it.each(["PodChaos", "settings"])("prints the schema of %s, which --all writes as well", async (name) => {
    const { code, out } = await chaosgateIn(folder, ["schema", name]);
    expect([code, JSON.parse(out).$schema]).toEqual([0, "https://json-schema.org/draft/2020-12/schema"]);
    expect((await chaosgateIn(folder, ["schema", "--all", "schemas"])).code).toBe(0);
    expect(readFileSync(join(folder, "schemas", `${name}.json`), "utf8")).toBe(out);
  });

  it("writes a file for each name that it lists, and one for files of any kind", async () => {
    const names = (await chaosgateIn(folder, ["schema"])).out.trim().split("\n");
    await chaosgateIn(folder, ["schema", "--all", "schemas"]);
    expect(readdirSync(join(folder, "schemas")).sort()).toEqual(
      [...names, "chaos-mesh"].map((n) => `${n}.json`).sort(),
    );
  });

  it("says what was meant instead of a name that there is not", async () => {
    const { code, err } = await chaosgateIn(folder, ["schema", "NetworkChoas"]);
    expect([code, err]).toEqual([2, expect.stringContaining("did you mean NetworkChaos?")]);
  });
});
