// Configuration of Prometheus and Alertmanager as values; JSON is YAML, so both read it as it is.

import { errorRatio, userErrorRatio } from "./shop/queries.ts";

export type PrometheusWiring = {
  readonly targetsFile: string;
  readonly rulesFile: string;
  /** `host:port`. */
  readonly alertmanager: string;
};

/** Scrapes every pod once a second, so that a breach is seen soon after it happens. */
export function prometheusConfig({ targetsFile, rulesFile, alertmanager }: PrometheusWiring): object {
  return {
    global: { scrape_interval: "1s", scrape_timeout: "900ms", evaluation_interval: "1s" },
    rule_files: [rulesFile],
    alerting: { alertmanagers: [{ static_configs: [{ targets: [alertmanager] }] }] },
    scrape_configs: [{ job_name: "pods", file_sd_configs: [{ files: [targetsFile], refresh_interval: "1s" }] }],
  };
}

/** One alert inside the namespace that experiments hit, and one outside that no silence of theirs may swallow. */
export function prometheusRules(): object {
  return {
    groups: [
      {
        name: "shop",
        rules: [
          alertRule("CheckoutErrors", "staging", `${errorRatio("checkout-service", "10s")} > 0.01`),
          alertRule("CatalogErrors", "catalog", `${userErrorRatio("catalog/catalog", "10s")} > 0.01`),
        ],
      },
    ],
  };
}

function alertRule(alert: string, namespace: string, expr: string): object {
  return {
    alert,
    expr,
    labels: { namespace, severity: "page" },
    annotations: { summary: `more than 1 % of the requests in ${namespace} fail` },
  };
}

/** Alerts are kept and can be silenced; nobody is called. */
export function alertmanagerConfig(): object {
  return {
    route: { receiver: "on-call", group_by: ["alertname"], group_wait: "1s", group_interval: "1s" },
    receivers: [{ name: "on-call" }],
  };
}
