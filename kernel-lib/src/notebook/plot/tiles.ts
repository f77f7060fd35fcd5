// Rows of tiles in numbered groups: how samples fall into batches. Imports the figure builder.
import { textWidth } from "../textWidth.js";
import type { Values } from "../values.js";
import { toNumbers } from "../values.js";
import { figure, quantitative } from "./figure.js";
import type { Channel, FigureOptions, Row, Spec } from "./spec.js";
import { DEFAULT_WIDTH } from "./style.js";

const FILLS = ["#BFDDF0", "#7FB9DE"];
const SHORT_FILL = "#F8D9C4";
const ROW_HEIGHT = 44;
const NUMBER_SIZE = 12;

export interface TilesOptions extends FigureOptions {
  /** What a group is called at the row's end; default "batch". */
  group?: string;
  /** False leaves out the count at each row's end. */
  counts?: boolean;
}

interface Run {
  group: number;
  start: number;
  end: number;
}

// Neighbouring tiles of one group; group NaN is a tile in none.
function runsOf(groups: readonly number[]): Run[] {
  const runs: Run[] = [];
  groups.forEach((group, i) => {
    const last = runs.at(-1);
    if (last && Object.is(last.group, group)) last.end = i + 1;
    else runs.push({ group, start: i, end: i + 1 });
  });
  return runs;
}

function ending(groups: readonly number[], name: string): string {
  const sizes = new Map<number, number>();
  let left = 0;
  for (const group of groups) {
    if (Number.isNaN(group)) left++;
    else sizes.set(group, (sizes.get(group) ?? 0) + 1);
  }
  const last = [...sizes.values()].at(-1) ?? 0;
  const full = Math.max(0, ...sizes.values());
  const plural = name.endsWith("ch") ? `${name}es` : `${name}s`;
  const count = `${sizes.size} ${sizes.size === 1 ? name : plural}`;
  return `${count}${last < full ? `, the last of ${last}` : ""}${left > 0 ? `, ${left} dropped` : ""}`;
}

/**
 * One row of tiles for each name: value i of a row is the group that position i is in, counted from 0, or NaN where
 * it is in none. Groups take turns in shade and carry their number (from 1) where there is room; a group smaller than
 * the row's greatest is hatched, and a tile in no group is left empty. `{ "batch size 33": [0, 0, …, 3] }`.
 */
export function tiles(rows: { readonly [row: string]: Values }, options: TilesOptions = {}): Spec {
  const { group = "batch" } = options;
  const named = Object.entries(rows).map(([name, values]) => ({
    name,
    groups: toNumbers(values, `tiles "${name}"`),
  }));
  if (named.length === 0) throw new RangeError("tiles: no rows: pass at least one { name: groups }");
  const columns = Math.max(...named.map(({ groups }) => groups.length));
  const pixels = (options.width ?? DEFAULT_WIDTH) / Math.max(1, columns);
  const cells: Row[] = [];
  const hatched: Row[] = [];
  const numbers: Row[] = [];
  const counts: Row[] = [];
  for (const { name, groups } of named) {
    const runs = runsOf(groups);
    const full = Math.max(
      0,
      ...runs.filter((run) => !Number.isNaN(run.group)).map((run) => run.end - run.start),
    );
    runs.forEach((run, r) => {
      const none = Number.isNaN(run.group);
      const short = !none && run.end - run.start < full;
      const fill = none ? "#FFFFFF" : short ? SHORT_FILL : FILLS[r % 2];
      const label = none ? "dropped" : String(run.group + 1);
      const middle = (run.start + run.end) / 2;
      if (textWidth(label, NUMBER_SIZE) + 4 <= (run.end - run.start) * pixels)
        numbers.push({ x: middle, y: name, label });
      for (let i = run.start; i < run.end; i++) {
        cells.push({
          x: i,
          x2: i + 1,
          y: name,
          group: none ? null : run.group + 1,
          fill,
          stroke: none ? "#D0D0D0" : "#FFFFFF",
        });
        if (short) hatched.push({ x: i + 0.5, y: name });
      }
    });
    counts.push({ x: columns, y: name, label: ending(groups, group) });
  }
  const row: Channel = {
    field: "y",
    type: "nominal",
    sort: null,
    scale: { padding: 0.28 },
    axis: { grid: false, domain: false, ticks: false },
  };
  const text: Channel = { field: "label", type: "nominal" };
  const units: Spec[] = [
    {
      data: { values: cells },
      mark: { type: "rect", strokeWidth: 0.7 },
      encoding: {
        x: quantitative("x"),
        x2: { field: "x2" },
        y: row,
        fill: { field: "fill", type: "nominal", scale: null },
        stroke: { field: "stroke", type: "nominal", scale: null },
      },
    },
  ];
  if (hatched.length > 0) {
    const slant = (pixels * 0.8).toFixed(2);
    units.push({
      data: { values: hatched },
      // A path in units of half the square root of `size`, here pixels: one tile's diagonals.
      mark: {
        type: "point",
        filled: false,
        size: 4,
        strokeWidth: 1,
        opacity: 1,
        color: "#AD4C00",
        shape: [-9, -3, 3, 9]
          .map((y) => `M-${Number(slant) / 2},${y + 3}L${Number(slant) / 2},${y - 3}`)
          .join(""),
      },
      encoding: { x: quantitative("x"), y: row },
    });
  }
  if (numbers.length > 0) {
    units.push({
      data: { values: numbers },
      mark: { type: "text", fontSize: NUMBER_SIZE, fontWeight: "bold" },
      encoding: { x: quantitative("x"), y: row, text },
    });
  }
  if (options.counts ?? true) {
    units.push({
      data: { values: counts },
      mark: { type: "text", align: "left", dx: 8 },
      encoding: { x: quantitative("x"), y: row, text },
    });
  }
  const height = options.height ?? named.length * ROW_HEIGHT;
  const spec = figure(
    units,
    { ...options, height },
    {
      x: { title: "position in the epoch", ticks: steps(columns), grid: false },
      y: { title: "" },
    },
  );
  if (spec.usermeta?.automatic) {
    const sentences = counts.map(({ y, label }) => `${String(y)}: ${String(label)}`);
    spec.description = `Rows of ${columns} tiles. ${sentences.join("; ")}.`;
  }
  return spec;
}

function steps(columns: number): number[] {
  const step = [1, 2, 5, 10, 20, 25, 50, 100, 200, 500, 1000].find((size) => columns / size <= 10) ?? columns;
  return Array.from({ length: Math.floor(columns / step) + 1 }, (_, i) => i * step);
}
