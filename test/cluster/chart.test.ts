import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  CHAOS_MESH_CONSENT_RIGHTS,
  CHAOS_MESH_RIGHTS,
  CLUSTER_RIGHTS,
  CONSENT_RIGHTS,
  OWN_RIGHTS,
} from "../../src/kubernetes/rights.ts";
import { createRunnerMetrics } from "../../src/metrics/runner.ts";
import type { Rollback } from "../../src/run/report.ts";
import { CASES, objectOf, RULES, SAYS } from "../admission/cases.ts";
import { type ApiServer, startApiServer, whyNot } from "./support/api-server.ts";
import { aKindOfChaosMesh, chaosPath } from "./support/chaos-kinds.ts";
import { applied, CHART, helm, type KubernetesObject, NEEDED, rendered, setting, whyNoHelm } from "./support/chart.ts";
import { capabilitiesOf, EFFECTS_OF, rightsHad, rightsListed } from "./support/least-privilege.ts";
import { aNamespace } from "./support/objects.ts";
import { eventually, installOwnKinds, must } from "./support/own-kinds.ts";

const noHelm = whyNoHelm();

const ROLLBACKS: readonly Rollback[] = ["not-needed", "verified", "expired", "failed"];
/** What the dashboard may choose by: words of runs, and of calls as counted.ts has them. */
const LABELS = [...ROLLBACKS.map((word) => `rollback ${word}`), "outcome done", "outcome failed"];

