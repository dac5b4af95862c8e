import { describe, expect, it } from "vitest";
import { parseManifestFile } from "../../src/manifest/parse.ts";
import { judge, networkChaos, problemCodes } from "./manifests.ts";

const read = (text: string) => parseManifestFile("chaos.yaml", text);

describe("a file", () => {
  it("may hold several documents, of which those of others are counted and not judged", () => {
    const file = read(
      `${networkChaos()}---\napiVersion: v1\nkind: Service\nspec: 7\n---\n# nothing\n---\n${networkChaos()}`,
    );
    expect(file.documents.map(({ index }) => index)).toEqual([0, 2]);
    expect(file.otherDocuments).toBe(1);
  });

  it.each([
    { name: "broken indentation", text: "a: [1\nb: }", code: "yaml-broken", line: 3 },
    { name: "a tab as indentation", text: "a:\n\tb: 1", code: "yaml-broken", line: 3 },
    { name: "an alias without an anchor", text: "a: *b", code: "yaml-alias-unknown", line: 2 },
    { name: "a key without a name", text: "a: 1\n: 1", code: "yaml-broken", line: 2 },
    { name: "too many levels", text: "[".repeat(80) + "]".repeat(80), code: "yaml-too-deep", line: 2 },
    { name: "too many characters", text: "#".repeat(2 ** 20 + 1), code: "file-too-large", line: 1 },
  ])("with $name has one problem, at its line", ({ text, code, line }) => {
    expect(read(`# chaos\n${text}`).problems.map((problem) => [problem.code, problem.place.line])).toEqual([
      [code, line],
    ]);
  });

  it("full of aliases is refused before it unfolds", () => {
    const levels = Array.from(
      { length: 30 },
      (_, level) => `a${level}: &a${level} [${level === 0 ? "x" : `*a${level - 1},*a${level - 1}`}]`,
    );
    const started = performance.now();
    expect(read(`kind: PodChaos\n${levels.join("\n")}`).problems.map(({ code }) => code)).toEqual([
      "yaml-too-many-values",
    ]);
    expect(performance.now() - started).toBeLessThan(1000);
  });
});

describe("a file that cannot be read", () => {
  it.each([
    { name: "a chart's template", text: "name: {{ .Values.name }}" },
    { name: "a lock file of megabytes", text: "a: b\n".repeat(300_000) },
  ])("is another's as $name that names nothing of Chaos Mesh", ({ text }) => {
    expect(read(text)).toMatchObject({ problems: [], documents: [], otherDocuments: 1 });
  });

  it.each(["kind: NetworkChaos\na: {{ b }}", 'apiVersion: "\\x63haos-mesh.org/v1alpha1"\na: {{ b }}'])(
    "is a problem as %j",
    (text) => {
      expect(read(text).problems).toHaveLength(1);
    },
  );
});

describe("a document", () => {
  it("that writes a key twice is refused at the second one", () => {
    const [problem] = judge(networkChaos("device: eth0", "device: eth1")).problems;
    expect(problem).toMatchObject({ code: "key-repeated", path: "spec.device", place: { line: 12, column: 3 } });
  });

  it("may take its values from anchors and merges", () => {
    const text = networkChaos(
      "selector: &checkout { namespaces: [shop], labelSelectors: { app: checkout } }",
      "target: { <<: { mode: all }, selector: *checkout }",
    );
    expect(judge(text).experiment).toMatchObject({
      network: { target: { mode: { kind: "all" }, selector: { labelSelectors: { app: "checkout" } } } },
    });
  });

  it("with a kind like a fault's and no group is refused, and with another's group it is another's", () => {
    const text = networkChaos().replace("NetworkChaos", "NetworkchaoS").replace("v1alpha1", "");
    expect(read(text.replace("chaos-mesh.org/", "v1")).documents.map(({ answer }) => answer)).toEqual(["reject"]);
    expect(read(text.replace("chaos-mesh.org", "example.org")).otherDocuments).toBe(1);
  });

  it.each([
    { name: "a version that does not exist", from: "v1alpha1", to: "v1", code: "api-version-unknown" },
    { name: "the group before 1.0", from: "chaos-mesh.org", to: "pingcap.com", code: "api-version-unknown" },
    { name: "a mistyped group", from: "chaos-mesh.org", to: "chaosmesh.org", code: "api-version-unknown" },
    { name: "a kind that does not exist", from: "NetworkChaos", to: "NetChaos", code: "kind-unknown" },
    { name: "a name with an underscore", from: "slow-payment", to: "slow_payment", code: "name-malformed" },
    { name: "no name", from: "name: slow-payment", to: "labels: {}", code: "name-missing" },
    {
      name: "a label that is a number",
      from: "name: slow-payment",
      to: "{ name: x, labels: { v: 1 } }",
      code: "text-not-quoted",
    },
    { name: "a foreign field beside spec", from: "spec:", to: "specs: {}\nspec:", code: "field-unknown" },
  ])("with $name is refused", ({ from, to, code }) => {
    const text = to.startsWith("{")
      ? networkChaos().replace(`metadata:\n  ${from}\n  namespace: shop`, `metadata: ${to}`)
      : networkChaos().replace(from, to);
    expect(problemCodes(text)).toEqual([code]);
  });

  it.each([
    { name: "core's List", head: "apiVersion: v1\nkind: List" },
    { name: "a list of its own kind", head: "apiVersion: chaos-mesh.org/v1alpha1\nkind: PodChaosList" },
  ])("hides no experiment in $name", ({ head }) => {
    const items = "items:\n- apiVersion: chaos-mesh.org/v1alpha1\n  kind: PodChaos\n";
    expect(problemCodes(`${head}\n${items}`)).toEqual(["list-of-experiments"]);
  });

  it("of another kind of fault is judged and decoded as far as the kinds agree", () => {
    const text = networkChaos("action: fault", "errno: 5", "-delay", "volumePath: /data").replace(
      "NetworkChaos",
      "IOChaos",
    );
    expect(judge(text)).toMatchObject({
      answer: "accept",
      experiment: { kind: "IOChaos", io: { volumePath: "/data" } },
    });
  });
});

