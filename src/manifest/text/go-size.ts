import { atoi, withoutSeparators } from "./go-number.ts";

const NUMBER = /^\+?([0-9]+(\.[0-9]*)?|\.[0-9]+)(e[+-]?[0-9]+)?$/i;

/** What Chaos Mesh's webhook says against a size: a percentage of 0 to 100, or docker/go-units' FromHumanSize (0.5.0). */
export function complaintAboutSize(text: string): string | undefined {
  if (text.endsWith("%")) {
    const percent = atoi(text.slice(0, -1));
    return percent !== undefined && percent >= 0 && percent <= 100 ? undefined : "a percentage is 0% to 100%";
  }
  const end = lastOf(text, "0123456789. ");
  if (end < 0) return "it has no number";
  const number = text[end] === " " ? text.slice(0, end) : text.slice(0, end + 1);
  const digits = withoutSeparators(number) ?? "";
  if (!NUMBER.test(digits) || !Number.isFinite(Number(digits))) return "its number is not one";
  return isUnit(text.slice(end + 1).toLowerCase()) ? undefined : "its unit is not B, KB, KiB, MB, MiB and so on";
}

function lastOf(text: string, characters: string): number {
  return Math.max(...[...characters].map((character) => text.lastIndexOf(character)));
}

function isUnit(suffix: string): boolean {
  return suffix === "" || suffix === "b" || /^[kmgtp](b|ib)?$/.test(suffix);
}

export type Size =
  | { readonly kind: "bytes"; readonly bytes: number }
  | { readonly kind: "percent"; readonly percent: number };

/** What an accepted size means: FromHumanSize counts in thousands, whether KB or KiB is written. Nothing at all is undefined. */
export function sizeOf(text: string): Size | undefined {
  if (text.endsWith("%")) {
    const percent = atoi(text.slice(0, -1)) ?? 0;
    return percent > 0 ? { kind: "percent", percent } : undefined;
  }
  const end = lastOf(text, "0123456789. ");
  const number = Number(withoutSeparators(text.slice(0, end + 1).trimEnd()) ?? "");
  const thousands = "bkmgtp".indexOf(text.slice(end + 1, end + 2).toLowerCase() || "b");
  const bytes = Math.floor(number * 1000 ** thousands);
  return bytes > 0 ? { kind: "bytes", bytes } : undefined;
}
