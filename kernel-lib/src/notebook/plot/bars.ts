// Bars. Imports the figure builder.
import type { Values } from "../values.js";
import { toNumbers } from "../values.js";
import { asAxis } from "./axis.js";
import { figure, quantitative } from "./figure.js";
import { compact, pair, points } from "./rows.js";
import type { Channel, FigureOptions, Spec } from "./spec.js";
import type { Color } from "./style.js";
import { DEFAULT_WIDTH, css } from "./style.js";

export interface BarsOptions extends FigureOptions {
  /** Default blue. */
  color?: Color;
  opacity?: number;
}

function isNames(x: unknown): x is readonly string[] {
  return Array.isArray(x) && x.length > 0 && typeof x[0] === "string";
}

/**
 * Bars of height y [N] from 0: at positions x [N], evenly spaced, or one for each name in x.
 * Throws RangeError where the lengths differ.
 */
export function bars(x: Values | readonly string[], y: Values, options: BarsOptions = {}): Spec {
  const mark = {
    type: "bar",
    color: css(options.color ?? "blue"),
    ...(options.opacity === undefined ? {} : { opacity: options.opacity }),
  };
  if (isNames(x)) {
    const ys = toNumbers(y, "bars: y");
    if (ys.length !== x.length)
      throw new RangeError(`bars: ${x.length} names and ${ys.length} values: one value each is needed`);
    const category: Channel = {
      field: "x",
      type: "nominal",
      sort: null,
      axis: { labelAngle: 0, grid: false },
    };
    const values = compact(ys).map((value, i) => ({ x: x[i] ?? "", y: value }));
    const unit: Spec = { data: { values }, mark, encoding: { x: category, y: quantitative("y") } };
    return figure([unit], options, { x: { title: "" }, y: { title: "y", zero: true } });
  }
  const [xs, ys] = pair("bars", x, y);
  // Each bar takes 0.84 of the least distance between two.
  const sorted = [...new Set(xs)].sort((a, b) => a - b);
  const step = sorted.slice(1).reduce((least, v, i) => Math.min(least, v - sorted[i]), Infinity);
  const width = Number.isFinite(step) ? step : 1;
  const low = (sorted[0] ?? 0) - width / 2;
  const high = (sorted.at(-1) ?? 0) + width / 2;
  const size = ((options.width ?? DEFAULT_WIDTH) / Math.max(1, Math.round((high - low) / width))) * 0.84;
  const unit: Spec = {
    data: { values: points(xs, ys) },
    mark: { ...mark, size: Math.max(1, Number(size.toFixed(1))) },
    encoding: { x: quantitative("x"), y: quantitative("y") },
  };
  const domain = asAxis(options.x).domain ?? ([low, high] as const);
  return figure(
    [unit],
    { ...options, x: { title: "x", ...asAxis(options.x), domain } },
    { y: { title: "y", zero: true } },
  );
}
