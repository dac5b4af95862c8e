import { COMMANDS } from "./commands.ts";
import { print } from "./terminal.ts";
import { WrongWords } from "./words.ts";

type Word = { readonly name: string; readonly says: string };
type Flag = Word & { readonly values: readonly string[] };

const SHELLS: Readonly<Record<string, () => string>> = { bash, zsh, fish };

/** `chaosgate completion SHELL`: a script that the shell reads at its start. */
export function completionCommand(names: readonly string[]): number {
  const [shell, ...more] = names;
  const script = shell !== undefined && Object.hasOwn(SHELLS, shell) ? SHELLS[shell] : undefined;
  if (script === undefined || more.length > 0)
    throw new WrongWords(`completion takes one of ${Object.keys(SHELLS).join(", ")}`);
  print(script());
  return 0;
}

function commands(): readonly Word[] {
  const all = Object.entries(COMMANDS).map(([name, { says }]) => ({ name, says }));
  return [...all, { name: "help", says: "print the help, or the flags of a command" }];
}

function flagsOf(name: string): readonly Flag[] {
  const spec = COMMANDS[name];
  if (spec === undefined || "loadOwn" in spec) return [];
  return Object.entries(spec.flags).map(([flag, { says, value }]) => ({
    name: `--${flag}`,
    says,
    values: Array.isArray(value) ? value : [],
  }));
}

function bash(): string {
  const cases = commands().map(({ name }) => `    ${name}) words="${namesOf(flagsOf(name))} --help" ;;`);
  const values = commands().flatMap(({ name }) =>
    flagsOf(name).flatMap((flag) =>
      flag.values.length === 0 ? [] : [`    ${name}:${flag.name}) words="${flag.values.join(" ")}" ;;`],
    ),
  );
  return `# chaosgate completion for bash: source it, or save it in a folder that bash-completion reads.
_chaosgate() {
  local word="\${COMP_WORDS[COMP_CWORD]}" before="\${COMP_WORDS[COMP_CWORD-1]}" words=""
  if [ "$COMP_CWORD" -eq 1 ]; then
    COMPREPLY=($(compgen -W "${namesOf(commands())}" -- "$word"))
    return
  fi
  case "\${COMP_WORDS[1]}:$before" in
${values.join("\n")}
  esac
  if [ -n "$words" ]; then COMPREPLY=($(compgen -W "$words" -- "$word")); return; fi
  case "\${COMP_WORDS[1]}" in
${cases.join("\n")}
  esac
  if [[ "$word" == -* ]]; then COMPREPLY=($(compgen -W "$words" -- "$word")); else COMPREPLY=($(compgen -f -- "$word")); fi
}
complete -o filenames -F _chaosgate chaosgate
`;
}

function zsh(): string {
  const described = ({ name, says }: Word) => `'${name}:${quoted(says)}'`;
  const flag = ({ name, says, values }: Flag) =>
    `'${name}[${quoted(says)}]${values.length === 0 ? "" : `:value:(${values.join(" ")})`}'`;
  const cases = commands().map(
    ({ name }) => `    ${name}) _arguments ${[...flagsOf(name).map(flag), "'*:file:_files'"].join(" ")} ;;`,
  );
  return `#compdef chaosgate
# chaosgate completion for zsh: save it as _chaosgate in a folder of $fpath, or source it.
_chaosgate() {
  if (( CURRENT == 2 )); then
    local -a commands=(${commands().map(described).join(" ")})
    _describe command commands
    return
  fi
  local command=$words[2]
  shift words
  (( CURRENT-- ))
  case $command in
${cases.join("\n")}
  esac
}
(( $+functions[compdef] )) && compdef _chaosgate chaosgate
`;
}

function fish(): string {
  const first = commands().map(
    ({ name, says }) => `complete -c chaosgate -n __fish_use_subcommand -f -a ${name} -d '${quoted(says)}'`,
  );
  const flags = commands().flatMap(({ name }) =>
    flagsOf(name).map((flag) => {
      const value = flag.values.length === 0 ? "" : ` -x -a '${flag.values.join(" ")}'`;
      return `complete -c chaosgate -n '__fish_seen_subcommand_from ${name}' -l ${flag.name.slice(2)} -d '${quoted(flag.says)}'${value}`;
    }),
  );
  return `# chaosgate completion for fish: save it as completions/chaosgate.fish in fish's configuration.\n${[...first, ...flags].join("\n")}\n`;
}

function namesOf(words: readonly Word[]): string {
  return words.map(({ name }) => name).join(" ");
}

/** Inside single quotes and zsh's brackets: what would end them, and the colon that zsh splits at, becomes a space. */
function quoted(text: string): string {
  return text.replace(/['[\]:\\]/g, " ");
}
