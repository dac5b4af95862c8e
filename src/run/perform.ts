// A command enters, the event that answers it leaves. Whatever a port throws becomes `failed`: a run that cannot do something
// rolls back, and never crashes half way.

import { messageOf } from "../errors.ts";
import { askBeforehand, renewLeases, revertNodes } from "./ask-nodes.ts";
import type { AnswerEvent, Command } from "./event.ts";
import type { Hands } from "./hands.ts";
import { injectWave } from "./inject-wave.ts";
import { inspectNodes } from "./inspect.ts";
import { pollObjectives } from "./poll.ts";
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
  const { clock, silences } = hands;
  switch (command.do) {
    case "look":
      return { kind: "looked", resolution: await look(hands), at: clock.now() };
    case "ask":
      return askBeforehand(command, hands);
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
      return { kind: "injected", ...(await injectWave(command.wave, hands)), at: clock.now() };
    case "renew":
      return renewLeases(command, hands);
    case "revert":
      return revertNodes(command, hands);
    case "inspect":
      return { kind: "inspected", ...(await inspectNodes(command, hands)), at: clock.now() };
  }
}

async function look({ terms, cluster, occupancy, clock }: Hands): Promise<Resolution> {
  const [snapshot, exemptions, policies] = await Promise.all([
    cluster.snapshot(),
    cluster.exemptions(),
    cluster.policies?.(),
  ]);
  const owners = policies && { policies, at: clock.now() };
  const resolution = resolve(terms, snapshot, exemptions, owners);
  if (resolution.kind === "refused") return resolution;
  const taken = occupancy.reserve(
    terms.runId,
    resolution.target.victims.map(({ ref }) => ref.podUid),
  );
  return taken.length === 0 ? resolution : { kind: "refused", refusals: taken };
}
