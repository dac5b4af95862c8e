import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { parseDeclaration } from "../../src/local/declaration.ts";

const SERVICE = `name: checkout, namespace: staging, replicas: 2, command: [node, a.ts], ready: { port: 80 }`;
const withService = (fields: string): string => `
namespaces: [{ name: staging, consent: true }]
services: [{ ${fields} }]
`;

function problemsOf(text: string): readonly string[] {
  const declared = parseDeclaration(text);
  return declared.ok ? [] : declared.problems;
}

describe("a declaration of local services", () => {
  it("says what runs where, with everything that was left out filled in", () => {
    const declared = parseDeclaration(withService(`${SERVICE}, env: { MODE: fragile }, ports: { http: 8080 }`));
    expect(declared).toEqual({
      ok: true,
      declaration: {
        namespaces: [{ name: "staging", labels: {}, consent: true }],
        services: [
          {
            name: "checkout",
            namespace: "staging",
            kind: "Deployment",
            replicas: 2,
            labels: {},
            annotations: {},
            command: ["node", "a.ts"],
            env: { MODE: "fragile" },
            ports: { http: 8080 },
            ready: { kind: "tcp", port: 80 },
          },
        ],
      },
    });
  });

  it("does not consent to experiments unless it says so", () => {
    const declared = parseDeclaration("namespaces: [{ name: staging }]\nservices: []");
    expect(declared).toMatchObject({ ok: true, declaration: { namespaces: [{ consent: false }] } });
  });

  it.each([
    { name: "text that is not YAML", text: "services: [", says: /^the file is not YAML/ },
    { name: "a list", text: "[]", says: /^the file must be a mapping/ },
    { name: "an unknown field", text: withService(`${SERVICE}, image: x`), says: /unknown field image/ },
    {
      name: "a namespace of nobody",
      text: withService(SERVICE.replace("staging", "other")),
      says: /namespaces\[\]\.name/,
    },
    { name: "a name with a slash", text: withService(SERVICE.replace("checkout", "a/b")), says: /services\[0\]\.name/ },
    { name: "a number as an environment value", text: withService(`${SERVICE}, env: { POOL: 8 }`), says: /env\.POOL/ },
    {
      name: "a volume outside the sandbox's own",
      text: withService(`${SERVICE}, volume: /etc/x`),
      says: /below \/run/,
    },
    { name: "a volume that climbs out", text: withService(`${SERVICE}, volume: /run/../etc`), says: /below \/run/ },
    { name: "a port over the top", text: withService(`${SERVICE}, ports: { http: 70000 }`), says: /ports\.http/ },
    { name: "no program", text: withService(SERVICE.replace("[node, a.ts]", "[]")), says: /command/ },
    { name: "too many replicas", text: withService(SERVICE.replace("2", "1000")), says: /replicas/ },
    { name: "too much text", text: `#${"x".repeat(300_000)}`, says: /characters/ },
    { name: "depth without end", text: "[".repeat(5_000), says: /^the file/ },
  ])("is refused with its place for $name", ({ text, says }) => {
    expect(problemsOf(text).join("\n")).toMatch(says);
  });

  it("is refused with every problem at once", () => {
    expect(problemsOf(withService("name: X, namespace: staging, replicas: -1, command: [], ready: {}"))).toHaveLength(
      4,
    );
  });

  it("refuses one service declared twice", () => {
    const twice = `namespaces: [{ name: staging }]\nservices: [{ ${SERVICE} }, { ${SERVICE} }]`;
    expect(problemsOf(twice)).toEqual(["services[1] staging/checkout is declared twice"]);
  });

  it("is as docs/local.md describes it", () => {
    const [, example = ""] = /```yaml\n([\s\S]*?)```/.exec(readFileSync("docs/local.md", "utf8")) ?? [];
    expect(example).toContain("services:");
    expect(problemsOf(example)).toEqual([]);
  });

  it("accepts the shop", () => {
    const shop = readFileSync("src/playground/shop/shop.yaml", "utf8");
    expect(problemsOf(shop)).toEqual([]);
  });
});
