import { execFile } from "node:child_process";
import { resolve } from "node:path";

const CLI = resolve(import.meta.dirname, "../../src/entrypoints/cli.ts");

export type Result = { readonly code: number; readonly out: string; readonly err: string };

/** Runs the command line as a process of its own, in a folder, with something on its standard input. */
export function chaosgateIn(folder: string, words: readonly string[], input: string | Buffer = ""): Promise<Result> {
  return resultOf(process.execPath, [CLI, ...words], folder, input);
}

/** The same on a terminal of its own, where somebody types; what it prints comes in one stream. */
export function chaosgateOnTerminal(folder: string, words: string, typed: string): Promise<Result> {
  return resultOf("script", ["-qec", `'${process.execPath}' '${CLI}' ${words}`, "/dev/null"], folder, typed);
}

function resultOf(program: string, words: readonly string[], folder: string, input: string | Buffer): Promise<Result> {
  const options = { cwd: folder, timeout: 30_000, maxBuffer: 64 << 20 };
  return new Promise((done) => {
    const child = execFile(program, [...words], options, (error, out, err) =>
      done({ code: typeof error?.code === "number" ? error.code : error === null ? 0 : -1, out, err }),
    );
    child.stdin?.end(input);
  });
}
