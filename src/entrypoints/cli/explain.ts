import { FINDINGS, PROBLEMS } from "../../manifest/codes.ts";
import { POLICY_RULES } from "../../policy/codes.ts";
import { REVIEW_RULES } from "../../review/codes.ts";
import { SETTINGS_RULES } from "../../settings/codes.ts";
import { print } from "./terminal.ts";
import { WrongWords } from "./words.ts";

const RULES: ReadonlyMap<string, string> = new Map(
  [PROBLEMS, FINDINGS, POLICY_RULES, REVIEW_RULES, SETTINGS_RULES].flatMap((room) => Object.entries(room)),
);

/** `chaosgate explain [CODE]`: why a rule exists, or the list of all rules. */
export function explainCommand(codes: readonly string[]): number {
  const [code, ...more] = codes;
  if (more.length > 0) throw new WrongWords("explain takes one rule");
  print(code === undefined ? `${[...RULES.keys()].join("\n")}\n` : `${reasonOf(code)}\n`);
  return 0;
}

function reasonOf(code: string): string {
  const reason = RULES.get(code);
  if (reason === undefined)
    throw new WrongWords(`there is no rule ${JSON.stringify(code)}; chaosgate explain lists them`);
  return reason;
}
