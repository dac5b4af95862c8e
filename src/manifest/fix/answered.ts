import type { Fix } from "../fix.ts";
import { type Choice, type Question, questionsIn, withChoice } from "./question.ts";

/** Who answers a question; undefined leaves it open. */
export type Answerer = (question: Question) => Choice | undefined;

/** The fix with questions asked one by one, each answer repaired further before the next question. */
export function answered(fix: Fix, repair: (text: string) => Fix, answer: Answerer): Fix {
  const open = new Set<string>();
  let state = fix;
  for (let next = nextIn(state, open); next !== undefined; next = nextIn(state, open)) {
    const choice = answer(next);
    if (choice === undefined) open.add(keyOf(next));
    else state = chosen(state, next, choice, repair);
  }
  return state;
}

function nextIn({ fixed }: Fix, open: ReadonlySet<string>): Question | undefined {
  for (const question of questionsIn(fixed)) if (!open.has(keyOf(question))) return question;
  return undefined;
}

function chosen(fix: Fix, { problem, choices }: Question, choice: Choice, repair: (text: string) => Fix): Fix {
  const further = repair(withChoice(fix.fixed, choice));
  const change = {
    what: `${problem.path}: ${choice.what}`,
    line: problem.place.line,
    assumed: `It was chosen of ${choices.length}.`,
  };
  return { ...further, changes: [...fix.changes, change, ...further.changes] };
}

function keyOf({ document, problem }: Question): string {
  return `${document} ${problem.code} ${problem.path}`;
}
