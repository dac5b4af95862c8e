import { readSync } from "node:fs";
import type { Answerer } from "../../manifest/fix/answered.ts";
import type { Choice, Question } from "../../manifest/fix/question.ts";
import { harmless, printError } from "./terminal.ts";

/** Takes what is offered first, without asking anybody. */
export const firstChoice: Answerer = ({ choices }) => choices[0];

/** Asks on the terminal that standard input is; an empty line, or the end of the input, leaves the question open. */
export function atTerminal(path: string): Answerer {
  return (question) => {
    printError(asText(path, question));
    return choiceFrom(question.choices);
  };
}

function choiceFrom(choices: readonly Choice[]): Choice | undefined {
  for (;;) {
    printError(`  1 to ${choices.length}, or Enter to leave it: `);
    const answer = readLine().trim();
    const choice = /^[0-9]{1,3}$/.test(answer) ? choices[Number(answer) - 1] : undefined;
    if (answer === "" || choice !== undefined) return choice;
    printError(`  ${harmless(answer)} is none of them.\n`);
  }
}

/** A terminal hands out one line for each read, however many were typed. */
function readLine(): string {
  const line = Buffer.alloc(4096);
  return line.toString("utf8", 0, readSync(0, line));
}

function asText(path: string, { problem, choices }: Question): string {
  const offered = choices.map(({ what }, index) => `  ${index + 1}) ${harmless(what)}`);
  return `\n${[`${harmless(path)}:${problem.place.line} ${harmless(problem.message)}`, ...offered].join("\n")}\n`;
}