describe("an experiment", () => {
  it("carries numbers, defaults and what the annotations say", () => {
    const annotations =
      "  annotations:\n    chaosgate.dev/hypothesis: checkout stays up\n    chaosgate.dev/objectives: errors, p99\n";
    const text = networkChaos(
      "mode: fixed-percent",
      "value: '30'",
      "delay: { latency: 0.5s, jitter: 50ms, correlation: '25' }",
    );
    const { experiment } = judge(text.replace("spec:\n", `${annotations}spec:\n`));
    expect(experiment).toMatchObject({
      mode: { kind: "fixed-percent", percent: 30 },
      durationMs: 300_000,
      hypothesis: "checkout stays up",
      objectives: ["errors", "p99"],
      network: {
        action: "delay",
        direction: "to",
        netem: { delay: { latencyMs: 500, jitterMs: 50, correlation: 25 } },
      },
    });
  });

  it("carries what overtakes, netem's line, and the wish to end connections", () => {
    const text = networkChaos(
      "delay: { latency: 100ms, reorder: { reorder: '25', correlation: '50', gap: 5 } }",
      "rate: { rate: 1mbit }",
    );
    const annotations = '  annotations:\n    chaosgate.dev/reset-connections: "true"\n';
    const { experiment } = judge(text.replace("spec:\n", `${annotations}spec:\n`));
    expect(experiment).toMatchObject({
      network: {
        resetsConnections: true,
        netem: {
          delay: { latencyMs: 100, reorder: { percent: 25, correlation: 50, gap: 5 } },
          rateBytesPerSecond: 125_000,
        },
      },
    });
  });

  it.each([
    { peak: "", expected: undefined },
    { peak: ", peakrate: 2000000", expected: undefined },
    { peak: ", peakrate: 2000000, minburst: 1600", expected: { rateBytesPerSecond: 2_000_000, minburst: 1_600 } },
  ])("carries a bandwidth, with a second bucket where both figures are written ($peak)", ({ peak, expected }) => {
    const block = `bandwidth: { rate: 1mbps, limit: 20000, buffer: 10000${peak} }`;
    const { experiment } = judge(networkChaos(block).replace("action: delay", "action: bandwidth"));
    const bandwidth = experiment?.kind === "NetworkChaos" ? experiment.network.bandwidth : undefined;
    expect(bandwidth).toMatchObject({ rateBytesPerSecond: 1_048_576, limit: 20_000, buffer: 10_000 });
    expect(bandwidth?.peak).toEqual(expected);
  });

  it("is left out where only the answer is asked for, which stays the same", () => {
    const [whole, bare] = [true, false].map((decode) => {
      return parseManifestFile("chaos.yaml", networkChaos(), { decode }).documents[0];
    });
    expect(bare).not.toHaveProperty("experiment");
    expect(bare).not.toHaveProperty("reaches");
    expect(whole).toEqual({ ...bare, experiment: expect.anything(), reaches: expect.anything() });
  });

  it("without namespaces selects in its own", () => {
    expect(judge(networkChaos("selector: {}")).experiment?.selector.namespaces).toEqual(["shop"]);
  });
});
