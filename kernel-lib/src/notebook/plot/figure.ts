// Builds a figure out of marks: cleans the rows, sets axes, places labels, describes.
// Imports the modules of this folder and the text widths; pure.
import { textWidth, wrapText } from "../textWidth.js";
import { axisOf, channelAxis } from "./axis.js";
import type { Axis, Channel, FigureOptions, Row, Spec } from "./spec.js";
import { SCHEMA, showable } from "./spec.js";
import { DEFAULT_HEIGHT, DEFAULT_WIDTH, GREY, LABEL_SIZE, TITLE_SIZE, config, ink } from "./style.js";

/** A line with more points than this is thinned. */
export const MAX_ROWS = 1000;

const END_LABEL = "end-label";
const TOP_LABEL = "top-label";
const LABEL_HEIGHT = LABEL_SIZE + 4;

type Extent = [number, number];

export const quantitative = (field: string): Channel => ({ field, type: "quantitative" });

function isQuantitative(unit: Spec, channel: string): boolean {
  return unit.encoding?.[channel]?.type === "quantitative";
}

/** True for the labels that this module places itself, and places anew when figures are laid over each other. */
export function isLabel(unit: Spec): boolean {
  return unit.mark?.style === END_LABEL || unit.mark?.style === TOP_LABEL;
}

/** The unit's rows; none where its data is not inline. */
export function rowsOf(unit: Spec): Row[] {
  return unit.data?.values ?? [];
}

function seriesOf(unit: Spec): string | undefined {
  const series = rowsOf(unit)[0]?.series;
  return typeof series === "string" ? series : undefined;
}

function colorOf(unit: Spec): string {
  return typeof unit.mark?.color === "string" ? unit.mark.color : GREY;
}

/** The least and greatest number in the fields of a positional channel over all units; undefined without any. */
export function extentOf(units: readonly Spec[], channel: "x" | "y"): Extent | undefined {
  let low = Infinity;
  let high = -Infinity;
  for (const unit of units) {
    for (const name of [channel, `${channel}2`]) {
      const field = unit.encoding?.[name]?.field;
      if (field === undefined || !isQuantitative(unit, channel)) continue;
      for (const row of rowsOf(unit)) {
        const value = row[field];
        if (typeof value !== "number") continue;
        low = Math.min(low, value);
        high = Math.max(high, value);
      }
    }
  }
  return low <= high ? [low, high] : undefined;
}

// Keeps the first, last, least and greatest point of each bucket, so that spikes survive.
function thin(rows: Row[], limit: number): Row[] {
  if (rows.length <= limit) return rows;
  const buckets = Math.max(1, Math.floor(limit / 4));
  const kept: Row[] = [];
  for (let b = 0; b < buckets; b++) {
    const start = Math.floor((b * rows.length) / buckets);
    const end = Math.floor(((b + 1) * rows.length) / buckets);
    let least = start;
    let greatest = start;
    for (let i = start; i < end; i++) {
      if ((rows[i]?.y as number) < (rows[least]?.y as number)) least = i;
      if ((rows[i]?.y as number) > (rows[greatest]?.y as number)) greatest = i;
    }
    const picks = [...new Set([start, least, greatest, end - 1])].sort((a, c) => a - c);
    for (const i of picks) kept.push(rows[i]);
  }
  return kept;
}

