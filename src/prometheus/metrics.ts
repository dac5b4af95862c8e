// PromQL enters, series or an error as a value leave. Answers are bounded in time and bytes, and a number stays what Prometheus
// wrote: "NaN" is NaN and never nothing.

import { messageOf } from "../errors.ts";
import type { Metrics, Series } from "../run/ports.ts";

type Options = {
  /** `http://prometheus:9090`, with a path where it has one. */
  readonly url: string;
  readonly timeoutMs: number;
};

type Answer = Awaited<ReturnType<Metrics["query"]>>;

const LARGEST_ANSWER_BYTES = 4_194_304;
const MOST_SERIES = 10_000;

/** Metrics of a Prometheus server, by its instant query API. */
export function createPrometheusMetrics(options: Options): Metrics {
  return { query: (promql, at) => query(promql, at, options) };
}

async function query(promql: string, at: number, { url, timeoutMs }: Options): Promise<Answer> {
  const signal = AbortSignal.timeout(timeoutMs);
  try {
    const response = await fetch(`${url.replace(/\/+$/, "")}/api/v1/query`, {
      method: "POST",
      body: new URLSearchParams({ query: promql, time: String(at / 1000), timeout: `${timeoutMs}ms` }),
      signal,
      redirect: "error",
    });
    return readAnswer(response.status, await boundedText(response));
  } catch (thrown) {
    // Unreachable, too slow or too large: the guard decides what it means to be blind.
    return { ok: false, error: signal.aborted ? `no answer within ${timeoutMs} ms` : causeOf(thrown) };
  }
}

function readAnswer(status: number, text: string): Answer {
  const body = parsed(text);
  if (!isRecord(body)) return { ok: false, error: `HTTP ${status} and no JSON` };
  if (body.status !== "success")
    return { ok: false, error: `${String(body.errorType)}: ${String(body.error).slice(0, 300)}` };
  const { data } = body;
  if (!isRecord(data)) return { ok: false, error: "the answer has no data" };
  const series = seriesOf(data);
  if (series === undefined)
    return { ok: false, error: `the query answers a ${String(data.resultType)}, and not series or a scalar` };
  if (series.length > MOST_SERIES)
    return { ok: false, error: `${series.length} series, and ${MOST_SERIES} at most are read` };
  return { ok: true, series };
}

function seriesOf({ resultType, result }: Readonly<Record<string, unknown>>): readonly Series[] | undefined {
  if (!Array.isArray(result)) return undefined;
  if (resultType === "scalar") return [seriesFrom({}, result)];
  if (resultType !== "vector") return undefined;
  return result.map((one: unknown) => (isRecord(one) ? seriesFrom(one.metric, one.value) : seriesFrom({}, undefined)));
}

/** Anything that is not a sample reads as NaN: it spoils an `ok` and is never a number. */
function seriesFrom(metric: unknown, sample: unknown): Series {
  const [seconds, value] = Array.isArray(sample) ? (sample as unknown[]) : [];
  const labels = isRecord(metric)
    ? Object.fromEntries(Object.entries(metric).map(([name, text]) => [name, String(text)]))
    : {};
  return { labels, value: numberOf(value), at: typeof seconds === "number" ? Math.round(seconds * 1000) : 0 };
}

/** Prometheus writes `+Inf`, which Number does not read. */
function numberOf(value: unknown): number {
  if (typeof value !== "string" || value === "") return Number.NaN;
  return Number(value.replace("Inf", "Infinity"));
}

async function boundedText(response: Response): Promise<string> {
  const decoder = new TextDecoder();
  let bytes = 0;
  let text = "";
  for await (const chunk of response.body ?? []) {
    bytes += chunk.byteLength;
    if (bytes > LARGEST_ANSWER_BYTES) throw new Error(`the answer is larger than ${LARGEST_ANSWER_BYTES} bytes`);
    text += decoder.decode(chunk, { stream: true });
  }
  return text + decoder.decode();
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // A proxy's error page is not an answer of Prometheus.
    return undefined;
  }
}

/** fetch says "fetch failed" and keeps what happened in its cause. */
function causeOf(thrown: unknown): string {
  return messageOf(thrown instanceof Error && thrown.cause !== undefined ? thrown.cause : thrown);
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
