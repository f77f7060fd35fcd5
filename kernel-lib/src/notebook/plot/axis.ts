// Axes: from options to Vega-Lite's scale and axis, and back. Imports the figure's types.
import type { Axis, Channel, FigureOptions, Spec } from "./spec.js";

/** The axis as an object: a string is its title. */
export function asAxis(axis: string | Axis | undefined): Axis {
  if (axis === undefined) return {};
  if (typeof axis === "string") return { title: axis };
  if (axis.domain && !(axis.domain[0] < axis.domain[1])) {
    throw new RangeError(
      `axis domain [${axis.domain.join(", ")}]: the first end must be less than the second`,
    );
  }
  if (axis.scale === "log" && axis.domain && axis.domain[0] <= 0) {
    throw new RangeError(`log axis domain [${axis.domain.join(", ")}]: both ends must be positive`);
  }
  return axis;
}

/** One axis of the options over its default. */
export function axisOf(options: FigureOptions, channel: "x" | "y", fallback: Axis): Axis {
  return { ...fallback, ...asAxis(options[channel]) };
}

// Decades where there are several, else 1, 2, 5 as well; at most some eight labels.
function logTicks(low: number, high: number): number[] {
  const first = Math.floor(Math.log10(low) + 1e-9);
  const last = Math.ceil(Math.log10(high) - 1e-9);
  const step = Math.max(1, Math.ceil((last - first) / 8));
  const ticks: number[] = [];
  for (let power = first; power <= last; power += step) {
    for (const digit of last - first <= 2 ? [1, 2, 5] : [1]) ticks.push(Number(`${digit}e${power}`));
  }
  return ticks.filter((tick) => tick >= low * 0.999 && tick <= high * 1.001);
}

function logDomain([low, high]: readonly [number, number]): [number, number] {
  // Whole decades leave a figure of one decade mostly empty, so widen only to the next 1, 2 or 5.
  const power = (value: number) => 10 ** Math.floor(Math.log10(value) + 1e-12);
  const floor = [5, 2, 1].map((digit) => digit * power(low)).find((v) => v <= low * (1 + 1e-9)) ?? low;
  const ceil = [1, 2, 5, 10].map((digit) => digit * power(high)).find((v) => v >= high * (1 - 1e-9)) ?? high;
  const wide = Math.log10(high / low) > 3;
  if (wide) return [power(low), power(high) >= high * (1 - 1e-9) ? power(high) : 10 * power(high)];
  return floor < ceil ? [floor, ceil] : [floor / 10, ceil * 10];
}

/** The scale and axis of a positional channel over data with the given extent. */
export function channelAxis(axis: Axis, extent: readonly [number, number]): Channel {
  const log = axis.scale === "log";
  const scale: Record<string, unknown> = {};
  if (axis.scale && axis.scale !== "linear") scale.type = axis.scale;
  if (axis.domain) Object.assign(scale, { domain: [...axis.domain], nice: false });
  else if (log) Object.assign(scale, { domain: logDomain(extent), nice: false });
  else scale.zero = axis.zero ?? false;

  const guide: Record<string, unknown> = {};
  if (axis.grid === false) guide.grid = false;
  if (log) {
    const [low, high] = scale.domain as [number, number];
    guide.values = axis.ticks ? [...axis.ticks] : logTicks(low, high);
    const plain = low >= 1e-3 && high <= 1e5;
    // Powers in the notation of the code; d3 writes 1e+3.
    if (!axis.format && !plain) guide.labelExpr = "replace(format(datum.value, '.0e'), '+', '')";
    else guide.format = axis.format ?? "~r";
  } else {
    if (axis.ticks) guide.values = [...axis.ticks];
    if (axis.format) guide.format = axis.format;
  }
  return {
    title: axis.title ?? null,
    scale,
    ...(Object.keys(guide).length > 0 ? { axis: guide } : {}),
  };
}

/** Whether the ticks of a log axis follow from its domain, and so are to be computed anew with it. */
const areComputed = (ticks: readonly number[], [low, high]: readonly [number, number]): boolean =>
  String(ticks) === String(logTicks(low, high));

/** The axis that a figure made by this module has. */
export function readAxis(unit: Spec, channel: "x" | "y"): Axis | undefined {
  const read = unit.encoding?.[channel];
  if (!read || read.title === undefined) return undefined;
  const scale = read.scale ?? {};
  const log = scale.type === "log";
  const axis: Axis = {};
  if (read.title !== null) axis.title = read.title;
  if (scale.type !== undefined) axis.scale = scale.type as NonNullable<Axis["scale"]>;
  // A log axis computes its domain from the data, and then clips nothing; only a given one is kept.
  if (Array.isArray(scale.domain) && (!log || unit.mark?.clip))
    axis.domain = scale.domain as [number, number];
  if (typeof scale.zero === "boolean") axis.zero = scale.zero;
  if (read.axis) {
    const ticks = read.axis.values as number[] | undefined;
    if (ticks && !(log && areComputed(ticks, scale.domain as [number, number]))) axis.ticks = ticks;
    if (typeof read.axis.format === "string" && !log) axis.format = read.axis.format;
    if (read.axis.grid === false) axis.grid = false;
  }
  return axis;
}
