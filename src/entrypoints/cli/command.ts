import { parseArgs } from "node:util";
import { HELP } from "./help.ts";
import { print, printError } from "./terminal.ts";
import { type Options, WrongWords } from "./words.ts";

export const FINE = 0;
export const WRONG_WORDS = 2;

type Command = (files: readonly string[], options: Options) => number;

/** Loaded when they are asked for: lint need not wait for what review reads. */
const COMMANDS: Readonly<Record<string, () => Promise<Command>>> = {
  lint: async () => (await import("./lint.ts")).lintCommand,
  fix: async () => (await import("./fix.ts")).fixCommand,
  review: async () => (await import("./review.ts")).reviewCommand,
  explain: async () => (await import("./explain.ts")).explainCommand,
};

/** Runs one command line and returns its exit code; what it prints goes to this process's streams. */
export async function runCommand(argv: readonly string[]): Promise<number> {
  try {
    if (argv[0] === "predict") return (await import("./predict.ts")).predictCommand(argv.slice(1));
    const { values, positionals } = parsed(argv);
    const [name, ...files] = positionals;
    if (values.help || name === undefined || name === "help") return help(name === undefined && !values.help);
    const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
    if (command === undefined) throw new WrongWords(`there is no command ${JSON.stringify(name)}`);
    return (await command())(files, values);
  } catch (error) {
    if (!(error instanceof WrongWords)) throw error;
    printError(`chaosgate: ${error.message}\nTry: chaosgate help\n`);
    return WRONG_WORDS;
  }
}

function parsed(argv: readonly string[]) {
  try {
    return parseArgs({
      args: [...argv],
      allowPositionals: true,
      options: {
        format: { type: "string", default: "terminal" },
        write: { type: "boolean", default: false },
        diff: { type: "boolean", default: false },
        "keep-namespace": { type: "boolean", default: false },
        settings: { type: "string" },
        snapshot: { type: "string" },
        environment: { type: "string" },
        help: { type: "boolean", short: "h", default: false },
      },
    });
  } catch (error) {
    // parseArgs reports unknown and incomplete flags by throwing a TypeError with a sentence for the user.
    throw new WrongWords(error instanceof Error ? error.message : String(error));
  }
}

function help(nothingAsked: boolean): number {
  if (nothingAsked) printError(HELP);
  else print(HELP);
  return nothingAsked ? WRONG_WORDS : FINE;
}
