// A matrix as coloured cells. Imports the figure builder.
import type { Values } from "../values.js";
import { toMatrix } from "../values.js";
import { asAxis } from "./axis.js";
import { figure, speak } from "./figure.js";
import { compact } from "./rows.js";
import type { Channel, FigureOptions, Spec } from "./spec.js";
import { DEFAULT_HEIGHT, DEFAULT_WIDTH } from "./style.js";

export interface HeatmapOptions extends FigureOptions {
  /** What a cell's colour measures: the legend's title. */
  value?: string;
  /** A Vega colour scheme; default "viridis", which keeps its order in grey as well. */
  scheme?: string;
  /** The number of the first column, default 0. */
  firstColumn?: number;
  /** The number of the first row, default 0. */
  firstRow?: number;
}

function every(count: number, first: number, room: number): number[] {
  const step = [1, 2, 5, 10, 20, 50, 100, 200, 500].find((size) => count / size <= room) ?? count;
  return Array.from({ length: count }, (_, i) => first + i).filter((i) => i % step === 0 || count <= room);
}

/**
 * A heat map of a matrix [rows, columns], row 0 at the top, one cell a value; what is not finite stays empty.
 * Throws RangeError for rows of unequal length.
 */
export function heatmap(
  matrix: { toArray(): unknown } | ArrayLike<Values> | Iterable<Values>,
  options: HeatmapOptions = {},
): Spec {
  const rows = toMatrix(matrix, "heatmap: matrix");
  const { firstColumn = 0, firstRow = 0 } = options;
  const columns = rows[0]?.length ?? 0;
  const flat = compact(rows.flat());
  const values = flat.flatMap((value, i) =>
    value === null
      ? []
      : [
          {
            x: firstColumn + (i % columns),
            y: firstRow + Math.floor(i / columns),
            value,
          },
        ],
  );
  if (values.length === 0) throw new RangeError("heatmap: nothing to draw: no value is finite");
  const width = options.width ?? DEFAULT_WIDTH;
  const height = options.height ?? Math.min(DEFAULT_HEIGHT, Math.max(90, rows.length * 24));
  // Cells of whole pixels: fractions would leave faint seams between them.
  const whole = (size: number, count: number) => (size >= count ? Math.floor(size / count) * count : size);
  const cell = (field: "x" | "y", count: number, first: number, room: number): Channel => ({
    field,
    type: "ordinal",
    scale: { paddingInner: 0, paddingOuter: 0 },
    axis: {
      values: asAxis(options[field]).ticks ?? every(count, first, room),
      labelAngle: 0,
      ticks: true,
      domain: false,
    },
  });
  const unit: Spec = {
    data: { values },
    mark: { type: "rect" },
    encoding: {
      x: cell("x", columns, firstColumn, 12),
      y: cell("y", rows.length, firstRow, 10),
      color: {
        field: "value",
        type: "quantitative",
        scale: { scheme: options.scheme ?? "viridis" },
        legend: { title: options.value ?? "value", gradientLength: Math.max(80, Math.min(200, height - 24)) },
      },
    },
  };
  const low = values.reduce((a, row) => Math.min(a, row.value), Infinity);
  const high = values.reduce((a, row) => Math.max(a, row.value), -Infinity);
  const spec = figure(
    [unit],
    { ...options, width: whole(width, columns), height: whole(height, rows.length) },
    {
      x: { title: "column" },
      y: { title: "row" },
    },
  );
  if (spec.usermeta?.automatic) {
    const { x, y } = spec.encoding ?? {};
    spec.description =
      `Heat map of ${options.value ?? "value"}: ${rows.length} rows (${y?.title}) by ` +
      `${columns} columns (${x?.title}), values from ${speak(low)} to ${speak(high)}.`;
  }
  return spec;
}
