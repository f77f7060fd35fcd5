// Loss curves. Imports the line mark.
import type { Values } from "../values.js";
import { toNumbers } from "../values.js";
import type { LineOptions, PerSeries, Series } from "./line.js";
import { isRecord, lines } from "./line.js";
import type { Spec } from "./spec.js";

export interface LossOptions extends LineOptions {
  /** What one step of the x axis is; default "iteration". */
  by?: "iteration" | "epoch";
  /** The x of the first value; default 0, the loss before the first update. */
  start?: number;
  /** How many values an epoch has, for `by: "epoch"`; default 1. */
  perEpoch?: PerSeries<number>;
}

/**
 * The loss by iteration (or epoch): one curve from an array, or one for each name of a record,
 * `loss({ SGD: a, Adam: b }, { y: { scale: "log" } })`. The series may differ in length.
 * With `by: "epoch"` and `perEpoch`, value i stands at epoch i / perEpoch.
 */
export function loss(
  history: Values | { readonly [series: string]: Values },
  options: LossOptions = {},
): Spec {
  const { by = "iteration", start = 0, perEpoch = 1 } = options;
  const named: [string | undefined, Values][] = isRecord(history)
    ? Object.entries(history)
    : [[options.label, history]];
  if (named.length === 0) throw new RangeError("loss: no series: pass an array or { name: array }");
  const series = named.map(([name, values]): Series => {
    const ys = toNumbers(values, name === undefined ? "loss: history" : `loss "${name}"`);
    const per = typeof perEpoch === "number" ? perEpoch : (perEpoch[name ?? ""] ?? 1);
    if (!(per > 0)) throw new RangeError(`loss: perEpoch is ${per}: a positive number of values is needed`);
    const scale = by === "epoch" ? per : 1;
    return { name, xs: ys.map((_, i) => start + i / scale), ys };
  });
  return lines(series, options, { x: { title: by }, y: { title: "loss" } });
}
