import { COMMANDS, type CommandSpec, type FlagSpec, type OwnWordsSpec } from "./commands.ts";

const FILES = "FILE is a YAML file, a folder (every .yaml and .yml below it), a glob, or - for standard input.";

const EXIT_CODES = `Exit codes
  0  nothing to complain about; warnings and notices do not count
  1  the cluster would refuse something, a finding is an error, or a figure is not predictable
  2  the command could not run: its words are wrong, or a file cannot be read
`;

const EXAMPLES = `Examples
  chaosgate lint chaos/
  chaosgate lint --format sarif chaos/ > chaosgate.sarif
  chaosgate fix --diff chaos/network-delay.yaml
  chaosgate fix --write chaos/network-delay.yaml && git diff
  chaosgate predict window --window 64KiB --rtt 2ms --delay 500ms
  source <(chaosgate completion bash)
`;

/** What `chaosgate help` prints. */
export function overview(): string {
  const lines = Object.entries(COMMANDS).map(([name, { takes, says }]) => row(`chaosgate ${name} ${takes}`, says, 29));
  const all = [...lines, row("chaosgate help [COMMAND]", "print this, or the flags of a command", 29)];
  return `chaosgate - chaos experiments reviewed and run like code\n\n${all.join("\n")}\n\n${FILES}\n\n${EXIT_CODES}\n${EXAMPLES}`;
}

/** What `chaosgate help COMMAND` and `chaosgate COMMAND --help` print. */
export function helpOn(name: string, spec: CommandSpec | OwnWordsSpec): string {
  const first = `chaosgate ${name} ${spec.takes}\n\n${capital(spec.says)}.\n`;
  if ("loadOwn" in spec) return first;
  const flags = Object.entries(spec.flags).map(([flag, about]) =>
    row(`--${flag}${placeholderOf(about)}`, about.says, 29),
  );
  const files = spec.takes.startsWith("FILE") ? [FILES] : [];
  const blocks = [flags.join("\n"), ...(spec.notes ?? []), ...files, EXIT_CODES.trimEnd()].filter(
    (text) => text !== "",
  );
  return `${first}\n${blocks.join("\n\n")}\n`;
}

function placeholderOf({ value }: FlagSpec): string {
  if (value === undefined) return "";
  return ` ${typeof value === "string" ? value : value.join("|")}`;
}

function row(left: string, right: string, width: number): string {
  return left.length > width ? `  ${left}\n  ${" ".repeat(width)} ${right}` : `  ${left.padEnd(width)} ${right}`;
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
