import type { Mistake } from "../report.ts";
import { correctedDuration, correctedLatency, correctedPercentage, correctedRate } from "../text/corrected.ts";
import { complaintAboutCron } from "../text/cron.ts";
import { parseGoDuration } from "../text/go-duration.ts";
import { parseFloat32, parseUint } from "../text/go-number.ts";
import { complaintAboutSize } from "../text/go-size.ts";
import { oneOf, shown, yamlString } from "../text/quote.ts";

// The rules on single texts that the CRDs' patterns and the webhooks' Go types enforce.

const RATE = /^(.*?)(k|m|g|t)?(bit|bps)$/s;

/** `spec.duration` and its like: empty is admitted, and so are signs. */
export function durationMistake(text: string): Mistake | undefined {
  return text === "" ? undefined : lengthOfTimeMistake(text);
}

/** A duration that must be there, such as `timeOffset`: signs are admitted, an empty text is not. */
export function lengthOfTimeMistake(text: string): Mistake | undefined {
  if (parseGoDuration(text) !== undefined) return undefined;
  return {
    code: "duration-malformed",
    message: `${shown(text)} is not a duration that Chaos Mesh can read.`,
    ...instead(
      correctedDuration(text),
      text,
      ["s", "m", "ms"],
      "Write a number and a unit of ms, s, m or h, such as '90s' or '5m'.",
    ),
  };
}

/** `delay.latency`: one number, one unit. */
export function latencyMistake(text: string): Mistake | undefined {
  if (/^[0-9]+(\.[0-9]+)?(ns|us|ms|s|m|h)$/.test(text) && parseGoDuration(text) !== undefined) return undefined;
  return {
    code: "latency-malformed",
    message: `${shown(text)} is not one number with one unit, which is all that the cluster takes here.`,
    ...instead(
      correctedLatency(text),
      text,
      ["ms", "s", "us"],
      "Write a number directly followed by us, ms or s, such as '500ms'.",
    ),
  };
}

/** The correction; or the units that a bare number may lack; or advice in general. */
function instead(corrected: string | undefined, text: string, units: readonly string[], advice: string) {
  if (corrected !== undefined) return { fix: `Write ${yamlString(corrected)}.`, replacement: yamlString(corrected) };
  if (!/^[0-9]+(\.[0-9]+)?$/.test(text)) return { fix: advice };
  const choices = units.map((unit) => yamlString(`${text}${unit}`));
  return { fix: `Say in which unit: ${oneOf(choices)}.`, choices };
}

/** A percentage such as `loss.loss`: any text that Go reads as a number. */
export function percentageMistake(text: string): Mistake | undefined {
  if (parseFloat32(text) !== undefined) return undefined;
  const bare = correctedPercentage(text);
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
  const corrected = correctedRate(text);
  const bare = /^\s*([0-9]+) ?([kmgt]?)i?\s*$/i.exec(text);
  return {
    code: "rate-malformed",
    message: `${shown(text)} is not a rate that Chaos Mesh can read.`,
    fix:
      corrected === undefined
        ? "Write a whole number and one of bit, kbit, mbit, gbit, tbit (bits) or bps, kbps, mbps, gbps, tbps (bytes per second)."
        : `Write ${corrected}${corrected.endsWith("bps") ? ", which means bytes per second" : ""}.`,
    ...(corrected === undefined ? {} : { likely: corrected }),
    ...(bare === null ? {} : { choices: ["bit", "bps"].map((unit) => `${bare[1]}${bare[2]?.toLowerCase()}${unit}`) }),
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

const CRON_ADVICE =
  "Write five fields (minute, hour, day of month, month, day of week), six with seconds first, or '@every 30m'.";

/** `every 30 minutes`, `30m` and `@every 30 minutes` in the words of robfig/cron; Sunday is 0 there, never 7. */
function correctedCron(text: string): string | undefined {
  const interval = correctedDuration(text.replace(/^\s*@?every\s+/i, ""));
  const corrected = interval === undefined ? text.trim().replace(/(^|[,\s])7$/, "$10") : `@every ${interval}`;
  return complaintAboutCron(corrected) === undefined ? yamlString(corrected) : undefined;
}

/** `spec.schedule` of a Schedule. */
export function cronMistake(text: string): Mistake | undefined {
  const complaint = complaintAboutCron(text);
  if (complaint === undefined) return undefined;
  const corrected = correctedCron(text);
  return {
    code: "cron-malformed",
    message: `${shown(text)} is not a cron expression that Chaos Mesh can read: ${complaint}.`,
    ...(corrected === undefined ? { fix: CRON_ADVICE } : { fix: `Write ${corrected}.`, likely: corrected }),
  };
}
