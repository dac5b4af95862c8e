// What a cluster looks like to whoever runs `chaosgate doctor` enters; what is missing or unsafe leaves, with the command that mends it.
// Nothing is read here and nothing is changed.

import type { ClusterPolicy } from "../policy/cluster-policy.ts";

export type ClusterFacts = {
  /** chaosgate's own namespace. */
  readonly namespace: string;
  /** Plurals of chaosgate.dev that the server has. */
  readonly ownKinds: readonly string[];
  readonly namespaces: readonly { readonly name: string; readonly labels: Readonly<Record<string, string>> }[];
  readonly nodes: readonly string[];
  /** Pods of our own namespace by their label app.kubernetes.io/name. */
  readonly pods: readonly { readonly app: string; readonly node: string; readonly ready: boolean }[];
  /** Absent: nobody ever led. */
  readonly leaseAgeMs?: number;
  readonly policies: readonly ClusterPolicy[];
  /** Namespaces with a RoleBinding to chaosgate-consent. */
  readonly consents: readonly string[];
  readonly runs: readonly { readonly name: string; readonly phase: string; readonly rollback: string }[];
  readonly hasChaosMesh: boolean;
  readonly hasAdmission: boolean;
};

export type Diagnosis = {
  readonly level: "missing" | "unsafe";
  readonly what: string;
  /** A command, ready to be copied. */
  readonly fix: string;
};

const OWN_KINDS = ["chaosruns", "chaospolicies"];
/** A lease lasts 15 s; twice as long without a word and nobody leads. */
const LEASE_SILENT_MS = 30_000;

/** What an installation brings by itself. */
export type InstallationFacts = Pick<ClusterFacts, "namespace" | "ownKinds" | "nodes" | "pods" | "leaseAgeMs">;

/** Everything that is missing or unsafe; empty where a run could begin. */
export function diagnose(facts: ClusterFacts): readonly Diagnosis[] {
  const absent = kinds(facts);
  if (absent.length > 0) return absent;
  return [...parts(facts), ...policies(facts), ...consents(facts), ...runs(facts), ...admission(facts)];
}

/** What is missing of the installation itself, whatever anybody permits. */
export function diagnoseInstallation(facts: InstallationFacts): readonly Diagnosis[] {
  return [...kinds(facts), ...parts(facts)];
}

function kinds({ ownKinds }: InstallationFacts): readonly Diagnosis[] {
  const absent = OWN_KINDS.filter((kind) => !ownKinds.includes(kind));
  if (absent.length === 0) return [];
  return [missing(`${absent.join(" and ")} are not installed`, "kubectl apply --server-side -f charts/chaosgate/crds")];
}

function parts({ namespace, pods, nodes, leaseAgeMs }: InstallationFacts): readonly Diagnosis[] {
  const runner = pods.filter(({ app }) => app === "chaosgate-runner");
  const daemons = pods.filter(({ app, ready }) => app === "chaosgated" && ready).map(({ node }) => node);
  const bare = nodes.filter((node) => !daemons.includes(node));
  const isSilent = leaseAgeMs === undefined || leaseAgeMs > LEASE_SILENT_MS;
  return [
    ...(runner.some(({ ready }) => ready)
      ? []
      : [
          missing(
            "no runner is ready: nothing is run",
            `kubectl describe pods -n ${namespace} -l app.kubernetes.io/name=chaosgate-runner`,
          ),
        ]),
    ...(isSilent ? [missing("no runner leads", `kubectl logs -n ${namespace} deploy/chaosgate-runner --tail=50`)] : []),
    ...(bare.length === 0
      ? []
      : [
          missing(
            `${some(bare)} have no ready daemon: pods there cannot be hit`,
            `kubectl get pods -n ${namespace} -l app.kubernetes.io/name=chaosgated -o wide`,
          ),
        ]),
  ];
}

