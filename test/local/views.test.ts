import { describe, expect, it } from "vitest";
import { endpointsOf, scrapeTargetsOf } from "../../src/local/views.ts";
import { aPod } from "./states.ts";

describe("the endpoints of a cluster", () => {
  it("list the ready pods of each service", () => {
    const pods = [
      aPod({ ip: "10.77.0.16" }),
      aPod({ ip: "10.77.0.17" }),
      aPod({ ip: "10.77.0.18", service: "payment" }),
    ];
    expect(endpointsOf(pods)).toEqual({
      "staging/checkout": ["10.77.0.16:8080", "10.77.0.17:8080"],
      "staging/payment": ["10.77.0.18:8080"],
    });
  });

  it.each([
    { name: "not ready", change: { ready: false } },
    { name: "on its way out", change: { terminating: true } },
  ])("name a service without an address when its only pod is $name", ({ change }) => {
    expect(endpointsOf([aPod(change)])).toEqual({ "staging/checkout": [] });
  });

  it("leave out pods that nobody calls", () => {
    expect(endpointsOf([aPod({ ports: { metrics: 9100 } })])).toEqual({});
  });
});

describe("the targets of Prometheus", () => {
  it("are the metrics ports of all pods, ready or not, under the pods' names", () => {
    expect(scrapeTargetsOf([aPod({ ready: false })])).toEqual([
      {
        targets: ["10.77.0.16:9100"],
        labels: { namespace: "staging", pod: "checkout-0", service: "checkout", app: "checkout-service" },
      },
    ]);
  });

  it("leave out pods without metrics", () => {
    expect(scrapeTargetsOf([aPod({ ports: { http: 8080 } })])).toEqual([]);
  });
});
