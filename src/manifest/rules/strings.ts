import type { Mistake } from "../report.ts";
import { complaintAboutCron } from "../text/cron.ts";
import { parseGoDuration } from "../text/go-duration.ts";
import { parseFloat32, parseUint } from "../text/go-number.ts";
import { complaintAboutSize } from "../text/go-size.ts";
import { shown, yamlString } from "../text/quote.ts";

// The rules on single texts that the CRDs' patterns and the webhooks' Go types enforce.

const RATE = /^(.*?)(k|m|g|t)?(bit|bps)$/s;

/** `spec.duration` and its like: empty is admitted, and so are signs. */
export function durationMistake(text: string): Mistake | undefined {
  return text === "" ? undefined : lengthOfTimeMistake(text);
}

/** A duration that must be there, such as `timeOffset`: signs are admitted, an empty text is not. */
export function lengthOfTimeMistake(text: string): Mistake | undefined {
  if (parseGoDuration(text) !== undefined) return undefined;
  const corrected = correctedDuration(text);
  return {
    code: "duration-malformed",
    message: `${shown(text)} is not a duration that Chaos Mesh can read.`,
    fix: corrected
      ? `Write ${yamlString(corrected)}.`
      : "Write a number and a unit of ms, s, m or h, such as '90s' or '5m'.",
    ...(corrected === undefined ? {} : { replacement: yamlString(corrected) }),
  };
}

/** `delay.latency`: one number, one unit. */
export function latencyMistake(text: string): Mistake | undefined {
  if (/^[0-9]+(\.[0-9]+)?(ns|us|ms|s|m|h)$/.test(text) && parseGoDuration(text) !== undefined) return undefined;
  const corrected = correctedDuration(text);
  return {
    code: "latency-malformed",
    message: `${shown(text)} is not one number with one unit, which is all that the cluster takes here.`,
    fix: corrected
      ? `Write ${yamlString(corrected)}.`
      : "Write a number directly followed by us, ms or s, such as '500ms'.",
    ...(corrected === undefined ? {} : { replacement: yamlString(corrected) }),
  };
}

/** A percentage such as `loss.loss`: any text that Go reads as a number. */
export function percentageMistake(text: string): Mistake | undefined {
  if (parseFloat32(text) !== undefined) return undefined;
  const bare = /^\s*([0-9]+(?:\.[0-9]+)?)\s*%\s*$/.exec(text)?.[1];
  return {
    code: "percentage-malformed",
    message: `${shown(text)} is not a number; Chaos Mesh takes percentages without the % sign.`,
    fix: bare === undefined ? "Write a number from 0 to 100 in quotes, such as '25'." : `Write ${yamlString(bare)}.`,
    ...(bare === undefined ? {} : { replacement: yamlString(bare) }),
  };
}

/** A correlation: like a percentage, and empty means 0. */
export function correlationMistake(text: string): Mistake | undefined {
  return text === "" ? undefined : percentageMistake(text);
}

/** `bandwidth.rate`: a whole number and a unit; `bps` is bytes per second. */
export function rateMistake(text: string): Mistake | undefined {
  const found = RATE.exec(text.trim().toLowerCase());
  if (found !== null && parseUint((found[1] ?? "").trim()) !== undefined) return undefined;
  return {
    code: "rate-malformed",
    message: `${shown(text)} is not a rate that Chaos Mesh can read.`,
    fix: "Write a whole number and one of bit, kbit, mbit, gbit, tbit (bits) or bps, kbps, mbps, gbps, tbps (bytes per second).",
  };
}

/** `stressors.memory.size`: a share of the memory such as 50%, or a number of bytes; empty is admitted. */
export function sizeMistake(text: string): Mistake | undefined {
  const complaint = text === "" ? undefined : complaintAboutSize(text);
  if (complaint === undefined) return undefined;
  const corrected = /^[0-9.]+ ?[kmgtp]i$/i.test(text) ? `${text}B` : undefined;
  return {
    code: "size-malformed",
    message: `${shown(text)} is not a size that Chaos Mesh can read: ${complaint}.`,
    fix:
      corrected === undefined
        ? "Write a number with KB, MB or GB, such as '256MB', or a percentage from 0% to 100%."
        : `Write ${yamlString(corrected)}, which Chaos Mesh reads as a power of ten all the same.`,
    ...(corrected === undefined ? {} : { likely: yamlString(corrected) }),
  };
}

/** `spec.schedule` of a Schedule. */
export function cronMistake(text: string): Mistake | undefined {
  const complaint = complaintAboutCron(text);
  if (complaint === undefined) return undefined;
  return {
    code: "cron-malformed",
    message: `${shown(text)} is not a cron expression that Chaos Mesh can read: ${complaint}.`,
    fix: "Write five fields (minute, hour, day of month, month, day of week), six with seconds first, or '@every 30m'.",
  };
}

/** What was certainly meant: spaces between number and unit, upper case, or a unit written out. */
function correctedDuration(text: string): string | undefined {
  const found = /^\s*([0-9]+(?:\.[0-9]+)?)\s*([a-z]+)\s*$/i.exec(text);
  const unit = UNITS[found?.[2]?.toLowerCase() ?? ""];
  return found === null || unit === undefined ? undefined : `${found[1]}${unit}`;
}

const UNITS: Readonly<Record<string, string>> = {
  ms: "ms",
  millisecond: "ms",
  milliseconds: "ms",
  s: "s",
  sec: "s",
  secs: "s",
  second: "s",
  seconds: "s",
  m: "m",
  min: "m",
  mins: "m",
  minute: "m",
  minutes: "m",
  h: "h",
  hr: "h",
  hour: "h",
  hours: "h",
};
