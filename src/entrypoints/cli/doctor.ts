import { systemClock } from "../../clock.ts";
import { openApi } from "../../kubernetes/api.ts";
import { diagnose, diagnoseInstallation } from "../../kubernetes/diagnose.ts";
import { examine, examineInstallation } from "../../kubernetes/examine.ts";
import { clusterOf } from "./snapshot.ts";
import { harmless, print, styled } from "./terminal.ts";
import { type Options, WrongWords } from "./words.ts";

/** `chaosgate doctor`: what is missing or unsafe in a cluster, each with the command that mends it. The exit code is 1 where there is any. */
export async function doctorCommand(names: readonly string[], options: Options): Promise<number> {
  if (names.length > 0) throw new WrongWords("doctor takes no file; it looks at the cluster of the kubeconfig");
  const api = openApi(clusterOf(options));
  const [namespace, now] = [options.namespace ?? "chaosgate", systemClock.now()];
  const found = options.installation
    ? diagnoseInstallation(await examineInstallation(api, namespace, now))
    : diagnose(await examine(api, namespace, now));
  for (const { level, what, fix } of found) {
    const word = styled(level === "unsafe" ? "red" : "yellow", level);
    print(`${word}: ${harmless(what)}\n    ${harmless(fix)}\n`);
  }
  if (found.length === 0) print("nothing is missing and nothing unsafe\n");
  return found.length === 0 ? 0 : 1;
}