// Drops what cannot be drawn; a line then breaks there (field `part`), since joining across would invent points.
function clean(unit: Spec, x: Axis, y: Axis): { unit: Spec; dropped: number } {
  const [logX, logY] = [x.scale === "log", y.scale === "log"];
  const rows = unit.data?.values;
  if (rows === undefined) return { unit, dropped: 0 };
  const checks: [field: string, log: boolean][] = [];
  for (const [channel, log] of [
    ["x", logX],
    ["y", logY],
  ] as const) {
    for (const name of [channel, `${channel}2`]) {
      const field = unit.encoding?.[name]?.field;
      if (field !== undefined && isQuantitative(unit, channel)) checks.push([field, log]);
    }
  }
  const drawable = (row: Row): boolean =>
    checks.every(([field, log]) => Number.isFinite(row[field]) && (!log || (row[field] as number) > 0));
  const isLine = unit.mark?.type === "line";

  const parts: Row[][] = [];
  let open = false;
  let last: Row["part"] | undefined;
  for (const row of rows) {
    if (!drawable(row)) {
      open = false;
      continue;
    }
    const { part, ...rest } = row;
    if (!open || (isLine && part !== last)) parts.push([]);
    open = true;
    last = part;
    parts.at(-1)?.push(rest);
  }
  const total = parts.reduce((sum, part) => sum + part.length, 0);
  const dropped = rows.length - total;
  if (total === 0) {
    const name = seriesOf(unit);
    const log = logX || logY ? ", or not positive on a log axis" : "";
    const why =
      rows.length === 0 ? "it has no points" : `all ${rows.length} points are NaN or infinite${log}`;
    throw new RangeError(`nothing to draw${name === undefined ? "" : ` for "${name}"`}: ${why}`);
  }
  if (!isLine) return { unit: { ...unit, data: { values: parts.flat() } }, dropped };

  const visible = parts.map((part) => crop(part, x.domain));
  const count = visible.reduce((sum, part) => sum + part.length, 0);
  const values = visible.flatMap((part, i) => {
    const thinned =
      count > MAX_ROWS ? thin(part, Math.max(4, Math.floor((MAX_ROWS * part.length) / count))) : part;
    return parts.length === 1 ? thinned : thinned.map((row) => ({ ...row, part: i }));
  });
  const { detail: _detail, ...encoding } = unit.encoding ?? {};
  if (parts.length > 1) encoding.detail = { field: "part", type: "nominal" };
  return { unit: { ...unit, data: { values }, encoding }, dropped };
}

// Beyond the ends of a given axis nothing shows but the way to the next point.
function crop(rows: Row[], domain: readonly [number, number] | undefined): Row[] {
  if (!domain) return rows;
  const inside = (row: Row | undefined) =>
    row !== undefined && (row.x as number) >= domain[0] && (row.x as number) <= domain[1];
  const crossing = (a: Row, b: Row | undefined) =>
    b !== undefined &&
    Math.min(a.x as number, b.x as number) < domain[0] &&
    Math.max(a.x as number, b.x as number) > domain[1];
  return rows.filter(
    (row, i) =>
      inside(row) ||
      inside(rows[i - 1]) ||
      inside(rows[i + 1]) ||
      crossing(row, rows[i - 1]) ||
      crossing(row, rows[i + 1]),
  );
}

function pixelOf(value: number, [low, high]: Extent, log: boolean, size: number): number {
  const at = log ? Math.log10 : (v: number) => v;
  return high > low ? ((at(value) - at(low)) / (at(high) - at(low))) * size : size / 2;
}

interface PlacedLabel {
  text: string;
  color: string;
  x: number | undefined;
  y: number;
  left: number;
  width: number;
  pixel: number;
  dy: number;
}

// Pushes apart labels that overlap, by halves from both, so that each stays near its line.
function spread(labels: PlacedLabel[], height: number): void {
  const sorted = [...labels].sort((a, b) => a.pixel - b.pixel);
  for (let round = 0; round < 100; round++) {
    let moved = false;
    for (let i = 0; i < sorted.length; i++) {
      for (let j = i + 1; j < sorted.length; j++) {
        const [a, b] = [sorted[i], sorted[j]];
        if (a.left + a.width < b.left || b.left + b.width < a.left) continue;
        const gap = b.pixel + b.dy - (a.pixel + a.dy);
        if (gap >= LABEL_HEIGHT - 0.01) continue;
        const push = (LABEL_HEIGHT - gap) / 2;
        a.dy -= push;
        b.dy += push;
        moved = true;
      }
    }
    for (const label of sorted) {
      const at = Math.min(Math.max(label.pixel + label.dy, 0), height);
      label.dy = at - label.pixel;
    }
    if (!moved) break;
  }
}

interface Frame {
  x: Extent;
  y: Extent;
  logX: boolean;
  logY: boolean;
  width: number;
  height: number;
}

