import type { Command } from "./event.ts";

/**
 * What is on record of an act before it is done: whom it is about, by name. What those names stand for is on record since the look, and
 * a run of two thousand victims would fill its journal by saying it again.
 */
export function intentOf(command: Command): object {
  switch (command.do) {
    case "inject": {
      const { victims, epoch } = command.wave;
      return { do: command.do, epoch, faults: victims.map(({ faultId, node }) => ({ faultId, node })) };
    }
    case "renew":
      return { do: command.do, epoch: command.epoch, nodes: command.nodes.length };
    default:
      return command;
  }
}