/** Label and value of each comparison in a dashboard's expressions. */
function labelsIn(dashboard: string): readonly string[] {
  const { panels } = JSON.parse(dashboard) as { panels: readonly { targets: readonly { expr: string }[] }[] };
  const expressions = panels.flatMap(({ targets }) => targets.map(({ expr }) => expr));
  const found = expressions.flatMap((expr) => [...expr.matchAll(/(\w+)(?:=~|!~|!=|=)"([^"]*)"/g)]);
  return found.flatMap(([, label, values = ""]) => values.split("|").map((value) => `${label} ${value}`));
}

describe.skipIf(noHelm !== undefined)(`the chart${noHelm ? ` (skipped: ${noHelm})` : ""}`, () => {
  const found = (kind: string, name: string, values = {}): KubernetesObject =>
    rendered(values).find((object) => object.kind === kind && object.metadata.name === name);
  const containersOf = ({ spec }: KubernetesObject): readonly KubernetesObject[] => spec.template.spec.containers;

  it("has nothing that helm's own lint complains of", () => {
    const { code, out } = helm("lint", CHART, "--strict", ...setting(NEEDED));
    expect({ code, out }).toMatchObject({ code: 0, out: expect.stringContaining("0 chart(s) failed") });
  });

  it.each([
    {
      name: "nothing, where it needs to know the bot",
      values: { "runner.botUrl": "" },
      says: "runner.botUrl is missing",
    },
    { name: "no cluster, where nobody can be asked", values: { clusterId: "" }, says: "clusterId is missing" },
    { name: "a bot in plain text", values: { "runner.botUrl": "http://bot" }, says: "botUrl" },
    { name: "a value that it does not have", values: { "runner.replicaCount": "3" }, says: "replicaCount" },
    { name: "the bot, which belongs elsewhere", values: { "bot.enabled": "true" }, says: "bot" },
    {
      name: "a state folder that would outlive its kernel",
      values: { "daemon.stateDir": "/var/lib/x" },
      says: "stateDir",
    },
    { name: "a private key among the public ones", values: { "ticketKeys.keys[0].d": "secret" }, says: "ticketKeys" },
  ])("refuses $name", ({ values, says }) => {
    const { code, err } = helm("template", "c", CHART, ...setting({ ...NEEDED, ...values }));
    expect({ code, err }).toMatchObject({ code: 1, err: expect.stringContaining(says) });
  });

  it("shows the runner's metrics where it is told to, through its network policy, and nowhere else", () => {
    const portsOf = (values = {}) => {
      const [runner] = containersOf(found("Deployment", "chaosgate-runner", values));
      const { ingress = [] } = found("NetworkPolicy", "chaosgate-runner", values).spec;
      const named = (runner?.ports ?? []).map(({ name }: KubernetesObject) => name);
      const variable = (runner?.env ?? []).find(
        ({ name }: KubernetesObject) => name === "CHAOSGATE_METRICS_PORT",
      )?.value;
      return { named, variable, let: ingress.map(({ ports }: KubernetesObject) => ports[0].port) };
    };
    expect(portsOf()).toEqual({ named: [], variable: undefined, let: [] });
    expect(rendered().map(({ kind }) => kind)).not.toContain("ServiceMonitor");
    expect(portsOf({ "runner.metricsPort": "9464" })).toEqual({ named: ["metrics"], variable: "9464", let: [9464] });
    const both = portsOf({ "runner.metricsPort": "9464", "admission.webhook.enabled": "true" });
    expect(both.named).toEqual(["admission", "metrics"]);
    expect(both.let).toHaveLength(2);
  });

  it("gives the runner the rights that its calls need, and no others", () => {
    expect(found("ClusterRole", "chaosgate-runner").rules).toEqual(CLUSTER_RIGHTS);
    expect(found("Role", "chaosgate-runner").rules).toEqual(OWN_RIGHTS);
    expect(found("ClusterRole", "chaosgate-consent").rules).toEqual(CONSENT_RIGHTS);
  });

  it("gives the runner the rights of the engine chaos-mesh where that is turned on, and nothing of it elsewhere", () => {
    const on = { "engines.chaosMesh": "true" };
    expect(found("ClusterRole", "chaosgate-chaos-mesh", on).rules).toEqual(CHAOS_MESH_RIGHTS);
    expect(found("ClusterRole", "chaosgate-chaos-mesh-consent", on).rules).toEqual(CHAOS_MESH_CONSENT_RIGHTS);
    const bindings = rendered(on).filter(({ roleRef }) => roleRef?.name === "chaosgate-chaos-mesh-consent");
    expect(bindings).toEqual([]);
    const runner = JSON.stringify(rendered(on).find(({ kind }) => kind === "Deployment"));
    expect(runner).toContain("CHAOSGATE_CHAOS_MESH");
    expect(
      JSON.stringify(rendered().filter(({ kind }) => kind === "ClusterRole" || kind === "Deployment")),
    ).not.toMatch(/chaosgate-chaos-mesh|CHAOSGATE_CHAOS_MESH/);
  });

  it("binds consent to nobody, and nobody to more than these roles", () => {
    const bindings = rendered().filter(
      ({ kind }) => /Binding$/.test(kind) && kind !== "ValidatingAdmissionPolicyBinding",
    );
    expect(bindings.map(({ roleRef }) => roleRef.name).toSorted()).toEqual([
      "chaosgate-abort-runs",
      "chaosgate-certificates",
      "chaosgate-runner",
      "chaosgate-runner",
      "chaosgate-test",
      "chaosgate-test",
    ]);
  });

  it("shows metrics to those whom it is told of, and names them to Prometheus's operator where it is asked to", () => {
    const on = {
      "runner.metricsPort": "9464",
      "metrics.serviceMonitor.enabled": "true",
      "metrics.serviceMonitor.labels.release": "prometheus",
      "metrics.from[0].namespaceSelector.matchLabels.team": "watchers",
    };
    expect(found("ServiceMonitor", "chaosgate-runner", on).metadata.labels.release).toBe("prometheus");
    expect(found("NetworkPolicy", "chaosgate-runner", on).spec.ingress).toEqual([
      {
        from: [{ namespaceSelector: { matchLabels: { team: "watchers" } } }],
        ports: [{ protocol: "TCP", port: 9464 }],
      },
    ]);
  });

  it("has a dashboard that asks only for metrics that the runner has, and for labels that they can have", async () => {
    const on = { "runner.metricsPort": "9464", "metrics.dashboard.enabled": "true" };
    const map = found("ConfigMap", "chaosgate-dashboard", on);
    expect(map.metadata.labels.grafana_dashboard).toBe("1");
    const text = map.data["chaosgate.json"];
    const asked = text.match(/chaosgate_[a-z_]+/g) ?? [];
    const had = (await createRunnerMetrics().registry.getMetricsAsJSON()).map(({ name }) => name);
    expect(asked.length).toBeGreaterThan(3);
    for (const name of asked) expect(had).toContain(name.replace(/_bucket$/, ""));
    const labels = labelsIn(text);
    expect(labels.length).toBeGreaterThan(2);
    for (const label of labels) expect(LABELS).toContain(label);
    expect(LABELS).not.toContain(labelsIn(text.replace("failed", "wrong"))[0]);
  });

  it("runs every container without root's powers, on a file system that it cannot write", () => {
    const workloads = rendered().flatMap((object) => {
      if (object.kind === "CronJob") return [{ ...object, spec: object.spec.jobTemplate.spec }];
      return ["Deployment", "DaemonSet", "Job"].includes(object.kind) ? [object] : [];
    });
    expect(workloads.map(({ metadata }) => metadata.name)).toHaveLength(5);
    for (const workload of workloads) {
      const pod = workload.spec.template.spec;
      expect(pod.securityContext.seccompProfile).toEqual({ type: "RuntimeDefault" });
      expect(pod.hostNetwork).toBeUndefined();
      for (const { securityContext, resources } of containersOf(workload)) {
        expect(securityContext).toMatchObject({ allowPrivilegeEscalation: false, readOnlyRootFilesystem: true });
        expect(securityContext.privileged ?? false).toBe(false);
        expect(securityContext.capabilities.drop).toEqual(["ALL"]);
        expect(resources.limits.memory).toBeDefined();
      }
    }
    expect(found("Deployment", "chaosgate-runner").spec.template.spec.securityContext.runAsNonRoot).toBe(true);
  });

  it.each([
    {
      name: "everything",
      values: {},
      capabilities: ["SYS_PTRACE", "SYS_ADMIN", "NET_ADMIN", "NET_RAW", "KILL"],
    },
    {
      name: "kills alone",
      values: { "daemon.effects.network": "false" },
      capabilities: ["SYS_PTRACE", "SYS_ADMIN", "KILL"],
    },
    {
      name: "the network alone",
      values: { "daemon.effects.process": "false" },
      capabilities: ["SYS_PTRACE", "SYS_ADMIN", "NET_ADMIN", "NET_RAW"],
    },
  ])("gives daemon and keeper the capabilities of their effects: $name", ({ values, capabilities }) => {
    const containers = containersOf(found("DaemonSet", "chaosgated", values));
    expect(containers.map(({ name }) => name)).toEqual(["daemon", "keeper"]);
    for (const { securityContext } of containers) expect(securityContext.capabilities.add).toEqual(capabilities);
  });

  it("makes daemon and keeper privileged for files alone, which need a device that a pod gets in no other way", () => {
    for (const [fileIo, privileged] of [
      ["false", false],
      ["true", true],
    ] as const)
      for (const { securityContext } of containersOf(
        found("DaemonSet", "chaosgated", { "daemon.effects.fileIo": fileIo }),
      ))
        expect(securityContext.privileged).toBe(privileged);
  });

  it("shows the daemon the runtime's folder, and not a socket that ends with its runtime", () => {
    const daemon = found("DaemonSet", "chaosgated", { "daemon.criSocket": "/run/crio/crio.sock" });
    expect(containersOf(daemon)[0]?.args).toContain("--cri-endpoint=unix:///run/crio/crio.sock");
    expect(daemon.spec.template.spec.volumes).toContainEqual({
      name: "cri",
      hostPath: { path: "/run/crio", type: "Directory" },
    });
  });

  it.each([
    { name: "everything", effects: ["network", "process"] },
    { name: "the network", effects: ["network"] },
    { name: "processes", effects: ["process"] },
    { name: "nothing", effects: [] },
  ])("gives daemon and keeper exactly what docs/daemon.md says that their effects need: $name", ({ effects }) => {
    const values = Object.fromEntries(
      Object.keys(EFFECTS_OF).map((effect) => [`daemon.effects.${effect}`, String(effects.includes(effect))]),
    );
    const needed = capabilitiesOf(effects);
    for (const { securityContext } of containersOf(found("DaemonSet", "chaosgated", values)))
      expect(securityContext.capabilities.add.toSorted()).toEqual(needed);
    expect(capabilitiesOf(["network", "process"])).toHaveLength(5);
  });

  it("gives the daemon no token, no CPU limit and 96Mi, and lets nothing evict it", () => {
    const daemon = found("DaemonSet", "chaosgated");
    const pod = daemon.spec.template.spec;
    expect(pod).toMatchObject({ automountServiceAccountToken: false, priorityClassName: "system-node-critical" });
    expect(containersOf(daemon)[0]?.resources).toEqual({
      requests: { cpu: "10m", memory: "32Mi" },
      limits: { memory: "96Mi" },
    });
  });

  describe.skipIf(whyNot() !== undefined)("on a real API server", () => {
    let server: ApiServer;
    const values = {
      "admission.pairings[0].from": RULES.pairings[0]?.from ?? "",
      "admission.pairings[0].to": RULES.pairings[0]?.to ?? "",
      "admission.protectedNamespaces[0]": RULES.protectedNamespaces[0] ?? "",
    };

    beforeAll(async () => {
      server = await startApiServer();
      for (const name of ["chaosgate", "staging", "staging-chaos", "payments", "other"]) await aNamespace(server, name);
      await installOwnKinds(server);
      for (const kind of new Set(CASES.map((one) => one.kind))) await aKindOfChaosMesh(server, kind);
    }, 180_000);
    afterAll(() => server?.stop());

    it("is taken as it is rendered, every object with strict validation, and again as an upgrade", async () => {
      for (const round of ["install", "upgrade"]) {
        // The webhook is served by runners, and nobody runs here: its objects are tried, and its configuration is not.
        const on = {
          "admission.webhook.enabled": "true",
          "runner.metricsPort": "9464",
          "metrics.dashboard.enabled": "true",
        };
        const whole = rendered({ ...values, ...on, "metrics.serviceMonitor.enabled": "true" });
        const foreign = ["ValidatingWebhookConfiguration", "ServiceMonitor"];
        for (const object of whole.filter(({ kind }) => !foreign.includes(kind))) {
          const { status, body } = await applied(server, object);
          expect({
            round,
            name: object.metadata.name,
            kind: object.kind,
            status,
            body: status < 300 ? "" : body,
          }).toEqual({
            round,
            name: object.metadata.name,
            kind: object.kind,
            status: round === "install" ? 201 : 200,
            body: "",
          });
        }
      }
    });

    it("gives each service account what docs/security.md lists, as kubectl auth can-i --list tells it, and no more", async () => {
      await must(server, "POST", `/apis/rbac.authorization.k8s.io/v1/namespaces/staging/rolebindings`, {
        metadata: { name: "chaosgate-consent" },
        roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "chaosgate-consent" },
        subjects: [{ kind: "ServiceAccount", name: "chaosgate-runner", namespace: "chaosgate" }],
      });
      const accounts = rendered(values).filter(({ kind }) => kind === "ServiceAccount");
      const names = accounts.map(({ metadata }) => metadata.name);
      expect(await rightsHad(server, names)).toEqual(rightsListed());
      expect(rightsListed().some(({ account }) => account === "chaosgated")).toBe(false);
      // The comparison sees one right too many.
      const role = "/apis/rbac.authorization.k8s.io/v1/namespaces/chaosgate/roles/chaosgate-runner";
      const { rules } = await must(server, "GET", role);
      const secrets = { apiGroups: [""], resources: ["secrets"], verbs: ["get"] };
      await must(server, "PATCH", role, { rules: [...rules, secrets] });
      await eventually(async () => (await rightsHad(server, names)).length === rightsListed().length + 1);
      await must(server, "PATCH", role, { rules });
    });

    it("has a policy whose expressions the server finds nothing wrong with", async () => {
      const path = "/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicies/chaosgate";
      expect((await must(server, "GET", path)).spec.validations).toHaveLength(3);
      // A policy is in force a moment after it is written.
      const probe = objectOf(CASES.find(({ refused }) => refused === "endless") ?? never(), "probe");
      await eventually(async () => {
        const path = `${chaosPath("NetworkChaos", "staging")}?dryRun=All`;
        return (await server.call("POST", path, { ...probe, kind: "NetworkChaos" })).status === 422;
      });
    });

    it.each(CASES.map((one, at) => ({ ...one, object: objectOf(one, `case-${at}`) })))(
      "has a policy that decides as the decision does: $name",
      async ({ kind, object, namespace = "staging", refused }) => {
        const { status, body } = await server.call("POST", chaosPath(kind, namespace), object);
        if (refused === undefined) expect({ status, body }).toMatchObject({ status: 201 });
        else expect(status < 300 ? "it was allowed" : body).toMatch(SAYS[refused]);
      },
    );

    it("has a policy that stands before nothing but creation, and not in chaosgate's own namespace", async () => {
      const endless = { ...objectOf(CASES[0] ?? never(), "own"), spec: { action: "delay", mode: "one" } };
      expect((await server.call("POST", chaosPath("NetworkChaos", "chaosgate"), endless)).status).toBe(201);
      const path = `${chaosPath("NetworkChaos", "staging")}/case-0`;
      await must(server, "PATCH", path, { spec: { duration: null, selector: { namespaces: ["other"] } } });
      await must(server, "PATCH", path, { metadata: { finalizers: ["example.com/hold"] } });
      await must(server, "PATCH", path, { metadata: { finalizers: null } });
      await must(server, "DELETE", path);
    });
  });
});

function never(): never {
  throw new Error("there is such a case");
}