// One label for each named series, at its last visible point, and for each named rule, at its end.
function labelUnits(units: readonly Spec[], frame: Frame): Spec[] {
  const labels: PlacedLabel[] = [];
  const tops: Spec[] = [];
  const inside = (value: unknown, [low, high]: Extent) =>
    typeof value === "number" && value >= low && value <= high;
  for (const unit of units) {
    const text = seriesOf(unit);
    const color = ink(colorOf(unit));
    if (text === undefined || !unit.encoding) continue;
    const { x: cx, y: cy } = unit.encoding;
    if (unit.mark?.type === "rule" && cx?.field !== undefined && cy?.field === undefined) {
      tops.push({
        data: { values: [{ x: rowsOf(unit)[0]?.[cx.field] ?? null, label: text }] },
        mark: { type: "text", style: TOP_LABEL, color },
        encoding: { x: quantitative("x"), y: { value: 0 }, text: { field: "label", type: "nominal" } },
      });
      continue;
    }
    if (cy?.field === undefined || !isQuantitative(unit, "y")) continue;
    const across = cx?.field === undefined;
    if (!across && !isQuantitative(unit, "x")) continue;
    const visible = rowsOf(unit).filter(
      (row) =>
        inside(row[cy.field as string], frame.y) && (across || inside(row[cx.field as string], frame.x)),
    );
    const rightmost = (best: Row, row: Row) =>
      !across && (row.x as number) >= (best.x as number) ? row : best;
    const end = visible.length > 0 ? visible.reduce(rightmost) : undefined;
    if (end === undefined) continue;
    const y = end[cy.field] as number;
    const x = across ? undefined : (end[cx.field as string] as number);
    const left = x === undefined ? frame.width : pixelOf(x, frame.x, frame.logX, frame.width);
    const pixel = frame.height - pixelOf(y, frame.y, frame.logY, frame.height);
    labels.push({ text, color, x, y, left, width: textWidth(text, LABEL_SIZE) + 8, pixel, dy: 0 });
  }
  spread(labels, frame.height);
  const ends = labels.flatMap(({ text, color, x, y, left, dy }): Spec[] => {
    const row: Row = x === undefined ? { y, label: text } : { x, y, label: text };
    const data = { values: [row] };
    const mark = {
      type: "text",
      style: END_LABEL,
      color,
      ...(Math.abs(dy) > 0.5 ? { dy: Math.round(dy) } : {}),
    };
    const encoding: Record<string, Channel> = {
      x: x === undefined ? { value: "width" } : quantitative("x"),
      y: quantitative("y"),
      text: { field: "label", type: "nominal" },
    };
    const label: Spec = { data, mark, encoding };
    if (left > frame.width - 4) return [label];
    // Amid the marks a label needs a white rim; one text's stroke would cover its own fill.
    return [
      { ...label, mark: { ...mark, stroke: "white", strokeWidth: 4, strokeJoin: "round", opacity: 0.85 } },
      label,
    ];
  });
  return [...ends, ...tops];
}

// A legend of all named series: colour, and dash or shape with it.
function withLegend(units: readonly Spec[]): Spec[] {
  const named = units.filter((unit) => seriesOf(unit) !== undefined);
  const names = [...new Set(named.map((unit) => seriesOf(unit) as string))];
  const first = (name: string) => named.find((unit) => seriesOf(unit) === name) as Spec;
  const range = (property: string, fallback: unknown) =>
    names.map((name) => first(name).mark?.[property] ?? fallback);
  const legend = { title: null, symbolSize: named.some((unit) => unit.mark?.type === "line") ? 400 : 60 };
  const scales: Record<string, unknown[]> = {
    color: range("color", GREY),
    strokeDash: range("strokeDash", [1, 0]),
    shape: range("shape", "circle"),
  };
  return units.map((unit) => {
    const name = seriesOf(unit);
    if (name === undefined) return unit;
    const channels = ["color", unit.mark?.type === "point" ? "shape" : "strokeDash"];
    const encoding = { ...unit.encoding };
    for (const channel of channels) {
      encoding[channel] = {
        field: "series",
        type: "nominal",
        scale: { domain: names, range: scales[channel] },
        legend,
      };
    }
    return { ...unit, encoding };
  });
}

const NAMES: Record<string, string> = {
  line: "Lines",
  point: "Points",
  rule: "Reference lines",
  bar: "Bars",
  rect: "Tiles",
  text: "Text",
};

/** A number as a reader would say it: four significant digits. */
export function speak(value: number): string {
  return String(Number(value.toPrecision(4)));
}

