// What a run says of the settings' service model: figures that it measured enter, the values that the settings should have leave.
// Only inputs of the model are corrected; where a prediction was wrong with right inputs, the model is, and no setting mends it.

import type { Prediction } from "./prediction.ts";
import type { ServiceModel } from "./service-model.ts";
import { short } from "./units.ts";

/** A figure as a run's report has it. */
export type MeasuredFigure = {
  readonly id: string;
  readonly value: number;
  readonly unit: string;
  readonly how: string;
};

/** One value of the settings, as it should be written. */
export type Correction = {
  readonly service: string;
  /** The called service; absent for a value of the service itself. */
  readonly to?: string;
  readonly key: "rate" | "serviceTime" | "rtt" | "window";
  /** In the unit of the measurement; absent where the settings say nothing. */
  readonly written?: number;
  readonly text: string;
  readonly why: string;
};

/** Settings are rounded and systems vary: closer than this they are right. */
const CLOSE = 0.1;

/** Corrections for the call that the run's predictions were about; none where that call is not in the settings. */
export function calibrate(
  services: readonly ServiceModel[],
  predictions: readonly Pick<Prediction, "subject">[],
  measured: readonly MeasuredFigure[],
): readonly Correction[] {
  const found = services.flatMap((caller) => caller.calls.map((call) => ({ caller, call })));
  const modelled = found.find(({ caller, call }) =>
    predictions.some(({ subject }) => subject === `${caller.name} -> ${call.to}`),
  );
  if (modelled === undefined) return [];
  const { caller, call } = modelled;
  const of = (id: string) => measured.find((figure) => figure.id === id);
  const own = { service: caller.name };
  const calls = { ...own, to: call.to };
  return [
    ...correction({ ...own, key: "rate" }, caller.ratePerSecond, of("arrival-rate"), (value) => `${short(value)}/s`),
    ...correction({ ...calls, key: "serviceTime" }, call.serviceTimeMs, of("service-time"), inMilliseconds),
    ...correction({ ...calls, key: "rtt" }, call.rttMs, of("round-trip"), inMilliseconds),
    ...correction({ ...calls, key: "window" }, call.windowBytes, windowOf(of), (value) => String(Math.round(value))),
  ];
}

/** W = B * R: the window that carried what was measured over the round trip that was measured, both under the fault. */
function windowOf(of: (id: string) => MeasuredFigure | undefined): MeasuredFigure | undefined {
  const [throughput, plain, added] = [of("window-throughput"), of("round-trip"), of("added-latency")];
  if (throughput === undefined || plain === undefined || added === undefined) return undefined;
  const value = (throughput.value * (plain.value + added.value)) / 1000;
  return { ...throughput, value, unit: "B", how: `${throughput.how}, times the round trip` };
}

function correction(
  at: Pick<Correction, "service" | "to" | "key">,
  written: number | undefined,
  figure: MeasuredFigure | undefined,
  inWords: (value: number) => string,
): readonly Correction[] {
  if (figure === undefined || !(figure.value > 0)) return [];
  if (written !== undefined && Math.abs(figure.value / written - 1) <= CLOSE) return [];
  return [{ ...at, ...(written !== undefined && { written }), text: inWords(figure.value), why: figure.how }];
}

/** Go's durations: fractions of a millisecond as microseconds. */
function inMilliseconds(value: number): string {
  return value < 1 ? `${Math.max(1, Math.round(1000 * value))}us` : `${short(value)}ms`;
}
