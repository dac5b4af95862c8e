import { FINDINGS, PROBLEMS, reasonFor } from "../../manifest/codes.ts";
import { print } from "./terminal.ts";
import { WrongWords } from "./words.ts";

/** `chaosgate explain [CODE]`: why a rule exists, or the list of all rules. */
export function explainCommand(codes: readonly string[]): number {
  const [code, ...more] = codes;
  if (more.length > 0) throw new WrongWords("explain takes one rule");
  if (code === undefined) print(`${Object.keys({ ...PROBLEMS, ...FINDINGS }).join("\n")}\n`);
  else print(`${reasonOf(code)}\n`);
  return 0;
}

function reasonOf(code: string): string {
  const reason = reasonFor(code);
  if (reason === undefined)
    throw new WrongWords(`there is no rule ${JSON.stringify(code)}; chaosgate explain lists them`);
  return reason;
}
