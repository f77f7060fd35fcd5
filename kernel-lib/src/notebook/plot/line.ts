// Lines: one, or several named ones. Imports the figure builder.
import type { Values } from "../values.js";
import { toNumbers } from "../values.js";
import type { Defaults } from "./figure.js";
import { figure, quantitative } from "./figure.js";
import { pair, points } from "./rows.js";
import type { FigureOptions, Spec } from "./spec.js";
import type { Color, Dash, Shape } from "./style.js";
import { CYCLE, DASHES, SHAPES, css, dashArray } from "./style.js";

/** One value for all series, or one for each by its name. */
export type PerSeries<T> = T | { readonly [series: string]: T };

export interface LineOptions extends FigureOptions {
  /** Default: blue, vermilion, green, purple, grey in turn. */
  color?: PerSeries<Color>;
  /** Default: solid for the first series, another dash for each further one. */
  dash?: PerSeries<Dash>;
  /** True draws each point as well, or a shape for them. */
  points?: boolean | Shape;
  /** Default 2.5. */
  strokeWidth?: number;
  opacity?: number;
  /** Names a single line; the name stands at its end, or in the legend. */
  label?: string;
  /** True draws stairs: each value holds until the next. */
  step?: boolean;
}

/** One line's data and, for one of several, its name. */
export interface Series {
  name: string | undefined;
  xs: readonly number[];
  ys: readonly number[];
}

export function isRecord(values: unknown): values is { readonly [name: string]: Values } {
  if (typeof values !== "object" || values === null) return false;
  const prototype: unknown = Object.getPrototypeOf(values);
  return (
    (prototype === Object.prototype || prototype === null) && !("toArray" in values) && !("length" in values)
  );
}

function pick<T>(option: PerSeries<T> | undefined, name: string | undefined): T | undefined {
  if (option === undefined || name === undefined) return isChoice(option) ? undefined : option;
  return isChoice(option) ? option[name] : option;
}

function isChoice<T>(option: PerSeries<T> | undefined): option is { readonly [series: string]: T } {
  return typeof option === "object" && option !== null && !Array.isArray(option);
}

/** A figure of lines; what `line` and `loss` share. */
export function lines(series: readonly Series[], options: LineOptions, defaults: Defaults): Spec {
  const units = series.flatMap(({ name, xs, ys }, i): Spec[] => {
    const color = css(pick(options.color, name) ?? CYCLE[i % CYCLE.length] ?? "blue");
    const dash = dashArray(pick(options.dash, name) ?? DASHES[i % DASHES.length]);
    const look = options.opacity === undefined ? {} : { opacity: options.opacity };
    const data = { values: points(xs, ys, name) };
    const encoding = { x: quantitative("x"), y: quantitative("y") };
    const line: Spec = {
      data,
      mark: {
        type: "line",
        color,
        ...(dash ? { strokeDash: dash } : {}),
        ...(options.strokeWidth === undefined ? {} : { strokeWidth: options.strokeWidth }),
        ...(options.step ? { interpolate: "step-after" } : {}),
        ...look,
      },
      encoding,
    };
    if (!options.points) return [line];
    const shape = typeof options.points === "string" ? options.points : SHAPES[i % SHAPES.length];
    const bare = points(xs, ys);
    return [
      line,
      { data: { values: bare }, mark: { type: "point", color, shape, ...look }, encoding: { ...encoding } },
    ];
  });
  return figure(units, options, defaults);
}

/**
 * A line plot of y against x, both [N]; or of several named series over the same x: `line(x, { sin: a, cos: b })`.
 * For series with x of their own lay lines over each other with `layer`. A line breaks where a value is NaN or
 * infinite. More than 1,000 points are thinned, keeping the least and greatest of every stretch.
 * Throws RangeError where the lengths differ or nothing is finite.
 */
export function line(
  x: Values,
  y: Values | { readonly [series: string]: Values },
  options: LineOptions = {},
): Spec {
  const axes = { x: { title: "x" }, y: { title: "y" } };
  if (!isRecord(y)) {
    const [xs, ys] = pair("line", x, y);
    return lines([{ name: options.label, xs, ys }], options, axes);
  }
  const names = Object.keys(y);
  if (names.length === 0) throw new RangeError("line: no series: pass at least one { name: values }");
  const xs = toNumbers(x, "line: x");
  const series = names.map((name): Series => {
    const [, ys] = pair(`line "${name}"`, xs, y[name]);
    return { name, xs, ys };
  });
  return lines(series, options, axes);
}
