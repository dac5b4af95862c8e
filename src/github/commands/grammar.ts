// The text of a comment enters; a command, a mistake with the nearest match, or nothing leaves.
// Only the first line is read and nothing of it is ever executed, expanded or passed on unchecked.

import { type Change, parseChange } from "../../impact/what-if.ts";
import { parseGoDuration } from "../../manifest/text/go-duration.ts";
import { nearest } from "../../manifest/text/nearest.ts";

/** Nobody remembers why after a week. */
const LONGEST_LOCK_MS = 7 * 24 * 3_600_000;

export type Command =
  | { readonly verb: "help" | "hold" | "unhold" }
  | { readonly verb: "status"; readonly environment?: string }
  | { readonly verb: "dry-run"; readonly environment?: string }
  | { readonly verb: "plan"; readonly change?: Change }
  | { readonly verb: "approve"; readonly plan?: string; readonly environment?: string }
  | { readonly verb: "run"; readonly manifest?: string; readonly environment?: string; readonly plan?: string }
  | { readonly verb: "abort"; readonly run?: string }
  | { readonly verb: "retry"; readonly run: string }
  | { readonly verb: "explain"; readonly rule: string }
  | { readonly verb: "lock"; readonly environment: string; readonly reason: string; readonly forMs: number }
  | { readonly verb: "unlock"; readonly environment: string };

export type Verb = Command["verb"];

export type Parsed =
  | { readonly kind: "none" }
  | { readonly kind: "command"; readonly command: Command }
  | { readonly kind: "mistake"; readonly why: string; readonly nearest?: string };

type Usage = { readonly flags: readonly Flag[]; readonly positional?: Positional; readonly needs?: readonly Needed[] };
type Positional = "manifest" | "run" | "rule" | "environment";
type Flag = "plan" | "env" | "what-if" | "reason" | "for";
type Needed = Positional | Flag;

const USAGE: Readonly<Record<Verb, Usage>> = {
  help: { flags: [] },
  status: { flags: ["env"] },
  plan: { flags: ["what-if"] },
  "dry-run": { flags: ["env"] },
  approve: { flags: ["plan", "env"] },
  run: { flags: ["plan", "env"], positional: "manifest" },
  abort: { flags: [], positional: "run" },
  retry: { flags: [], positional: "run", needs: ["run"] },
  explain: { flags: [], positional: "rule", needs: ["rule"] },
  lock: { flags: ["reason", "for"], positional: "environment", needs: ["environment", "reason", "for"] },
  unlock: { flags: [], positional: "environment", needs: ["environment"] },
  hold: { flags: [] },
  unhold: { flags: [] },
};

/** Every verb, in the order in which help lists them. */
export const VERBS = Object.keys(USAGE) as readonly Verb[];

const LONGEST_LINE = 400;
const VALUE = /^[\w./-]{1,255}$/;
/** A sentence of a person; it is shown inside code spans alone. */
const REASON = /^[^\p{Cc}\p{Cf}`<>"\u201c\u201d]{1,100}$/u;
/** `delay=200ms,loss=1%`; what it means is parseChange's to say. */
const CHANGE = /^[\w.,=%]{1,100}$/;

/** Reads the command that starts a comment; code, quotes and everything after the first line never match. */
export function parseCommand(body: string): Parsed {
  const [line = ""] = body.slice(0, LONGEST_LINE + 1).split(/\r?\n/, 1);
  const words = wordsOf(line);
  if (words[0]?.toLowerCase() !== "/chaos") return { kind: "none" };
  if (line.length > LONGEST_LINE) return mistake(`the command is longer than ${LONGEST_LINE} characters`);
  const [, verb = "help", ...rest] = words;
  const known = VERBS.find((candidate) => candidate === verb.toLowerCase());
  if (known === undefined) return mistake(`there is no command \`${shown(verb)}\``, nearest(verb.toLowerCase(), VERBS));
  return withArguments(known, rest);
}

