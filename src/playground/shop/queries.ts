// What the shop's numbers mean in PromQL: for objectives, freshness, traffic and alert rules alike.

/** Share of an app's requests that it answered with 5xx. */
export function errorRatio(app: string, window: string): string {
  return `sum(rate(http_requests_total{app="${app}",code=~"5.."}[${window}])) / sum(rate(http_requests_total{app="${app}"}[${window}]))`;
}

/** 99th percentile of an app's answers in seconds. */
export function p99(app: string, window: string): string {
  return `histogram_quantile(0.99, sum by (le) (rate(http_request_duration_seconds_bucket{app="${app}"}[${window}])))`;
}

/** Age in seconds of the newest sample of an app. */
export function newestSampleAge(app: string): string {
  return `time() - max(timestamp(http_requests_total{app="${app}"}))`;
}

/** Requests a second that an app answers. */
export function requestRate(app: string, window: string): string {
  return `sum(rate(http_requests_total{app="${app}"}[${window}]))`;
}

/** Share of users' requests to a `namespace/service` that did not end with 2xx, as the load saw them. */
export function userErrorRatio(target: string, window: string): string {
  return `sum(rate(load_requests_total{target="${target}",code!~"2.."}[${window}])) / sum(rate(load_requests_total{target="${target}"}[${window}]))`;
}
