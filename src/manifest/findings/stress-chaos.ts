import type { Remark, Report } from "../report.ts";
import { at, type Located, textAt } from "../yaml/node.ts";

/** Reports what a StressChaos says and does not do. */
export function reportStressChaos(spec: Located, report: Report): void {
  const dead = at(spec, "stressngStressors");
  if (dead !== undefined && (textAt(spec, "stressngStressors") ?? "") !== "")
    report.finding({ path: dead.path, span: dead.key }, DEAD);
  for (const name of ["cpu", "memory"]) {
    const stressor = at(spec, "stressors", name);
    if (stressor !== undefined && !hasWorkers(stressor)) reportNoWorkers(stressor, report);
  }
  const memory = at(spec, "stressors", "memory");
  if (memory !== undefined && hasWorkers(memory) && isNoSize(textAt(memory, "size"))) reportNoSize(memory, report);
}

const DEAD: Remark = {
  code: "stressng-stressors-dead",
  severity: "error",
  message:
    "stressngStressors is read by nobody since Chaos Mesh 2.2: where it is set no stressor starts at all, and the object says Injected (chaos-mesh#3783).",
  fix: "Remove it, and write the load as stressors.cpu or stressors.memory.",
};

function hasWorkers(stressor: Located): boolean {
  const node = at(stressor, "workers")?.node;
  return node?.kind === "number" && node.value > 0;
}

function reportNoWorkers(stressor: Located, report: Report): void {
  const workers = at(stressor, "workers");
  report.finding(
    { path: `${stressor.path}.workers`, span: workers?.node.span ?? stressor.key },
    {
      code: "stressor-without-workers",
      severity: "error",
      message: `${stressor.path}.workers is ${workers === undefined ? "missing" : "not above zero"}, so no process starts, and the object says Injected.`,
      fix: "Write a number of workers, 1 or more.",
    },
  );
}

/** memStress takes 0KB where no size is given, maps nothing and ends, again every second (chaos-mesh/memStress, main.go). */
function isNoSize(size: string | undefined): boolean {
  return size === undefined || /^[0.]*\s*([kmgtpe]?i?b?|%)$/i.test(size);
}

function reportNoSize(memory: Located, report: Report): void {
  const size = at(memory, "size");
  report.finding(
    { path: `${memory.path}.size`, span: size?.node.span ?? memory.key },
    {
      code: "stressor-without-size",
      severity: "error",
      message: `${memory.path}.size is ${size === undefined ? "missing" : "nothing"}, so no memory is taken, and the object says Injected.`,
      fix: "Write how much all workers together shall take, such as size: 256MB or '50%'.",
    },
  );
}
