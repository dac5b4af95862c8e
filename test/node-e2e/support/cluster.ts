import { execFile, spawn } from "node:child_process";
import { promisify } from "node:util";

const run = promisify(execFile);

export const KUBECTL = ".cache/kubernetes/kubectl-v1.36.3";

/** A Kubernetes, by what its owner can do with kubectl. */
export type Cluster = {
  readonly kubeconfig: string;
  kubectl(...words: readonly string[]): Promise<string>;
  /** Creates or changes objects. */
  apply(...objects: readonly object[]): Promise<void>;
};

/** The cluster that a kubeconfig's current context names. */
export function clusterAt(kubeconfig: string): Cluster {
  const env = { ...process.env, KUBECONFIG: kubeconfig };
  return {
    kubeconfig,
    kubectl: async (...words) => {
      const { stdout } = await run(KUBECTL, [...words], { env, timeout: 120_000, maxBuffer: 64 << 20 });
      return stdout;
    },
    apply: (...objects) => apply(env, JSON.stringify({ apiVersion: "v1", kind: "List", items: objects })),
  };
}

function apply(env: NodeJS.ProcessEnv, list: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(KUBECTL, ["apply", "-f", "-"], { env, timeout: 60_000, stdio: ["pipe", "ignore", "pipe"] });
    let said = "";
    child.stderr.on("data", (chunk: Buffer) => {
      said += chunk.toString();
    });
    child.on("error", reject);
    child.on("close", (code) => (code === 0 ? resolve() : reject(new Error(`kubectl apply: ${said}`))));
    child.stdin.end(list);
  });
}
