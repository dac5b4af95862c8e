import { execFile } from "node:child_process";
import { AppError } from "../errors.ts";

export type CommandOptions = { readonly input?: string; readonly timeoutMs?: number };

const MAX_OUTPUT_BYTES = 1_048_576;

/** Runs a program without a shell and returns what it printed; a failure is an AppError with the program's own words. */
export function runCommand(argv: readonly string[], options: CommandOptions = {}): Promise<string> {
  const [program = "", ...args] = argv;
  return new Promise((resolve, reject) => {
    const child = execFile(
      program,
      args,
      { timeout: options.timeoutMs ?? 10_000, killSignal: "SIGKILL", maxBuffer: MAX_OUTPUT_BYTES, encoding: "utf8" },
      (error, stdout, stderr) => (error === null ? resolve(stdout) : reject(refusal(argv, error, stderr))),
    );
    // The program may end without reading its input; its exit code tells.
    child.stdin?.on("error", () => {});
    child.stdin?.end(options.input ?? "");
  });
}

function refusal(argv: readonly string[], cause: Error & { code?: unknown }, stderr: string): AppError {
  const why = cause.code === "ENOENT" ? "it is not installed" : stderr.trim().slice(0, 500) || cause.message;
  return new AppError("CLUSTER_REFUSED", `could not run \`${argv.join(" ")}\`: ${why}`, {
    cause,
    facts: { program: argv[0] },
  });
}
