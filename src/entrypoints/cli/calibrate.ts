import { writeFileSync } from "node:fs";
import { createTwoFilesPatch } from "diff";
import { type Correction, calibrate, type MeasuredFigure } from "../../impact/calibrate.ts";
import type { Prediction } from "../../impact/prediction.ts";
import { correctSettings } from "../../settings/correct.ts";
import { parseSettings } from "../../settings.ts";
import { prediction } from "../../ticket/domain-shapes.ts";
import { list, number, object, text } from "../../ticket/shape.ts";
import { readText } from "./files.ts";
import { harmless, print, printError, printJson } from "./terminal.ts";
import { formatOf, type Options, WrongWords } from "./words.ts";

type Measurements = { readonly predictions: readonly Prediction[]; readonly measured: readonly MeasuredFigure[] };

const measurements = object({
  predictions: list(200, prediction),
  measured: list(200, object({ id: text(253), value: number, unit: text(253), how: text(2000) })),
});

/**
 * `chaosgate calibrate RUN --settings FILE`: what a run measured, as changes of the settings' service model. RUN is a report in JSON or
 * the journal of a runner; the difference goes to standard output, and with --write into the file.
 */
export function calibrateCommand(names: readonly string[], options: Options): number {
  const format = formatOf(options, ["text", "json"]);
  const [name, ...more] = names;
  if (name === undefined || more.length > 0) throw new WrongWords("calibrate takes one run: a report or a journal");
  if (options.settings === undefined) throw new WrongWords("calibrate needs --settings FILE to compare with");
  const file = readText(options.settings);
  const parsed = parseSettings(file.text);
  if ("problems" in parsed) throw new WrongWords(`${harmless(file.path)} has mistakes; chaosgate review lists them`);
  const { predictions, measured } = measurementsIn(readText(name).text, name);
  const corrections = calibrate(parsed.settings.services, predictions, measured);
  const corrected = correctSettings(file.text, corrections);
  if (options.write && corrected !== file.text) writeFileSync(options.settings, corrected);
  if (format === "json") printJson({ corrections });
  else if (corrected !== file.text) print(createTwoFilesPatch(file.path, file.path, file.text, corrected));
  printError(notesOn(corrections));
  return 0;
}

/** A report is one JSON object; a journal is one a line, and the newest entry `measured` counts. */
function measurementsIn(textOfRun: string, name: string): Measurements {
  const candidates = [textOfRun, ...textOfRun.trimEnd().split("\n").reverse()].map(parsed);
  for (const candidate of candidates) {
    const value = isRecord(candidate) && candidate.kind === "measured" ? candidate.data : candidate;
    if (measurements(value, "run").length === 0) return value as Measurements;
  }
  throw new WrongWords(`${harmless(name)} has no measurements of a run`);
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    // Not every line of a journal must be whole, and a journal is no JSON by itself.
    return undefined;
  }
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}

function notesOn(corrections: readonly Correction[]): string {
  if (corrections.length === 0) return "the settings agree with what was measured, or nothing of theirs was\n";
  const lines = corrections.map(({ service, to, key, text: value, why }) => {
    const place = to === undefined ? `services.${service}.${key}` : `services.${service}.calls[to: ${to}].${key}`;
    return `${harmless(place)}: ${harmless(value)} (${harmless(why)})`;
  });
  return `${lines.join("\n")}\n`;
}
