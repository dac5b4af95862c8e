import type { Answer, Estimate } from "../../impact/estimate.ts";
import { bytesPerSecond, milliseconds, short } from "../../impact/units.ts";
import type { Flags, Given } from "./predict-flags.ts";
import { QUESTIONS, type Question } from "./predict-questions.ts";
import { harmless, print, printError, printJson, styled } from "./terminal.ts";
import { formatOf, WrongWords } from "./words.ts";

/** `chaosgate predict QUESTION FLAGS`: one figure with its interval, its source and what to doubt; 1 where there is none. */
export function predictCommand(words: readonly string[]): number {
  const [name = "help", ...rest] = words;
  if (name === "help" || rest.includes("--help") || words[0] === "--help" || words[0] === "-h") return help();
  const question = Object.hasOwn(QUESTIONS, name) ? QUESTIONS[name] : undefined;
  if (question === undefined)
    throw new WrongWords(`predict knows no ${JSON.stringify(name)}, only ${Object.keys(QUESTIONS).join(", ")}`);
  const given = question.ask(rest);
  const { inputs, answer, format } = given;
  if (formatOf({ format }, ["text", "json"]) === "json") printJson({ inputs, ...figuresOf(answer) });
  else printAnswer(answer, given.explain ? traced(given.trace) : [`  inputs   ${given.echo.map(harmless).join(", ")}`]);
  return answer.kind === "estimate" ? 0 : 1;
}

/** The fields of the JSON are fixed: scripts read them. */
function figuresOf(answer: Answer) {
  if (answer.kind === "not-predictable")
    return { value: null, unit: "", interval: null, binding: "not-predictable", source: "", warnings: [answer.why] };
  const { value, unit, interval, binding, source, warnings } = answer;
  return { value, unit, interval, binding, source, warnings };
}

/** Where each input came from, in the units that the formula is calculated in. */
function traced(trace: Given<Flags>["trace"]): readonly string[] {
  return trace.map(({ name, value, from }) => `  input    ${name} = ${harmless(String(value))} (${harmless(from)})`);
}

function printAnswer(answer: Answer, inputs: readonly string[]): void {
  if (answer.kind === "not-predictable") printError(`not predictable: ${answer.why}\n`);
  else print(`${[...linesOf(answer), ...inputs].join("\n")}\n`);
}

function linesOf({ value, unit, interval, binding, source, warnings, notes }: Estimate): readonly string[] {
  const between = interval === null ? [] : [`  from     ${interval.map((end) => inWords(end, unit)).join(" to ")}`];
  return [
    `${styled("bold", inWords(value, unit))} (binding: ${binding})`,
    ...between,
    ...notes.map((note) => `  note     ${note}`),
    ...warnings.map((warning) => `  ${styled("yellow", "warning")}  ${warning}`),
    `  source   ${source}`,
  ];
}

function inWords(value: number | null, unit: Estimate["unit"]): string {
  if (value === null) return "never";
  switch (unit) {
    case "B/s":
      return bytesPerSecond(value);
    case "s":
      return milliseconds(1000 * value);
    case "ratio":
      return `${short(100 * value)} %`;
    case "threads":
    case "calls":
      return `${short(value)} ${unit}`;
  }
}

function help(): number {
  print(`chaosgate predict QUESTION [--format text|json] [--explain]\n\n${Object.entries(QUESTIONS).map(helpOn).join("\n")}
--explain traces every input. BYTES are 1448 or 64KiB, TIME 2ms or 1.5s, RATE 1000/s, LINK 125MB/s or 1Gbit/s, SHARE 1% or 0.01; in JSON bytes, seconds, per second and shares of 1.
JSON has inputs, value, unit, interval, binding, source and warnings; a value of null with the binding none means never.
`);
  return 0;
}

function helpOn([name, { about, flags }]: readonly [string, Question]): string {
  const lines = Object.entries(flags).map(([flag, { placeholder, required, otherwise }]) => {
    const use = placeholder === "" || otherwise === undefined ? "optional" : `default: ${otherwise}`;
    return `  --${`${flag} ${placeholder}`.trim()}${required ? "" : ` (${use})`}`;
  });
  return `${name}: ${about}\n${lines.join("\n")}\n`;
}
