import type { Figure, OutOfDomain } from "../../src/impact/domain.ts";

/** A result where the formula must give one. */
export function sure<Result extends object>(result: Result | OutOfDomain): Exclude<Result, OutOfDomain> {
  if ("kind" in result && result.kind === "not-predictable") throw new Error((result as OutOfDomain).why);
  return result as Exclude<Result, OutOfDomain>;
}

/** A figure where the formula must give one. */
export function sureFigure(figure: Figure): number {
  if (typeof figure !== "number") throw new Error(figure.why);
  return figure;
}
