import { nearest } from "../../manifest/text/nearest.ts";
import { RULES } from "./rules.ts";
import { print } from "./terminal.ts";
import { WrongWords } from "./words.ts";

/** `chaosgate explain [CODE]`: why a rule exists, or the list of all rules. */
export function explainCommand(codes: readonly string[]): number {
  const [code, ...more] = codes;
  if (more.length > 0) throw new WrongWords("explain takes one rule");
  print(code === undefined ? `${[...RULES.keys()].join("\n")}\n` : `${reasonOf(code)}\n`);
  return 0;
}

function reasonOf(code: string): string {
  const reason = RULES.get(code);
  if (reason !== undefined) return reason;
  const meant = nearest(code, [...RULES.keys()]);
  const next = meant === undefined ? "chaosgate explain lists them" : `did you mean ${meant}?`;
  throw new WrongWords(`there is no rule ${JSON.stringify(code)}; ${next}`);
}
