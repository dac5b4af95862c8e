import { describe, expect, it } from "vitest";
import { sizeOf } from "../../src/manifest/text/go-size.ts";
import { judge } from "./manifests.ts";

const HEAD = `apiVersion: chaos-mesh.org/v1alpha1
kind: StressChaos
metadata: { name: s, namespace: shop }
spec:
  mode: one
  duration: 5m
  selector: { namespaces: [shop] }
`;

describe("a size", () => {
  it.each([
    { text: "256MB", size: { kind: "bytes", bytes: 256_000_000 } },
    { text: "256MiB", size: { kind: "bytes", bytes: 256_000_000 } },
    { text: "1.5 GB", size: { kind: "bytes", bytes: 1_500_000_000 } },
    { text: "4096", size: { kind: "bytes", bytes: 4096 } },
    { text: "64k", size: { kind: "bytes", bytes: 64_000 } },
    { text: "50%", size: { kind: "percent", percent: 50 } },
    { text: "0%", size: undefined },
    { text: "0MB", size: undefined },
    { text: "", size: undefined },
  ])("$text is $size", ({ text, size }) => {
    expect(sizeOf(text)).toEqual(size);
  });
});

describe("a StressChaos means", () => {
  it.each([
    {
      name: "both stressors",
      text: "  stressors: { cpu: { workers: 2, load: 50 }, memory: { workers: 4, size: '50%' } }\n  containerNames: [app]",
      stress: { containerNames: ["app"], cpu: { workers: 2, load: 50 }, memory: { kind: "percent", percent: 50 } },
    },
    {
      name: "whole cores where no load is written",
      text: "  stressors: { cpu: { workers: 1 } }",
      stress: { containerNames: [], cpu: { workers: 1, load: 100 } },
    },
    {
      name: "nothing without workers or size",
      text: "  stressors: { cpu: { workers: 0 }, memory: { workers: 1 } }",
      stress: { containerNames: [] },
    },
    {
      name: "nothing where stressngStressors is written",
      text: "  stressors: { cpu: { workers: 1 } }\n  stressngStressors: --cpu 1",
      stress: { containerNames: [] },
    },
  ])("$name", ({ text, stress }) => {
    expect(judge(`${HEAD}${text}\n`)).toMatchObject({ answer: "accept", experiment: { kind: "StressChaos", stress } });
  });
});
