import { describe, expect, it } from "vitest";
import { resolvePlain } from "../../../src/manifest/yaml/plain-scalar.ts";
import { readYaml } from "../../../src/manifest/yaml/read-yaml.ts";

describe("an unquoted word", () => {
  it.each([
    ["yes", true],
    ["On", true],
    ["n", false],
    ["off", false],
    ["30", 30],
    ["-7", -7],
    ["010", 8],
    ["0x1F", 31],
    ["0b101", 5],
    ["1_000", 1000],
    ["1e3", 1000],
    [".5", 0.5],
    ["08", 8],
    ["1.5.2", "1.5.2"],
    ["30%", "30%"],
    ["1:30", "1:30"],
    ["2026-11-23", "2026-11-23"],
    ["tRUE", "tRUE"],
  ])("%j means %j to the API server", (text, value) => {
    expect(resolvePlain(text)).toMatchObject({ value });
  });

  it.each(["", "~", "null", "NULL"])("%j means nothing", (text) => {
    expect(resolvePlain(text)).toEqual({ kind: "null" });
  });

  it.each([
    ["'30'", "30"],
    ["!!str 30", "30"],
    ["!!int '30'", 30],
    ["!unknown 30", "30"],
    ["|\n  on\n", "on\n"],
  ])("is taken as written in %j", (text, value) => {
    expect(readYaml(text).documents[0]).toMatchObject({ value });
  });
});
