// Points. Imports the figure builder.
import type { Values } from "../values.js";
import { figure, quantitative } from "./figure.js";
import { pair, points } from "./rows.js";
import type { FigureOptions, Spec } from "./spec.js";
import type { Color, Shape } from "./style.js";
import { css } from "./style.js";

export interface ScatterOptions extends FigureOptions {
  /** Default blue. */
  color?: Color;
  /** Default circle. */
  shape?: Shape;
  /** Area of a point in square pixels; default 50. */
  size?: number;
  /** False for outlines only. */
  filled?: boolean;
  opacity?: number;
  /** Names the points; the name stands beside the rightmost one, or in the legend. */
  label?: string;
}

/**
 * A scatter plot of y against x, both [N]. Every point is drawn, so keep N below some 5,000.
 * Throws RangeError where the lengths differ or nothing is finite.
 */
export function scatter(x: Values, y: Values, options: ScatterOptions = {}): Spec {
  const [xs, ys] = pair("scatter", x, y);
  const filled = options.filled ?? true;
  const unit: Spec = {
    data: { values: points(xs, ys, options.label) },
    mark: {
      type: "point",
      color: css(options.color ?? "blue"),
      filled,
      ...(filled ? {} : { strokeWidth: 2 }),
      ...(options.shape === undefined ? {} : { shape: options.shape }),
      ...(options.size === undefined ? {} : { size: options.size }),
      ...(options.opacity === undefined ? {} : { opacity: options.opacity }),
    },
    encoding: { x: quantitative("x"), y: quantitative("y") },
  };
  return figure([unit], options, { x: { title: "x" }, y: { title: "y" } });
}
