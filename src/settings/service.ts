import type { CallModel, ServiceModel } from "../impact/service-model.ts";
import type { Fields } from "./fields.ts";
import { parseBytes, parseRate } from "./quantities.ts";

const BYTES = "Write bytes such as 65536, 64KiB or 1MB.";

/** Reads what the impact model knows of one service. */
export function readService(fields: Fields): ServiceModel {
  const ratePerSecond = fields.quantity("rate", parseRate, "a rate", "Write a rate such as 1000/s or 90/m.");
  const rateQuery = fields.text("rateQuery");
  const pool = fields.count("pool");
  const owners = fields.texts("owners");
  const path = fields.text("path");
  const service: ServiceModel = {
    name: fields.name,
    namespace: fields.text("namespace", { required: true }) ?? "",
    labels: fields.textMap("labels") ?? {},
    ...(owners !== undefined && { owners }),
    ...(path !== undefined && { path }),
    ...(ratePerSecond !== undefined && { ratePerSecond }),
    ...(rateQuery !== undefined && { rateQuery }),
    ...(pool !== undefined && { pool }),
    calls: fields.listOf("calls", readCall),
  };
  fields.refuseOthers();
  return service;
}

function readCall(fields: Fields): CallModel {
  const optional = {
    timeoutMs: fields.durationMs("timeout"),
    serviceTimeMs: fields.durationMs("serviceTime"),
    rttMs: fields.durationMs("rtt"),
    windowBytes: fields.quantity("window", parseBytes, "a number of bytes", BYTES),
    linkBytesPerSecond: fields.quantity("link", parseRate, "a rate of bytes", "Write a rate such as 125MB/s."),
  };
  const serviceTimeQuery = fields.text("serviceTimeQuery");
  const call: CallModel = {
    to: fields.text("to", { required: true }) ?? "",
    perRequest: fields.count("perRequest") ?? 1,
    retries: fields.count("retries") ?? 0,
    ...(serviceTimeQuery !== undefined && { serviceTimeQuery }),
    ...present(optional),
  };
  fields.refuseOthers();
  return call;
}

/** The entries that have a value. */
function present<Key extends string>(
  values: Readonly<Record<Key, number | undefined>>,
): { readonly [K in Key]?: number } {
  const entries = Object.entries(values).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as { [K in Key]?: number };
}
