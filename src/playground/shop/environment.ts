/** A variable that must be there. */
export function text(name: string): string {
  const value = process.env[name];
  if (value === undefined || value === "") throw new Error(`the variable ${name} is not set`);
  return value;
}

/** A number that must be there and must not be negative. */
export function amount(name: string): number {
  const value = Number(text(name));
  if (!Number.isFinite(value) || value < 0) throw new Error(`the variable ${name} must be a number of 0 or more`);
  return value;
}
