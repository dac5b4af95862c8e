import { readFileSync } from "node:fs";
import { parseDeclaration, type ServiceDeclaration } from "../../../src/local/declaration.ts";
import { alertmanagerConfig, prometheusRules } from "../../../src/playground/observability-config.ts";

// The demo's shop, Prometheus and Alertmanager as objects of Kubernetes.

const DECLARATION = "src/playground/shop/shop.yaml";
/** A folder of the node in which whoever deploys the shop keeps the addresses of its services: the pods have no DNS here. */
export const ENDPOINTS_FOLDER = "/run/shop";
export const MONITORING = "monitoring";

export function shopObjects(images: string): readonly object[] {
  const declared = parseDeclaration(readFileSync(DECLARATION, "utf8"));
  if (!declared.ok) throw new Error(declared.problems.join("\n"));
  const { namespaces, services } = declared.declaration;
  return [
    ...[...namespaces, { name: "staging-chaos", labels: {} }].map(({ name, labels }) => aNamespace(name, labels)),
    ...services.map((service) => deploymentOf(service, images)),
  ];
}

function aNamespace(name: string, labels: Readonly<Record<string, string>> = {}): object {
  return { apiVersion: "v1", kind: "Namespace", metadata: { name, labels } };
}

function deploymentOf(service: ServiceDeclaration, images: string): object {
  const { name, namespace, replicas, annotations } = service;
  const labels = { ...service.labels, service: name };
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name, namespace },
    spec: {
      replicas,
      selector: { matchLabels: { service: name } },
      template: { metadata: { labels, annotations }, spec: podSpecOf(service, images) },
    },
  };
}

function podSpecOf(service: ServiceDeclaration, images: string): object {
  const { name, command, env, ports, ready, volume = "/data" } = service;
  const [, ...args] = command;
  const field = (variable: string, fieldPath: string) => ({ name: variable, valueFrom: { fieldRef: { fieldPath } } });
  const readiness = ready.kind === "http" ? { httpGet: { path: ready.path, port: ready.port } } : { tcpSocket: ready };
  return {
    terminationGracePeriodSeconds: 5,
    enableServiceLinks: false,
    automountServiceAccountToken: false,
    containers: [
      {
        name,
        image: `${images}/shop:1`,
        args: args.map((word) => (word.startsWith("src/") ? `/${word}` : word)),
        env: [
          ...Object.entries(env).map(([variable, value]) => ({ name: variable, value })),
          { name: "CHAOSGATE_ENDPOINTS", value: `${ENDPOINTS_FOLDER}/endpoints.json` },
          field("POD_NAME", "metadata.name"),
          field("POD_NAMESPACE", "metadata.namespace"),
          field("POD_IP", "status.podIP"),
          field("NODE_IP", "status.hostIP"),
        ],
        ports: Object.entries(ports).map(([portName, containerPort]) => ({ name: portName, containerPort })),
        readinessProbe: { ...readiness, periodSeconds: 2, timeoutSeconds: 2 },
        volumeMounts: [
          { name: "endpoints", mountPath: ENDPOINTS_FOLDER, readOnly: true },
          { name: "data", mountPath: volume },
        ],
      },
    ],
    volumes: [
      { name: "endpoints", hostPath: { path: ENDPOINTS_FOLDER, type: "DirectoryOrCreate" } },
      { name: "data", emptyDir: {} },
    ],
  };
}

/** An Alertmanager that calls nobody. */
export function alertmanagerObjects(images: string): readonly object[] {
  return [
    aNamespace(MONITORING),
    aConfigMap("alertmanager", { "alertmanager.yml": JSON.stringify(alertmanagerConfig()) }),
    aServer("alertmanager", `${images}/alertmanager:1`, [
      "--config.file=/etc/server/alertmanager.yml",
      "--storage.path=/data",
      "--web.listen-address=:9093",
      "--cluster.listen-address=",
    ]),
  ];
}

/** Scrapes each pod every second; Debian's build cannot ask Kubernetes for them, so a file says where they are. `alertmanager` is `host:port`. */
export function prometheusObjects(images: string, alertmanager: string): readonly object[] {
  const config = {
    global: { scrape_interval: "1s", scrape_timeout: "900ms", evaluation_interval: "1s" },
    rule_files: ["/etc/server/rules.yml"],
    alerting: { alertmanagers: [{ static_configs: [{ targets: [alertmanager] }] }] },
    scrape_configs: [
      {
        job_name: "pods",
        file_sd_configs: [{ files: [`${ENDPOINTS_FOLDER}/targets.json`], refresh_interval: "1s" }],
      },
    ],
  };
  return [
    aNamespace(MONITORING),
    aConfigMap("prometheus", {
      "prometheus.yml": JSON.stringify(config),
      "rules.yml": JSON.stringify(prometheusRules()),
    }),
    aServer("prometheus", `${images}/prometheus:1`, [
      "--config.file=/etc/server/prometheus.yml",
      "--storage.tsdb.path=/data",
      "--web.listen-address=:9090",
    ]),
  ];
}

function aConfigMap(name: string, data: Readonly<Record<string, string>>): object {
  return { apiVersion: "v1", kind: "ConfigMap", metadata: { name, namespace: MONITORING }, data };
}

/** By this label the runner knows whom no fault may blind. */
function aServer(name: string, image: string, args: readonly string[]): object {
  const labels = { "app.kubernetes.io/name": name };
  return {
    apiVersion: "apps/v1",
    kind: "StatefulSet",
    metadata: { name, namespace: MONITORING },
    spec: {
      replicas: 1,
      serviceName: name,
      selector: { matchLabels: labels },
      template: {
        metadata: { labels },
        spec: {
          automountServiceAccountToken: false,
          terminationGracePeriodSeconds: 5,
          containers: [
            {
              name,
              image,
              args,
              volumeMounts: [
                { name: "config", mountPath: "/etc/server" },
                { name: "data", mountPath: "/data" },
                { name: "targets", mountPath: ENDPOINTS_FOLDER, readOnly: true },
              ],
            },
          ],
          volumes: [
            { name: "targets", hostPath: { path: ENDPOINTS_FOLDER, type: "DirectoryOrCreate" } },
            { name: "config", configMap: { name } },
            { name: "data", emptyDir: {} },
          ],
        },
      },
    },
  };
}