function describe(units: readonly Spec[], x: Axis, y: Axis, dropped: number): string {
  const drawn = units.filter((unit) => unit.mark?.type !== "text" || units.length === 1);
  const kinds = [...new Set(drawn.map((unit) => NAMES[unit.mark?.type ?? ""] ?? "Marks"))];
  const axes = y.title && x.title ? ` of ${y.title} against ${x.title}` : "";
  const parts = drawn.map((unit) => {
    const rows = rowsOf(unit);
    const name = seriesOf(unit);
    const field = unit.encoding?.y?.field;
    const [a, b] = field === undefined ? [] : [rows[0]?.[field], rows.at(-1)?.[field]];
    const count = `${rows.length} ${unit.mark?.type === "line" || unit.mark?.type === "point" ? "points" : "marks"}`;
    const run =
      unit.mark?.type === "line" && typeof a === "number" && typeof b === "number"
        ? `, from ${speak(a)} to ${speak(b)}`
        : "";
    return `${name === undefined ? "" : `${name}: `}${count}${run}`;
  });
  const extents = (["x", "y"] as const)
    .map((channel) => {
      const extent = extentOf(units, channel);
      return extent ? `${channel} from ${speak(extent[0])} to ${speak(extent[1])}` : "";
    })
    .filter((text) => text !== "");
  const lost = dropped > 0 ? ` ${dropped} points that are not finite are not drawn.` : "";
  const range = extents.length > 0 ? ` ${extents.join(", ")}.`.replace(" x", " X").replace(/^ y/, " Y") : "";
  return `${kinds.join(" and ")}${axes}. ${parts.join("; ")}.${range}${lost}`;
}

/** A title as Vega-Lite takes it: lines that fit over the plot. */
export function titleLines(title: string, width: number): string | string[] {
  const lines = wrapText(title, width, TITLE_SIZE, true);
  return lines.length > 1 ? lines : title;
}

/** Caption and description of a figure, with where the description comes from. */
export function texts(
  options: FigureOptions,
  automatic: () => string,
): Pick<Spec, "description" | "usermeta"> {
  const written = options.description !== undefined;
  return {
    description: options.description ?? automatic(),
    usermeta: {
      ...(options.caption !== undefined ? { caption: options.caption } : {}),
      ...(written ? {} : { automatic: true }),
    },
  };
}

/** What a mark says of a figure of its own: default axes, and rows already dropped. */
export interface Defaults {
  x?: Axis;
  y?: Axis;
  dropped?: number;
  /** False leaves the axes as the units have them. */
  axes?: boolean;
}

/** A figure of the units, drawn one over the other on common axes. */
export function figure(units: readonly Spec[], options: FigureOptions, defaults: Defaults = {}): Spec {
  const x = axisOf(options, "x", defaults.x ?? {});
  const y = axisOf(options, "y", defaults.y ?? {});
  const logX = x.scale === "log";
  const logY = y.scale === "log";
  let dropped = defaults.dropped ?? 0;
  let marks = units
    .filter((unit) => !isLabel(unit))
    .map((unit) => {
      const cleaned = clean(unit, x, y);
      dropped += cleaned.dropped;
      return cleaned.unit;
    });
  const width = options.width ?? DEFAULT_WIDTH;
  const height = options.height ?? DEFAULT_HEIGHT;
  const extent = { x: extentOf(marks, "x") ?? [0, 1], y: extentOf(marks, "y") ?? [0, 1] } satisfies Record<
    string,
    Extent
  >;
  const axes = { x: channelAxis(x, extent.x), y: channelAxis(y, extent.y) };
  const frame: Frame = {
    x: (axes.x.scale?.domain as Extent | undefined) ?? extent.x,
    y: (axes.y.scale?.domain as Extent | undefined) ?? extent.y,
    logX,
    logY,
    width,
    height,
  };
  const description = texts(options, () => describe(marks, x, y, dropped));
  const labels = options.legend ? [] : labelUnits(marks, frame);
  if (options.legend) marks = withLegend(marks);

  const clip = x.domain !== undefined || y.domain !== undefined;
  const finished = [...marks, ...labels].map((unit): Spec => {
    const encoding = { ...unit.encoding };
    for (const channel of ["x", "y"] as const) {
      const own = encoding[channel];
      if (!own || own.value !== undefined || defaults.axes === false) continue;
      const { title, scale, axis } = axes[channel];
      encoding[channel] =
        own.type === "quantitative"
          ? { ...own, title: title ?? null, scale: scale ?? null, ...(axis ? { axis } : {}) }
          : { ...own, title: title ?? null };
    }
    const mark = { ...(unit.mark as NonNullable<Spec["mark"]>) };
    if (clip && !isLabel(unit)) mark.clip = true;
    return { ...unit, mark, encoding };
  });
  const [only] = finished;
  return showable({
    $schema: SCHEMA,
    ...description,
    ...(dropped > 0 ? { usermeta: { ...description.usermeta, notDrawn: dropped } } : {}),
    ...(options.title === undefined ? {} : { title: titleLines(options.title, width) }),
    width,
    height,
    ...(finished.length === 1 ? only : { layer: finished }),
    config: config(),
  });
}
