import { parseGoDuration } from "./go-duration.ts";
import { isTimeZone } from "./time-zone.ts";

// The cron grammar of robfig/cron v3 with optional seconds and descriptors, as Chaos Mesh's Schedule configures it
// (parser.go). It differs from crontab(5): Sunday is 0 only, and `?` means `*`.

/** One field of an expression: its bounds, and words that stand for numbers from the lower bound on. */
export type Field = {
  readonly name: string;
  readonly min: number;
  readonly max: number;
  readonly words?: readonly string[];
};

const MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const DAYS = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];
/** With seconds; an expression of five fields leaves the first out. */
export const FIELDS: readonly Field[] = [
  { name: "second", min: 0, max: 59 },
  { name: "minute", min: 0, max: 59 },
  { name: "hour", min: 0, max: 23 },
  { name: "day of month", min: 1, max: 31 },
  { name: "month", min: 1, max: 12, words: MONTHS },
  { name: "day of week", min: 0, max: 6, words: DAYS },
];
const DESCRIPTORS = new Set(["@yearly", "@annually", "@monthly", "@weekly", "@daily", "@midnight", "@hourly"]);

/** Why Chaos Mesh refuses a cron expression, or undefined where it takes it. */
export function complaintAboutCron(expression: string): string | undefined {
  if (expression === "") return "it is empty";
  const zoned = /^(?:CRON_TZ|TZ)=([^ ]*)( .*)?$/s.exec(expression);
  if (zoned !== null) return complaintAboutZoned(zoned[1] ?? "", zoned[2]);
  return complaintAboutTime(expression);
}

function complaintAboutZoned(zone: string, rest: string | undefined): string | undefined {
  if (rest === undefined) return "nothing follows the time zone";
  // Go reads an empty name as UTC and knows its own "Local".
  if (zone !== "" && zone !== "Local" && !isTimeZone(zone))
    return `${JSON.stringify(zone.slice(0, 60))} is no time zone`;
  return complaintAboutTime(rest.trim());
}

function complaintAboutTime(expression: string): string | undefined {
  if (expression.startsWith("@")) return complaintAboutDescriptor(expression);
  const parts = expression.trim().split(/\s+/).slice(0, 10);
  if (parts.length !== 5 && parts.length !== 6) return `it has ${parts.length} fields and needs 5, or 6 with seconds`;
  const fields = parts.length === 6 ? FIELDS : FIELDS.slice(1);
  return parts.map((part, index) => complaintAboutField(part, fields[index])).find((found) => found !== undefined);
}

function complaintAboutDescriptor(expression: string): string | undefined {
  if (DESCRIPTORS.has(expression)) return undefined;
  if (!expression.startsWith("@every ")) return `${expression.slice(0, 40)} is no descriptor of this cron`;
  const every = expression.slice("@every ".length);
  return parseGoDuration(every) === undefined ? `${JSON.stringify(every.slice(0, 40))} is no duration` : undefined;
}

function complaintAboutField(part: string, field: Field | undefined): string | undefined {
  if (field === undefined) return undefined;
  const ranges = part.split(",").filter((range) => range !== "");
  return ranges.map((range) => complaintAboutRange(range, field)).find((found) => found !== undefined);
}

function complaintAboutRange(range: string, field: Field): string | undefined {
  const [span = "", step, ...tooMany] = range.split("/");
  const [first = "", last, ...moreHyphens] = span.split("-");
  const shown = `${JSON.stringify(range.slice(0, 40))} in the ${field.name} field`;
  if (tooMany.length > 0) return `${shown} has too many slashes`;
  if (moreHyphens.length > 0) return `${shown} has too many hyphens`;
  if (step !== undefined && !/^\+?0*[1-9][0-9]*$/.test(step)) return `${shown} has a step that is no positive number`;
  if (first === "*" || first === "?") return undefined;
  const from = numberOf(first, field);
  const to = last === undefined ? (step === undefined ? from : field.max) : numberOf(last, field);
  if (from === undefined || to === undefined) return `${shown} is not a number`;
  return from < field.min || to > field.max || from > to
    ? `${shown} is not within ${field.min}-${field.max}`
    : undefined;
}

/** A number or a word of a field. */
export function numberOf(text: string, { words, min }: Field): number | undefined {
  const word = words?.indexOf(text.toLowerCase()) ?? -1;
  if (word >= 0) return word + min;
  return /^\+?[0-9]{1,9}$/.test(text) ? Number(text) : undefined;
}
