// Text at data positions. Imports the figure builder.
import type { Values } from "../values.js";
import { figure, quantitative } from "./figure.js";
import { pair, points } from "./rows.js";
import type { FigureOptions, Spec } from "./spec.js";
import type { Color } from "./style.js";
import { LABEL_SIZE, css, ink } from "./style.js";

export interface TextOptions extends FigureOptions {
  color?: Color;
  /** Default "center". */
  align?: "left" | "center" | "right";
  /** Default "middle". */
  baseline?: "top" | "middle" | "bottom";
  /** Offset in pixels to the right. */
  dx?: number;
  /** Offset in pixels downwards. */
  dy?: number;
  /** Font size in pixels; default 13. */
  size?: number;
  bold?: boolean;
}

/** Texts at (x, y), one each; a single text at one point is `text([2], [16], ["exactly 16"])`. */
export function text(x: Values, y: Values, texts: readonly string[], options: TextOptions = {}): Spec {
  const [xs, ys] = pair("text", x, y);
  if (texts.length !== xs.length) {
    throw new RangeError(
      `text: ${texts.length} texts for ${xs.length} points: one text for each point is needed`,
    );
  }
  const unit: Spec = {
    data: { values: points(xs, ys).map((row, i) => ({ ...row, label: texts[i] ?? "" })) },
    mark: {
      type: "text",
      align: options.align ?? "center",
      baseline: options.baseline ?? "middle",
      fontSize: options.size ?? LABEL_SIZE,
      ...(options.bold ? { fontWeight: "bold" } : {}),
      ...(options.color === undefined ? {} : { color: ink(css(options.color)) }),
      ...(options.dx === undefined ? {} : { dx: options.dx }),
      ...(options.dy === undefined ? {} : { dy: options.dy }),
    },
    encoding: { x: quantitative("x"), y: quantitative("y"), text: { field: "label", type: "nominal" } },
  };
  return figure([unit], options, { x: { title: "x" }, y: { title: "y" } });
}
