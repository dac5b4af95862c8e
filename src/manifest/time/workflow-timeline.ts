import { isOneShot } from "../findings/duration.ts";
import { type Located, textAt } from "../yaml/node.ts";
import { type Template, templatesOf } from "./templates.ts";
import { type Bar, largestOverlapOf, type Timeline } from "./timeline.ts";

// A Workflow's spec -> what it does when. Chaos Mesh's rules (controllers in pkg/workflow/controllers): a Serial starts a child when
// the one before has ended, a Parallel starts all at once and ends with the last; a fault and a Suspend end at their deadline and at
// nothing else; the deadline of a Serial or a Parallel cuts what is below. When a Task or a StatusCheck ends is known only by running it.

const MOST_BARS = 200;
const MOST_LEVELS = 32;

type Walk = {
  readonly templates: ReadonlyMap<string, Template>;
  readonly bars: Bar[];
  readonly notPlaced: string[];
};

/** When something has ended: a moment, or unknown. */
type End = number | undefined;

/** The timeline from the start of the Workflow; a template in its own children is placed once. */
export function workflowTimeline(spec: Located | undefined): Timeline {
  const walk: Walk = { templates: templatesOf(spec), bars: [], notPlaced: [] };
  const end = place(walk, textAt(spec, "entry") ?? "", 0, []);
  const bars = walk.bars.toSorted((a, b) => a.startMs - b.startMs);
  const largestOverlap = largestOverlapOf(bars);
  return {
    bars,
    ...(end === undefined ? {} : { totalMs: end }),
    ...(largestOverlap === undefined ? {} : { largestOverlap }),
    notPlaced: [...new Set(walk.notPlaced)],
  };
}

function place(walk: Walk, name: string, startMs: number, above: readonly string[]): End {
  const template = walk.templates.get(name);
  if (template === undefined || above.includes(name)) return startMs;
  if (above.length >= MOST_LEVELS || walk.bars.length >= MOST_BARS) {
    walk.notPlaced.push(name);
    return undefined;
  }
  const path = [...above, name];
  switch (template.type) {
    case "Serial":
      return cut(walk, template, startMs, () => placeInTurn(walk, template.children, startMs, path));
    case "Parallel":
      return cut(walk, template, startMs, () => placeTogether(walk, template.children, startMs, path));
    default:
      return placeOne(walk, template, startMs);
  }
}

function placeInTurn(walk: Walk, names: readonly string[], startMs: number, path: readonly string[]): End {
  let now: End = startMs;
  for (const name of names) {
    if (now === undefined) walk.notPlaced.push(name);
    else now = place(walk, name, now, path);
  }
  return now;
}

function placeTogether(walk: Walk, names: readonly string[], startMs: number, path: readonly string[]): End {
  const ends = names.map((name) => place(walk, name, startMs, path));
  return ends.reduce<End>(
    (last, end) => (last === undefined || end === undefined ? undefined : Math.max(last, end)),
    startMs,
  );
}

/** What is below a deadline ends with it, whatever it would have done. */
function cut(walk: Walk, { deadlineMs }: Template, startMs: number, below: () => End): End {
  const first = walk.bars.length;
  const end = below();
  if (deadlineMs === undefined) return end;
  const last = startMs + deadlineMs;
  const inside = walk.bars.splice(first).filter((bar) => bar.startMs < last);
  walk.bars.push(...inside.map((bar) => ({ ...bar, endMs: Math.min(bar.endMs ?? Infinity, last) })));
  return Math.min(end ?? Infinity, last);
}

function placeOne(walk: Walk, template: Template, startMs: number): End {
  const { name, type, deadlineMs, fault } = template;
  const what = fault !== undefined ? "fault" : type === "Suspend" ? "wait" : "other";
  const endMs = endOf(template, startMs);
  walk.bars.push({ name, what, type, startMs, ...(endMs === undefined ? {} : { endMs }) });
  // Even what happens in an instant holds its place until the deadline.
  return deadlineMs === undefined ? undefined : startMs + deadlineMs;
}

function endOf({ type, deadlineMs, fault }: Template, startMs: number): End {
  if (fault !== undefined && isOneShot(type, fault)) return startMs;
  return deadlineMs === undefined ? undefined : startMs + deadlineMs;
}
