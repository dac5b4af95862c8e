import { readdirSync, readFileSync } from "node:fs";
import { dirname, relative, resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { GENERATED, generatedFiles } from "../../../scripts/schemas/generate.ts";

const ROOT = resolve(import.meta.dirname, "../../..");

/** Names of files that are not what the shapes yield now. */
function staleIn(folder: string, fresh: Readonly<Record<string, string>>): readonly string[] {
  const names = new Set([...Object.keys(fresh), ...readdirSync(folder)]);
  return [...names].filter((name) => readFileSync(resolve(folder, name), "utf8") !== fresh[name]);
}

describe("the code generated from the shapes", () => {
  const fresh = generatedFiles();

  it("is what the shapes of today yield", () => {
    expect(staleIn(GENERATED, fresh)).toEqual([]);
    expect(staleIn(GENERATED, { ...fresh, "objects.ts": "" })).toEqual(["objects.ts"]);
  });

  it("evaluates no text as code, and loads nothing but our own checks", () => {
    const code = fresh["validators.js"] ?? "";
    expect(code).not.toMatch(/\beval\(|new Function|require\(/);
    expect([...code.matchAll(/^import .*? from "(.*?)";$/gm)].map(([, from]) => from)).toEqual([
      "../schema/text-formats.ts",
    ]);
  });
});

/** Every module that is loaded at once with `entry`, and every library. */
function loadedWith(entry: string, seen = new Set<string>()): ReadonlySet<string> {
  if (seen.has(entry)) return seen;
  seen.add(entry);
  const text = readFileSync(resolve(ROOT, entry), "utf8");
  for (const [, names = "", from = ""] of text.matchAll(/^(?:import|export)\s([^;]*?\sfrom\s)?"([^"]+)";$/gm)) {
    if (names.startsWith("type ")) continue;
    if (from.startsWith(".")) loadedWith(relative(ROOT, resolve(ROOT, dirname(entry), from)), seen);
    else seen.add(from);
  }
  return seen;
}

describe("what starts with the command line", () => {
  const HEAVY = /^ajv|manifest\/(generated|object|schema)\//;

  it.each(["src/entrypoints/cli.ts", "src/entrypoints/cli/lint.ts", "src/manifest/parse.ts"])(
    "has no validator and no schema in it: %s",
    (entry) => {
      const loaded = loadedWith(entry);
      expect(loaded.size).toBeGreaterThan(3);
      expect([...loaded].filter((module) => HEAVY.test(module))).toEqual([]);
    },
  );

  it("would be seen to load them", () => {
    const loaded = loadedWith("src/manifest/object/judge-object.ts");
    expect([...loaded].filter((module) => HEAVY.test(module))).toContain("src/manifest/generated/validators.js");
  });
});
