// images.ts FOLDER PAUSE: packs every image that the cluster of the tests runs, from what is built here. Prints the sizes.

import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { bundleInParts } from "../bundle.ts";
import { type ImageWish, writeImage } from "./image.ts";

const DEBIAN = ".cache/debian/usr/bin";
const XTABLES = "/usr/lib/x86_64-linux-gnu/xtables";
/** Names that the daemon calls; both families and both back ends are two programs. */
const IPTABLES = ["iptables", "ip6tables"].flatMap((family) =>
  ["nft", "legacy"].flatMap((kind) =>
    ["", "-save", "-restore"].map((ending) => ({ kind, name: `${family}-${kind}${ending}` })),
  ),
);

/** Named by a path with nothing else in front; whoever pushes them elsewhere names them anew. */
const NAMES = "docker.io/chaosgate";

const node = { source: process.execPath, target: "/usr/bin/node" };
const iptables = [
  { source: XTABLES, target: XTABLES },
  ...IPTABLES.map(({ kind, name }) => ({ source: `/usr/sbin/xtables-${kind}-multi`, target: `/usr/sbin/${name}` })),
];
/** What observers run on the nodes of a cluster that is given: the same programs and sources as here. */
const OBSERVING = [
  ...["/usr/bin/nsenter", "/usr/bin/ip", "/usr/sbin/tc"].map((path) => ({ source: path, target: path })),
  ...["observe.ts", "own-world.ts"].map((name) => join("src/entrypoints/playground", name)).map(inItsPlace),
  inItsPlace("test/node-e2e/support/looks.ts"),
  inItsPlace("package.json"),
];
const daemon = process.env.CHAOSGATE_DAEMON_BINARY ?? ".cache/target/release/chaosgated";

/** Everything that runs in a pod; `dist` is the folder of the bundled command line. */
export function imagesOf(dist: string, pause: string): readonly ImageWish[] {
  return [
    { name: `${NAMES}/pause:1`, entrypoint: ["/pause"], files: [{ source: pause, target: "/pause" }] },
    {
      name: `${NAMES}/daemon:0.1.0`,
      entrypoint: ["/usr/bin/chaosgated"],
      files: [{ source: daemon, target: "/usr/bin/chaosgated" }, ...iptables],
    },
    {
      name: `${NAMES}/runner:0.1.0`,
      entrypoint: ["/usr/bin/node", "/chaosgate/cli.js"],
      files: [node, { source: dist, target: "/chaosgate" }],
    },
    {
      name: `${NAMES}/shop:1`,
      entrypoint: ["/usr/bin/node"],
      files: [
        node,
        { source: "src/playground/shop", target: "/src/playground/shop" },
        ...["prom-client", "tdigest", "bintrees", "@opentelemetry/api"].map((name) => ({
          source: join("node_modules", name),
          target: join("/node_modules", name),
        })),
        inItsPlace("package.json"),
      ],
    },
    { name: `${NAMES}/observer:1`, entrypoint: ["/usr/bin/node"], files: [node, ...iptables, ...OBSERVING] },
    {
      name: `${NAMES}/prometheus:1`,
      entrypoint: ["/usr/bin/prometheus"],
      files: [{ source: join(DEBIAN, "prometheus"), target: "/usr/bin/prometheus" }],
    },
    {
      name: `${NAMES}/alertmanager:1`,
      entrypoint: ["/usr/bin/alertmanager"],
      files: [
        { source: join(DEBIAN, "prometheus-alertmanager"), target: "/usr/bin/alertmanager" },
        { source: alertmanagerTemplates(), target: "/usr/share/prometheus/alertmanager" },
      ],
    },
  ];
}

/** The same path in an image as in this repository. */
function inItsPlace(path: string): ImageWish["files"][number] {
  return { source: path, target: join("/", path) };
}

/** Debian's Alertmanager reads them by an absolute path; packages.sh only unpacks them, unless the package is installed. */
function alertmanagerTemplates(): string {
  return ".cache/debian/usr/share/prometheus/alertmanager";
}

if (import.meta.main) {
  const [folder = ".test/images", pause = ""] = process.argv.slice(2);
  mkdirSync(folder, { recursive: true });
  const dist = join(folder, "dist");
  await bundleInParts("cli.ts", join(dist, "cli.js"));
  for (const image of imagesOf(dist, pause)) {
    const file = join(folder, `${image.name.split("/").at(-1)?.replace(":", "-")}.tar`);
    console.log(`${image.name}: ${(writeImage(image, file) / 1e6).toFixed(1)} MB`);
  }
}
