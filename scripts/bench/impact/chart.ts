// Draws panels with axes, lines, bands and dots as an SVG text. Pure: the same figures give the same bytes.

export type Axis = {
  readonly label: string;
  readonly scale: "linear" | "log";
  readonly from: number;
  readonly to: number;
  readonly ticks: readonly { readonly at: number; readonly text: string }[];
};

export type Point = readonly [x: number, y: number];

export type Mark =
  | { readonly kind: "line"; readonly points: readonly Point[]; readonly colour: string; readonly dashed?: true }
  | { readonly kind: "band"; readonly low: readonly Point[]; readonly high: readonly Point[]; readonly colour: string }
  /** Filled: netem; hollow: packet queue. */
  | { readonly kind: "dots"; readonly points: readonly Point[]; readonly colour: string; readonly filled: boolean }
  | { readonly kind: "text"; readonly at: Point; readonly text: string; readonly colour: string };

export type Panel = { readonly title: string; readonly x: Axis; readonly y: Axis; readonly marks: readonly Mark[] };

/** Tell seven series apart, for most eyes too that see few colours (Okabe and Ito, 2008). */
export const COLOURS = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00", "#000000"] as const;

const HEIGHT = 340;
const MARGIN = { left: 66, right: 14, top: 34, bottom: 52 };

/** Panels side by side under one description; `width` is that of each. */
export function drawChart(description: string, panels: readonly Panel[], width: number): string {
  const whole = width * panels.length;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${whole} ${HEIGHT}" width="${whole}" height="${HEIGHT}" role="img" font-family="sans-serif" font-size="11">`,
    `<title>${description}</title>`,
    `<rect width="${whole}" height="${HEIGHT}" fill="#ffffff"/>`,
    ...panels.map((panel, index) => `<g transform="translate(${index * width} 0)">\n${drawPanel(panel, width)}\n</g>`),
    "</svg>\n",
  ].join("\n");
}

function drawPanel({ title, x, y, marks }: Panel, width: number): string {
  const [left, right, top, bottom] = [MARGIN.left, width - MARGIN.right, MARGIN.top, HEIGHT - MARGIN.bottom];
  const place: Place = ([px, py]) => [onAxis(x, px, left, right), onAxis(y, py, bottom, top)];
  const across = ticksOf(x).map(({ at, text }) => tickBelow(onAxis(x, at, left, right), top, bottom, text));
  const up = ticksOf(y).map(({ at, text }) => tickBeside(onAxis(y, at, bottom, top), left, right, text));
  const middle = (top + bottom) / 2;
  return [
    `<text x="${left}" y="20" font-size="13" font-weight="bold">${title}</text>`,
    ...across,
    ...up,
    `<rect x="${left}" y="${top}" width="${right - left}" height="${bottom - top}" fill="none" stroke="#888888"/>`,
    `<text x="${(left + right) / 2}" y="${HEIGHT - 14}" text-anchor="middle">${x.label}</text>`,
    `<text x="14" y="${middle}" text-anchor="middle" transform="rotate(-90 14 ${middle})">${y.label}</text>`,
    ...marks.map((mark) => drawMark(mark, place)),
  ].join("\n");
}

function ticksOf({ ticks, from, to }: Axis): Axis["ticks"] {
  return ticks.filter(({ at }) => at >= from && at <= to);
}

type Place = (point: Point) => Point;

function onAxis({ scale, from, to }: Axis, value: number, start: number, end: number): number {
  const share = scale === "linear" ? (value - from) / (to - from) : Math.log(value / from) / Math.log(to / from);
  return short(start + Math.min(1, Math.max(0, share)) * (end - start));
}

function tickBelow(at: number, top: number, bottom: number, text: string): string {
  return `<path d="M${at} ${top}V${bottom}" stroke="#e5e5e5"/><text x="${at}" y="${bottom + 16}" text-anchor="middle">${text}</text>`;
}

function tickBeside(at: number, left: number, right: number, text: string): string {
  return `<path d="M${left} ${at}H${right}" stroke="#e5e5e5"/><text x="${left - 6}" y="${at + 4}" text-anchor="end">${text}</text>`;
}

function drawMark(mark: Mark, place: Place): string {
  switch (mark.kind) {
    case "line": {
      const dashes = mark.dashed ? ' stroke-dasharray="5 4"' : "";
      return `<path d="${path(mark.points, place)}" fill="none" stroke="${mark.colour}" stroke-width="1.5"${dashes}/>`;
    }
    case "band":
      return `<path d="${path([...mark.high, ...mark.low.toReversed()], place)}Z" fill="${mark.colour}" fill-opacity="0.15"/>`;
    case "dots":
      return mark.points.map((point) => dot(place(point), mark.colour, mark.filled)).join("\n");
    case "text": {
      const [x, y] = place(mark.at);
      return `<text x="${x + 6}" y="${y - 5}" fill="${mark.colour}">${mark.text}</text>`;
    }
  }
}

function dot([x, y]: Point, colour: string, filled: boolean): string {
  return `<circle cx="${x}" cy="${y}" r="${filled ? 3 : 4.5}" fill="${filled ? colour : "none"}" stroke="${colour}"/>`;
}

function path(points: readonly Point[], place: Place): string {
  return points
    .map(place)
    .map(([x, y], index) => `${index === 0 ? "M" : "L"}${x} ${y}`)
    .join("");
}

function short(value: number): number {
  return Math.round(value * 10) / 10;
}
