import type { Mistake } from "../report.ts";
import { shown } from "./quote.ts";

const RFC3339 = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:[.,]\d+)?(?:Z|[+-](\d\d):(\d\d))$/;

/** A moment as Go's time.RFC3339 reads it, which metav1.Time asks for. */
export function timestampMistake(text: string): Mistake | undefined {
  if (isTimestamp(text)) return undefined;
  return {
    code: "timestamp-malformed",
    message: `${shown(text)} is not a moment in the form that Kubernetes reads.`,
    fix: "Write it such as 2026-01-31T12:00:00Z, or remove the field: the cluster fills it in.",
  };
}

function isTimestamp(text: string): boolean {
  const [, ...found] = RFC3339.exec(text) ?? [];
  if (found.length === 0) return false;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0, zoneHour = 0, zoneMinute = 0] = found.map(
    (digits) => Number(digits ?? 0),
  );
  const days = new Date(Date.UTC(2000 + (year % 400), month, 0)).getUTCDate();
  const isDay = month >= 1 && month <= 12 && day >= 1 && day <= days;
  return isDay && hour < 24 && minute < 60 && second < 60 && zoneHour <= 24 && zoneMinute < 60;
}