/** Words between blanks; a text in quotes, also in those of word processors, is one word without them. */
function wordsOf(line: string): readonly string[] {
  if (/^[ \t]/.test(line)) return [];
  const words = line.match(/(?:-[\w-]*=)?["\u201c\u201d][^"\u201c\u201d]*["\u201c\u201d](?=[ \t]|$)|[^ \t]+/g) ?? [];
  return words.map((word) => word.replace(/^(-[\w-]*=)?["\u201c\u201d]([^"\u201c\u201d]*)["\u201c\u201d]$/, "$1$2"));
}

type Arguments = { readonly flags: Map<Flag, string>; positional?: string };

function withArguments(verb: Verb, words: readonly string[]): Parsed {
  const found: Arguments = { flags: new Map() };
  const rest = words.map(withHyphens).flatMap(splitAtEquals);
  while (rest.length > 0) {
    const word = rest.shift() ?? "";
    const wrong = word.startsWith("-") ? takeFlag(verb, word, rest, found) : takePositional(verb, word, found);
    if (wrong !== undefined) return wrong;
  }
  const missing = USAGE[verb].needs?.find((need) => !isGiven(need, found));
  if (missing !== undefined)
    return mistake(`\`/chaos ${verb}\` needs ${isFlag(missing) ? `\`--${missing}\`` : `a ${missing}`}`);
  return { kind: "command", command: commandOf(verb, found) };
}

function isFlag(need: Needed): need is Flag {
  return need === "reason" || need === "for";
}

function isGiven(need: Needed, { flags, positional }: Arguments): boolean {
  return isFlag(need) ? flags.has(need) : positional !== undefined;
}

/** Phones and word processors turn `--plan` into a dash; it is meant as two hyphens. */
function withHyphens(word: string): string {
  return word.replace(/^[\u2010-\u2015\u2212]+-*/, "--");
}

function splitAtEquals(word: string): readonly string[] {
  const at = word.startsWith("--") ? word.indexOf("=") : -1;
  return at < 0 ? [word] : [word.slice(0, at), word.slice(at + 1)];
}

function takeFlag(verb: Verb, word: string, rest: string[], found: Arguments): Parsed | undefined {
  const { flags } = USAGE[verb];
  const flag = flags.find((candidate) => `--${candidate}` === word.toLowerCase());
  if (flag === undefined) {
    const meant = nearest(
      word.toLowerCase(),
      flags.map((candidate) => `--${candidate}`),
    );
    return mistake(`\`/chaos ${verb}\` has no flag \`${shown(word)}\``, meant);
  }
  const value = rest.shift();
  const form = flag === "what-if" ? CHANGE : flag === "reason" ? REASON : VALUE;
  if (value === undefined || !form.test(value) || value.startsWith("-")) return mistake(`\`--${flag}\` needs a value`);
  if (flag === "what-if" && parseChange(value) === undefined)
    return mistake(`\`--what-if ${shown(value)}\` is not like \`delay=200ms\`, \`loss=1%\` or both with a comma`);
  if (flag === "for" && lockMs(value) === undefined)
    return mistake(`\`--for ${shown(value)}\` is not like \`30m\` or \`2h\`, and a week (168h) at most`);
  if (found.flags.has(flag)) return mistake(`\`--${flag}\` is given twice`);
  found.flags.set(flag, value);
  return undefined;
}

function takePositional(verb: Verb, word: string, found: Arguments): Parsed | undefined {
  const { positional } = USAGE[verb];
  if (positional === undefined || found.positional !== undefined || !VALUE.test(word)) {
    return mistake(`\`/chaos ${verb}\` does not know what to do with \`${shown(word)}\``);
  }
  found.positional = word;
  return undefined;
}

function commandOf(verb: Verb, { flags, positional }: Arguments): Command {
  const plan = flags.get("plan")?.toLowerCase();
  const environment = flags.get("env")?.toLowerCase();
  const reason = flags.get("reason") ?? "";
  const name = (positional ?? "").toLowerCase();
  if (verb === "lock") return { verb, environment: name, reason, forMs: lockMs(flags.get("for") ?? "") ?? 0 };
  if (verb === "unlock") return { verb, environment: name };
  if (verb === "explain") return { verb, rule: name };
  if (verb === "retry") return { verb, run: name };
  const bound = { ...(plan !== undefined && { plan }), ...(environment !== undefined && { environment }) };
  if (verb === "run") return { verb, ...bound, ...(positional !== undefined && { manifest: positional }) };
  if (verb === "approve") return { verb, ...bound };
  if (verb === "status" || verb === "dry-run") return { verb, ...(environment !== undefined && { environment }) };
  const change = parseChange(flags.get("what-if") ?? "");
  if (verb === "plan") return change === undefined ? { verb } : { verb, change };
  if (verb === "abort") return positional === undefined ? { verb } : { verb, run: positional };
  return { verb };
}

/** How long a lock lasts, in milliseconds: more than nothing, and a week at most. */
function lockMs(text: string): number | undefined {
  const ms = parseGoDuration(text);
  return ms !== undefined && ms > 0 && ms <= LONGEST_LOCK_MS ? ms : undefined;
}

/** What somebody typed, safe to show inside a code span. */
function shown(word: string): string {
  return word.replace(/[^\w./=-]/g, "?").slice(0, 40);
}

function mistake(why: string, meant?: string): Parsed {
  return meant === undefined ? { kind: "mistake", why } : { kind: "mistake", why, nearest: meant };
}
