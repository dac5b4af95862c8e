// What a formula may be asked: arguments enter, and either a figure or the reason why there is none leaves.

/** A formula was asked outside the range in which it holds. */
export type OutOfDomain = { readonly kind: "not-predictable"; readonly why: string };

/** A figure, or why there is none. */
export type Figure = number | OutOfDomain;

/** One argument with the range that the formula is valid in. */
export type Argument = {
  readonly name: string;
  readonly value: number;
  readonly atLeast?: number;
  readonly above?: number;
  readonly atMost?: number;
  readonly whole?: boolean;
};

/** The first argument out of its range as a reason, or undefined. Infinity passes only where no upper end is set. */
export function outside(...asked: readonly Argument[]): OutOfDomain | undefined {
  const wrong = asked.find((argument) => !fits(argument));
  return wrong === undefined ? undefined : notPredictable(`${wrong.name} is ${wrong.value}, ${rangeOf(wrong)}`);
}

function fits({ value, atLeast = Number.NEGATIVE_INFINITY, above, atMost, whole }: Argument): boolean {
  if (Number.isNaN(value) || (whole === true && !Number.isInteger(value))) return false;
  return value >= atLeast && (above === undefined || value > above) && (atMost === undefined || value <= atMost);
}

function rangeOf({ atLeast, above, atMost, whole }: Argument): string {
  const ends = [
    ...(atLeast === undefined ? [] : [`at least ${atLeast}`]),
    ...(above === undefined ? [] : [`above ${above}`]),
    ...(atMost === undefined ? [] : [`at most ${atMost}`]),
  ];
  return `and the formula holds for ${whole ? "whole numbers " : ""}${ends.join(" and ")}`;
}

/** A reason in place of a figure. */
export function notPredictable(why: string): OutOfDomain {
  return { kind: "not-predictable", why };
}

/** Whether a formula gave a figure. */
export function isFigure(figure: Figure): figure is number {
  return typeof figure === "number";
}

/** The figure, unless the arithmetic left the numbers a computer can tell apart. */
export function figure(value: number): Figure {
  return Number.isFinite(value) && value >= 0
    ? value
    : notPredictable("the arguments are too far apart to calculate with");
}

/** A length of time above zero and up to a day; longer is a mistake in the unit. */
export function seconds(name: string, value: number): Argument {
  return { name, value, above: 0, atMost: 86_400 };
}

/** A length of time that may be zero, up to a day. */
export function secondsOrNone(name: string, value: number): Argument {
  return { name, value, atLeast: 0, atMost: 86_400 };
}

/** A share of 0..1, both ends included. */
export function share(name: string, value: number): Argument {
  return { name, value, atLeast: 0, atMost: 1 };
}

/** A finite count or rate above zero. */
export function positive(name: string, value: number): Argument {
  return { name, value, above: 0, atMost: Number.MAX_SAFE_INTEGER };
}

/** A whole number between two ends; the upper end bounds the work of formulas that loop. */
export function whole(name: string, value: number, atLeast: number, atMost: number): Argument {
  return { name, value, atLeast, atMost, whole: true };
}
