import { describe, expect, it } from "vitest";
import { readYaml } from "../../../src/manifest/yaml/read-yaml.ts";

describe("YAML as Kubernetes reads it", () => {
  it.each([
    "a: .inf",
    "a: [.nan]",
    "a: !!int five",
    "a: !!int 5.0",
    "a: !!bool 1",
    "a: !!null x",
    "a: !!binary '?'",
    'a: "\\/"',
    'a: "\\ud83d\\ude00"',
    "a: \u007f",
    "a: \ufffe",
    "<<: a",
    "<<: [a]",
    "18446744073709551615: a",
    "%YAML 1.1\n---\na: 1",
    "--- {}\n",
    "a: 1\n--- b: 2\n",
  ])("refuses %j", (text) => {
    expect(readYaml(text).unreadable?.code).toBe("yaml-broken");
  });

  it.each([
    "a: '.inf'",
    "a: !!float 5",
    "a: !!str .nan",
    "a: !unknown 5",
    "a: !<tag:yaml.org,2002:int> 5",
    'a: "\\\\ud83d"',
    'a: "\\U0001F600"',
    "<<: { a: 1 }",
    "18446744073709551616: a",
    "--- # apart\na: 1\n---\n",
    "# %YAML\na: 1",
  ])("takes %j", (text) => {
    expect(readYaml(text).unreadable).toBeUndefined();
  });
});
