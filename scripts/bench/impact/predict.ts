// What src/impact says of a cell before anything is measured. Enters: a cell, and the wire's round trip without a fault.
// Leaves: a figure, or "never" for a pool that does not fill, with an interval where the model has one.

import type { Answer } from "../../../src/impact/estimate.ts";
import { estimateLoss } from "../../../src/impact/estimate-loss.ts";
import { estimateTransfer, estimateWindow } from "../../../src/impact/estimate-stream.ts";
import { fullAfterSeconds } from "../../../src/impact/saturation.ts";
import { receiverOf } from "../../../src/impact/short-flow.ts";
import {
  BBR_WINDOW_BYTES,
  type Cell,
  LINK_BYTES_PER_SECOND,
  LOSS_DELAY_MS,
  LOSS_WINDOW_BYTES,
  type LossCell,
  MSS_BYTES,
  SATURATION_DELAY_MS,
  type SaturationCell,
  SERVICE_MS,
} from "./grid.ts";

export type Predicted = {
  readonly value: number | "never";
  readonly interval: readonly [low: number, high: number] | null;
  readonly binding: string;
};

/** What is known of a wire before anything is measured under a fault. */
export type Conditions = { readonly rttSeconds: number; readonly kernel: string };

/** Bytes per second, or seconds; an answer that the model refuses is a fault of the grid and panics. */
export function predict(cell: Cell, { rttSeconds: baseRttSeconds, kernel }: Conditions): Predicted {
  switch (cell.group) {
    case "window":
      return ofAnswer(
        estimateWindow({
          windowBytes: cell.windowBytes,
          rttSeconds: baseRttSeconds,
          delaySeconds: cell.delayMs / 1000,
          linkBytesPerSecond: LINK_BYTES_PER_SECOND,
        }),
      );
    case "latency":
      // One pass of the fault: a round trip gains the delay, whichever way it is put.
      return { value: cell.delayMs / 1000, interval: null, binding: "delay" };
    case "loss":
      return ofLoss(cell, baseRttSeconds);
    case "transfer":
      return ofTransfer(cell.bytes, cell.delayMs / 1000, { rttSeconds: baseRttSeconds, kernel });
    case "saturation":
      return ofSaturation(cell);
  }
}

function ofLoss({ congestionControl, loss }: LossCell, baseRttSeconds: number): Predicted {
  const common = {
    mssBytes: MSS_BYTES,
    rttSeconds: baseRttSeconds + LOSS_DELAY_MS / 1000,
    loss,
    rtoSeconds: undefined,
  };
  if (congestionControl === "bbr") {
    const link = { windowBytes: BBR_WINDOW_BYTES, linkBytesPerSecond: LINK_BYTES_PER_SECOND };
    return ofAnswer(estimateLoss({ ...common, ...link, model: "bbr" }));
  }
  // Mathis' law ends where timeouts begin to rule, at 2 %.
  const reno = loss <= 0.02 ? "mathis" : "pftk";
  const model = congestionControl === "cubic" ? "cubic" : reno;
  return ofAnswer(estimateLoss({ ...common, model, windowBytes: LOSS_WINDOW_BYTES, linkBytesPerSecond: undefined }));
}

function ofTransfer(bytes: number, delaySeconds: number, { rttSeconds, kernel }: Conditions): Predicted {
  const transfer = {
    bytes,
    rttSeconds,
    receiver: receiverOf(kernel),
    mssBytes: MSS_BYTES,
    factor: 2,
    handshake: "tcp",
    serverSeconds: 0,
  } as const;
  return ofAnswer(estimateTransfer(transfer, delaySeconds));
}

/** Requests that are delayed leave answers under way alone; delayed answers do not. */
function ofSaturation({ size, ratePerSecond, direction }: SaturationCell): Predicted {
  const full = fullAfterSeconds(direction === "from" ? "network" : "new-requests", {
    size,
    ratePerSecond,
    serviceSeconds: SERVICE_MS / 1000,
    fraction: 1,
    addedSeconds: SATURATION_DELAY_MS / 1000,
  });
  if (typeof full === "object") throw new Error(`a pool of the grid is not predictable: ${full.why}`);
  return { value: full, interval: null, binding: "pool" };
}

function ofAnswer(answer: Answer): Predicted {
  if (answer.kind === "not-predictable") throw new Error(`a cell of the grid is not predictable: ${answer.why}`);
  const { value, interval, binding } = answer;
  if (value === null) throw new Error("a cell of the grid has no figure");
  return { value, interval, binding };
}
