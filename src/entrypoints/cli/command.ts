import { parseArgs } from "node:util";
import { nearest } from "../../manifest/text/nearest.ts";
import { COMMANDS, type CommandSpec, type OwnWordsSpec } from "./commands.ts";
import { helpOn, overview } from "./help.ts";
import { print, printError } from "./terminal.ts";
import { type Options, WrongWords } from "./words.ts";

export const FINE = 0;
export const COULD_NOT_RUN = 2;

/** Runs one command line and returns its exit code; what it prints goes to this process's streams. */
export async function runCommand(argv: readonly string[]): Promise<number> {
  const [name, ...rest] = argv;
  try {
    if (name === undefined) return nothingAsked();
    if (["help", "--help", "-h"].includes(name)) return help(rest);
    return await run(name, specOf(name), rest);
  } catch (error) {
    if (!(error instanceof WrongWords)) throw error;
    const about = name !== undefined && Object.hasOwn(COMMANDS, name) ? ` ${name}` : "";
    printError(`chaosgate: ${error.message}\nTry: chaosgate help${about}\n`);
    return COULD_NOT_RUN;
  }
}

async function run(name: string, spec: CommandSpec | OwnWordsSpec, words: readonly string[]): Promise<number> {
  if ("loadOwn" in spec) return (await spec.loadOwn())(words);
  const { values, positionals } = parsed(name, spec, words);
  if (values.help === true) {
    print(helpOn(name, spec));
    return FINE;
  }
  return (await spec.load())(positionals, values as Options);
}

function parsed(name: string, { flags }: CommandSpec, words: readonly string[]) {
  const declared = Object.fromEntries(Object.entries(flags).map(([flag, { type }]) => [flag, { type }]));
  refuseUnknownFlags(name, words, Object.keys(declared));
  try {
    return parseArgs({
      args: [...words],
      allowPositionals: true,
      options: { ...declared, help: { type: "boolean", short: "h" } },
    });
  } catch (error) {
    // parseArgs reports flags without their value by throwing a TypeError with a sentence for the user.
    throw new WrongWords(error instanceof Error ? error.message : String(error));
  }
}

/** Before parseArgs, which cannot say what was meant. */
function refuseUnknownFlags(name: string, words: readonly string[], known: readonly string[]): void {
  for (const word of words) {
    if (word === "--") return;
    const flag = /^--([^=]+)/.exec(word)?.[1];
    if (flag === undefined || flag === "help" || known.includes(flag)) continue;
    throw new WrongWords(`${name} has no flag --${flag}${meant(nearest(flag, known), "--")}`);
  }
}

function specOf(name: string): CommandSpec | OwnWordsSpec {
  const spec = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (spec !== undefined) return spec;
  throw new WrongWords(`there is no command ${JSON.stringify(name)}${meant(nearest(name, Object.keys(COMMANDS)))}`);
}

function meant(word: string | undefined, before = ""): string {
  return word === undefined ? "" : `; did you mean ${before}${word}?`;
}

function help([name]: readonly string[]): number {
  print(name === undefined ? overview() : helpOn(name, specOf(name)));
  return FINE;
}

function nothingAsked(): number {
  printError(overview());
  return COULD_NOT_RUN;
}
