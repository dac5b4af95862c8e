import type { Remark } from "../report.ts";

/** What is said where an action has nothing that it could inject. */
export function actionWithoutBlock(action: string, block: string, consequence: string): Remark {
  return {
    code: "action-without-block",
    severity: "error",
    message: `The action is ${action}, and there is no ${block}: the cluster admits it, and ${consequence}.`,
    fix: `Add ${block}.`,
  };
}