function policies({ policies: all, namespaces }: ClusterFacts): readonly Diagnosis[] {
  if (all.length === 0)
    return [missing("there is no ChaosPolicy: nothing may be hit", "kubectl explain chaospolicies.spec")];
  return all.flatMap((policy) => {
    const look = `kubectl edit chaospolicy ${policy.name}`;
    if (policy.broken !== undefined)
      return [missing(`ChaosPolicy ${policy.name} permits nothing: ${policy.broken}`, look)];
    const meant = meantBy(policy, namespaces);
    return [
      ...(meant.length === 0 ? [missing(`ChaosPolicy ${policy.name} means no namespace that exists`, look)] : []),
      ...(policy.caps.durationMs === undefined
        ? [
            unsafe(
              `ChaosPolicy ${policy.name} has no cap on how long a fault lasts`,
              `kubectl patch chaospolicy ${policy.name} --type merge -p '{"spec":{"caps":{"duration":"5m"}}}'`,
            ),
          ]
        : []),
      ...(policy.caps.pods === undefined && policy.caps.percent === undefined
        ? [
            unsafe(
              `ChaosPolicy ${policy.name} has no cap on how many pods are hit`,
              `kubectl patch chaospolicy ${policy.name} --type merge -p '{"spec":{"caps":{"percent":30}}}'`,
            ),
          ]
        : []),
      ...(policy.engines.includes("chaos-mesh")
        ? [
            unsafe(
              `ChaosPolicy ${policy.name} permits the engine chaos-mesh, whose faults outlive a lost runner`,
              `kubectl patch chaospolicy ${policy.name} --type merge -p '{"spec":{"engines":["builtin"]}}'`,
            ),
          ]
        : []),
    ];
  });
}

function consents({ namespace, policies: all, namespaces, consents: given }: ClusterFacts): readonly Diagnosis[] {
  const meant = new Set(all.flatMap((policy) => meantBy(policy, namespaces)));
  const guarded = new Set(all.flatMap(({ protectedNamespaces }) => protectedNamespaces));
  const silent = [...meant].filter((name) => !given.includes(name) && !guarded.has(name));
  const idle = given.filter((name) => !meant.has(name));
  const account = `--serviceaccount=${namespace}:chaosgate-runner`;
  return [
    ...silent.map((name) =>
      missing(
        `namespace ${name} is meant by a policy, and its owners have not consented`,
        `kubectl create rolebinding chaosgate-consent -n ${name} --clusterrole=chaosgate-consent ${account}`,
      ),
    ),
    ...idle.map((name) =>
      unsafe(
        `namespace ${name} consents, and no policy means it: the next policy that does may hit it at once`,
        `kubectl delete rolebinding chaosgate-consent -n ${name}`,
      ),
    ),
  ];
}

function runs({ namespace, runs: all }: ClusterFacts): readonly Diagnosis[] {
  const left = all.filter(({ rollback }) => rollback === "failed" || rollback === "expired");
  return left.map(({ name, rollback }) =>
    unsafe(
      rollback === "failed" ? `run ${name} left something behind` : `nobody saw that run ${name} left nothing behind`,
      `kubectl get chaosrun ${name} -n ${namespace} -o jsonpath='{.status.because}'`,
    ),
  );
}

function admission({ hasChaosMesh, hasAdmission }: ClusterFacts): readonly Diagnosis[] {
  if (!hasChaosMesh || hasAdmission) return [];
  const what = "Chaos Mesh is installed, and nothing stops objects of it that go past chaosgate";
  return [unsafe(what, "helm upgrade chaosgate charts/chaosgate --reuse-values --set admission.enabled=true")];
}

function meantBy({ namespaces: meant }: ClusterPolicy, all: ClusterFacts["namespaces"]): readonly string[] {
  const wanted = Object.entries(meant.matchLabels);
  const isMeant = ({ name, labels }: ClusterFacts["namespaces"][number]) =>
    meant.names.includes(name) || (wanted.length > 0 && wanted.every(([key, value]) => labels[key] === value));
  return all.filter(isMeant).map(({ name }) => name);
}

function some(names: readonly string[]): string {
  const shown = names.slice(0, 3).join(", ");
  return names.length > 3 ? `${shown} and ${names.length - 3} more nodes` : `nodes ${shown}`;
}

function missing(what: string, fix: string): Diagnosis {
  return { level: "missing", what, fix };
}

function unsafe(what: string, fix: string): Diagnosis {
  return { level: "unsafe", what, fix };
}
