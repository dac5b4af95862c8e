// A command enters, the event that answers it leaves. Whatever a port throws becomes `failed`: a run that cannot do something
// rolls back, and never crashes half way.

import { messageOf } from "../errors.ts";
import type { AnswerEvent, Command } from "./event.ts";
import type { Hands } from "./hands.ts";
import { inspectNodes } from "./inspect.ts";
import { pollObjectives } from "./poll.ts";
import type { Faults, NodeCapabilities } from "./ports.ts";
import { type Resolution, resolve } from "./resolve.ts";

/** Performs a command; never rejects. */
export async function perform(command: Command, hands: Hands): Promise<AnswerEvent> {
  try {
    return await performed(command, hands);
  } catch (thrown) {
    // Refusals and our own bugs alike: the step decides what a failure of this command means.
    return { kind: "failed", of: command.do, why: messageOf(thrown), at: hands.clock.now() };
  }
}

async function performed(command: Command, hands: Hands): Promise<AnswerEvent> {
  const { clock, faults, silences } = hands;
  const { runId } = hands.terms;
  switch (command.do) {
    case "look":
      return { kind: "looked", resolution: await look(hands), at: clock.now() };
    case "ask":
      return ask(command, hands);
    case "poll":
      return pollObjectives(command.by, hands);
    case "wait":
      await clock.sleep(Math.max(0, command.until - clock.now()), hands.bell());
      return { kind: "woke", at: clock.now() };
    case "silence":
      return {
        kind: "silenced",
        id: await silences.create(command.request),
        endsAt: command.request.endsAt,
        at: clock.now(),
      };
    case "extend-silence": {
      const { id, request } = command;
      return { kind: "extended", id: await silences.extend(id, request), endsAt: request.endsAt, at: clock.now() };
    }
    case "expire-silence":
      await silences.expire(command.id);
      return { kind: "expired", at: clock.now() };
    case "inject":
      return { kind: "injected", receipt: await faults.inject(command.node, command.request), at: clock.now() };
    case "renew":
      return renew(command, hands);
    case "revert": {
      const { failures } = await faults.revert(command.node, runId, command.epoch, command.faultId);
      return { kind: "reverted", failures, at: clock.now() };
    }
    case "inspect":
      return { kind: "inspected", ...(await inspectNodes(command, faults, runId)), at: clock.now() };
  }
}

async function look({ terms, cluster, occupancy }: Hands): Promise<Resolution> {
  const [snapshot, exemptions] = await Promise.all([cluster.snapshot(), cluster.exemptions()]);
  const resolution = resolve(terms, snapshot, exemptions);
  if (resolution.kind === "refused") return resolution;
  const taken = occupancy.reserve(
    terms.runId,
    resolution.target.victims.map(({ ref }) => ref.podUid),
  );
  return taken.length === 0 ? resolution : { kind: "refused", refusals: taken };
}

async function ask(command: Extract<Command, { do: "ask" }>, { cluster, faults, clock }: Hands): Promise<AnswerEvent> {
  const consents = await Promise.all(
    command.namespaces.map(async (namespace) => ({ namespace, consent: await cluster.consent(namespace) })),
  );
  const answers = await Promise.all(command.nodes.map((node) => capabilitiesOf(node, faults)));
  return {
    kind: "asked",
    refusedNamespaces: consents.flatMap(({ namespace, consent }) =>
      consent.granted ? [] : [{ namespace, why: consent.why }],
    ),
    nodes: answers.flatMap((answer) => ("why" in answer ? [] : [answer])),
    unreachable: answers.flatMap((answer) => ("why" in answer ? [answer] : [])),
    at: clock.now(),
  };
}

async function capabilitiesOf(node: string, faults: Faults): Promise<NodeCapabilities | { node: string; why: string }> {
  try {
    return await faults.capabilities(node);
  } catch (thrown) {
    // One silent daemon must not hide what the others say.
    return { node, why: messageOf(thrown) };
  }
}

async function renew(
  command: Extract<Command, { do: "renew" }>,
  { faults, terms, clock }: Hands,
): Promise<AnswerEvent> {
  const answers = await Promise.all(
    command.nodes.map(async (node) => {
      try {
        const { kind } = await faults.renew(node, terms.runId, command.epoch);
        return kind === "renewed" ? [] : [{ node, why: "its daemon does not know the run any more" }];
      } catch (thrown) {
        // A daemon that does not answer is lost; the others are renewed all the same.
        return [{ node, why: messageOf(thrown) }];
      }
    }),
  );
  return { kind: "renewed", lost: answers.flat(), at: clock.now() };
}
