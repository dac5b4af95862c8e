import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { bundleInParts } from "../../scripts/bundle.ts";
import { chaosgateIn } from "./command-line.ts";

const SEED = resolve(import.meta.dirname, "../fixtures/seed");

let folder = "";
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "chaosgate-bundle-"));
  await bundleInParts("cli.ts", join(folder, "cli.mjs"));
});
afterAll(() => rmSync(folder, { recursive: true }));

function bundled(...words: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(folder, "cli.mjs"), ...words], {
    cwd: folder,
    encoding: "utf8",
    maxBuffer: 64 << 20,
  });
  return { code: status, out: stdout, err: stderr };
}

describe("the bundle of the command line", () => {
  it.each([
    { words: ["lint", SEED] },
    { words: ["lint", "--format", "sarif", SEED] },
    { words: ["review", SEED] },
    { words: ["fix", "--diff", join(SEED, "network-delay.yaml")] },
    { words: ["predict", "window", "--window", "64KiB", "--rtt", "2ms"] },
    { words: ["destroy"] },
  ])("answers $words as the sources do", async ({ words }) => {
    expect(bundled(...words)).toEqual(await chaosgateIn(folder, words));
  });

  it("judges many files on several threads, in their order, as on one", () => {
    const good = "apiVersion: chaos-mesh.org/v1alpha1\nkind: PodChaos\nmetadata: { name: NAME }\nspec: { mode: one }\n";
    // Beyond 5,000 a second thread is worth its start.
    const names = Array.from({ length: 6000 }, (_, at) => join(folder, `${String(at).padStart(4, "0")}.yaml`));
    for (const [at, name] of names.entries()) writeFileSync(name, good.replace("NAME", `n${at}`));
    const { out } = bundled("lint", "--format", "json", ...names);
    const documents = JSON.parse(out) as { file: string; name: string }[];
    expect(documents.map(({ file, name }) => [file, name])).toEqual(names.map((file, at) => [file, `n${at}`]));
  });

  it("says which file cannot be read, whichever thread meets it", () => {
    const names = Array.from({ length: 5999 }, (_, at) => join(folder, `${String(at).padStart(4, "0")}.yaml`));
    const { code, err } = bundled("lint", ...names, join(folder, "gone.yaml"));
    expect(code).toBe(2);
    expect(err).toContain("gone.yaml");
  });
});
