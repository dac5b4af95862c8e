import { styleText } from "node:util";

type Style = Parameters<typeof styleText>[0];

/** Everything that could move the cursor, change colours or turn the reading direction around. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what this is about
const HOSTILE = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;

/** Prints text of our own, or text that `harmless` has seen. */
export function print(text: string): void {
  process.stdout.write(text);
}

/** Prints to standard error. */
export function printError(text: string): void {
  process.stderr.write(text);
}

/** Prints a value as JSON for other programs. */
export function printJson(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value, undefined, 2)}\n`);
}

/** Text of a manifest or a file name, safe to show in a terminal. */
export function harmless(text: string): string {
  return text.replace(HOSTILE, "\u{fffd}");
}

/** Coloured where standard output is a terminal that wants colours (NO_COLOR and FORCE_COLOR are honoured). */
export function styled(style: Style, text: string): string {
  return styleText(style, text, { stream: process.stdout });
}
