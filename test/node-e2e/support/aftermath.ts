import { readdirSync } from "node:fs";
import { kernelLists } from "../../../src/entrypoints/playground/observe.ts";
import { NAMESPACE } from "./chart.ts";
import { eventually } from "./eventually.ts";
import { leadsNow, type Outage } from "./outages.ts";
import { netnsOf } from "./pods.ts";
import type { OwnStage } from "./stage.ts";
import { residueIn } from "./victim-watch.ts";

/** A silence that nobody could expire ends as late as that. */
const BY_ITSELF_MS = 50_000;
/** Where the daemon keeps its records on the node. */
const RECORDS = ["/run/chaosgate/records", "/run/chaosgate/torn"];
const PARTS = { "chaosgate-runner": 2, chaosgated: 1 } as const;
const CONTAINERS = { "chaosgate-runner": 1, chaosgated: 2 } as const;

/** What an outage and its run left, once everything had its time to end by itself; nothing is what there should be. */
export async function leftovers(stage: OwnStage, more: Outage["leaves"]): Promise<readonly string[]> {
  let left: readonly string[] = [];
  const look = async () => {
    left = await leftNow(stage, more);
    return left.length === 0 || undefined;
  };
  await eventually("nothing left", BY_ITSELF_MS, look).catch(() => false);
  return left;
}

async function leftNow(stage: OwnStage, more: Outage["leaves"]): Promise<readonly string[]> {
  const records = RECORDS.flatMap((folder) => readdirSync(folder).map((name) => `record ${name}`));
  const all = await Promise.all([rulesLeft(stage), silencesLeft(stage), runsLeft(stage), more?.(stage) ?? []]);
  return [...records, ...all.flat()];
}

async function rulesLeft(stage: OwnStage): Promise<readonly string[]> {
  const pods = await stage.pods("staging");
  const found = await Promise.all(
    pods.map(async (pod) => {
      const lines = residueIn(await kernelLists(netnsOf(pod)));
      return lines.map((line) => `${pod.name}: ${line}`);
    }),
  );
  return found.flat();
}

async function silencesLeft({ alertmanagerUrl }: OwnStage): Promise<readonly string[]> {
  const answer = await fetch(`${alertmanagerUrl}/api/v2/silences`);
  const silences = (await answer.json()) as readonly { id: string; status: { state: string } }[];
  return silences.flatMap(({ id, status }) => (status.state === "active" ? [`silence ${id}`] : []));
}

async function runsLeft({ node }: OwnStage): Promise<readonly string[]> {
  const { items } = JSON.parse(await node.kubectl("get", "crun", "-n", NAMESPACE, "-o", "json")) as {
    items: readonly { metadata: { name: string }; status?: { phase?: string } }[];
  };
  return items.flatMap(({ metadata, status }) =>
    status?.phase === "finished" ? [] : [`ChaosRun ${metadata.name} is ${status?.phase}`],
  );
}

/** Waits until chaosgate's own parts and the shop are all there. A part that the kubelet makes wait after crashes is made anew. */
export async function settled(stage: OwnStage): Promise<void> {
  for (const name of ["chaosgate-runner", "chaosgated"] as const) {
    await eventually(name, 8_000, () => isThere(stage, name)).catch(() => makeAnew(stage, name));
    await eventually(name, 90_000, () => isThere(stage, name));
  }
  await eventually("ten checkouts", 90_000, async () => {
    const ready = (await stage.pods("staging", "checkout")).filter((pod) => pod.ready);
    return ready.length === 10 || undefined;
  });
  await eventually("a leader", 60_000, () => isLed(stage));
}

async function makeAnew({ node }: OwnStage, name: string): Promise<void> {
  const words = ["get", "pods", "-n", NAMESPACE, "-l", `app.kubernetes.io/name=${name}`, "-o", "json"];
  const { items } = JSON.parse(await node.kubectl(...words)) as {
    items: readonly {
      metadata: { name: string };
      status: { containerStatuses?: readonly { ready: boolean }[] };
    }[];
  };
  const broken = items.filter(({ status }) => !(status.containerStatuses ?? []).every(({ ready }) => ready));
  for (const { metadata } of broken)
    await node.kubectl("delete", "pod", metadata.name, "-n", NAMESPACE, "--wait=false", "--ignore-not-found");
}

async function isThere(stage: OwnStage, name: keyof typeof PARTS): Promise<true | undefined> {
  const pods = (await stage.pods(NAMESPACE, name)).filter(
    ({ ready, containers }) => ready && Object.keys(containers).length === CONTAINERS[name],
  );
  return pods.length === PARTS[name] || undefined;
}

async function isLed(stage: OwnStage): Promise<true | undefined> {
  const leader = await leadsNow(stage);
  return (await stage.pods(NAMESPACE, "chaosgate-runner")).some(({ name }) => name === leader) || undefined;
}
