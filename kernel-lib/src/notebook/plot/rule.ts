// Reference lines across the whole plot. Imports the figure builder.
import type { Values } from "../values.js";
import { toNumbers } from "../values.js";
import { figure, quantitative } from "./figure.js";
import { compact } from "./rows.js";
import type { FigureOptions, Spec } from "./spec.js";
import type { Color, Dash } from "./style.js";
import { css, dashArray } from "./style.js";

export interface RuleOptions extends Omit<FigureOptions, "x" | "y"> {
  /** Default grey. */
  color?: Color;
  /** Default dashed. */
  dash?: Dash;
  strokeWidth?: number;
  /** Stands at the right end of a horizontal rule, above a vertical one. */
  label?: string;
}

/** Reference lines, vertical at `{ x }` or horizontal at `{ y }`, one or several; to be laid over a plot by `layer`. */
export function rule(at: { x: number | Values } | { y: number | Values }, options: RuleOptions = {}): Spec {
  const channel = "x" in at ? "x" : "y";
  const values = toNumbers("x" in at ? at.x : at.y, `rule: ${channel}`);
  const { label } = options;
  const dash = dashArray(options.dash ?? true);
  const unit: Spec = {
    data: {
      values: compact(values).map((value) => ({
        [channel]: value,
        ...(label === undefined ? {} : { series: label }),
      })),
    },
    mark: {
      type: "rule",
      color: css(options.color ?? "grey"),
      ...(dash ? { strokeDash: dash } : {}),
      strokeWidth: options.strokeWidth ?? 2,
    },
    encoding: { [channel]: quantitative(channel) },
  };
  return figure([unit], options);
}
