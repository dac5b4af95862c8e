// What a suite is, and how its command is written.

export type Suite = {
  readonly name: string;
  /** What it proves, said when it starts. */
  readonly says: string;
  readonly argv: readonly string[];
  readonly result:
    | { readonly kind: "vitest"; readonly file: string }
    /** Output of one or more test binaries of Rust, kept in a log. */
    | { readonly kind: "cargo" }
    /** Passes or fails as a whole. */
    | { readonly kind: "exit" };
  readonly env?: Readonly<Record<string, string>>;
  readonly timeoutMinutes: number;
  /** Mostly waits, in a sandbox of its own: starts together with the suite before it, and its output is shown when it ends. */
  readonly alongside?: true;
  /** Of those that it starts together with, the suite whose end it waits for. */
  readonly after?: string;
};

export const SANDBOX = "scripts/sandbox.sh";

/** Tests of a project, all but those that `chosen` leaves out; the report is under the suite's own name. */
export function vitest(project: string, chosen: readonly string[] = [], suite = project): readonly string[] {
  const reporters = ["--reporter=default", "--reporter=json", `--outputFile=.test/${suite}.json`];
  return ["vitest", "run", "--project", project, ...reporters, ...chosen];
}
