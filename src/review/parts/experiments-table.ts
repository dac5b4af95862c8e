import { code, prose } from "../escape.ts";
import type { Review, ReviewedExperiment } from "../review.ts";
import { table } from "../sections.ts";
import { fault, gauge, hits, length, peers } from "./words.ts";

const MOST_ROWS = 30;
const MOST_OWNED = 5;

/** The experiments of the commit: whom each hits, with what, and how long. */
export function experimentsTable({ experiments }: Review): string {
  const body = table(["Experiment", "Hits", "Fault"], experiments.slice(0, MOST_ROWS).map(row));
  const more = experiments.length > MOST_ROWS ? `\n\n_and ${experiments.length - MOST_ROWS} more_` : "";
  const missing = [...new Set(experiments.flatMap(({ selectionMissing }) => selectionMissing ?? []))];
  const why = missing.map((reason) => `\n\n_Which pods these are is not known: ${prose(reason)}._`).join("");
  return body === "" ? "" : `${body}${more}${why}`;
}

function row(reviewed: ReviewedExperiment): readonly string[] {
  const { experiment, path, place, selection } = reviewed;
  const towards = peers(reviewed);
  const every = experiment.schedule === undefined ? "" : `<br>on schedule ${code(experiment.schedule.cron)}`;
  return [
    `${code(experiment.name)}<br>${code(`${path}:${place.line}`)}${every}`,
    [`${selection === undefined ? "" : `${gauge(selection)} `}${prose(hits(reviewed))}`, ...owners(reviewed)].join(
      "<br>",
    ),
    [
      prose(fault(experiment)),
      ...(towards === "" ? [] : [`${arrow(reviewed)} ${prose(towards)}`]),
      prose(length(reviewed)),
    ].join("<br>"),
  ];
}

/** As code, in which GitHub mentions nobody. */
function owners({ owners: hit = [] }: ReviewedExperiment): readonly string[] {
  const lines = hit.slice(0, MOST_OWNED).map(({ service, owners: all }) => {
    const named = all.slice(0, MOST_OWNED).map(code).join(", ");
    const more = all.length > MOST_OWNED ? ` and ${all.length - MOST_OWNED} more` : "";
    return `${code(service)} ${named === "" ? "has no owner" : `belongs to ${named}${more}`}`;
  });
  return hit.length > MOST_OWNED ? [...lines, `and ${hit.length - MOST_OWNED} more services`] : lines;
}

function arrow({ experiment }: ReviewedExperiment): string {
  if (experiment.kind !== "NetworkChaos") return "";
  return { to: "→", from: "←", both: "↔" }[experiment.network.direction];
}
