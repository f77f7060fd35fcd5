// The types of a figure: a plain Vega-Lite specification and the options shared by all marks.
// Imports the display's bundle, so that a figure as a cell's last expression shows itself.
import { figureBundle } from "../display.js";

/** One row of inline data. */
export interface Row {
  [field: string]: number | string | boolean | null;
}

/** A mark with its properties. */
export interface Mark {
  type: string;
  [property: string]: unknown;
}

/** What a channel (x, y, text, …) reads: a field of the rows, or one value; and its scale and axis. */
export interface Channel {
  field?: string;
  type?: "quantitative" | "nominal" | "ordinal";
  value?: number | string;
  datum?: number | string;
  title?: string | null;
  scale?: { [property: string]: unknown } | null;
  axis?: { [property: string]: unknown } | null;
  legend?: { [property: string]: unknown } | null;
  sort?: null;
}

/** A Vega-Lite specification (schema v5): plain JSON, with data inline. */
export interface Spec {
  $schema?: string;
  /** What the figure shows, for those who cannot see it. */
  description?: string;
  /** `caption` stands below the figure; `automatic` is true where `description` was composed from the data. */
  usermeta?: { caption?: string; automatic?: boolean; notDrawn?: number };
  title?: string | string[] | { text: string | string[]; fontSize: number };
  width?: number;
  height?: number;
  data?: { values: Row[] };
  mark?: Mark;
  encoding?: { [channel: string]: Channel };
  layer?: Spec[];
  hconcat?: Spec[];
  vconcat?: Spec[];
  [property: string]: unknown;
}

/** One axis. */
export interface Axis {
  /** What is measured, with its unit. */
  title?: string;
  /** Default linear; on a log axis values ≤ 0 are not drawn. */
  scale?: "linear" | "log" | "symlog";
  /** The ends of the axis; marks beyond are clipped. */
  domain?: readonly [number, number];
  /** Where ticks stand. */
  ticks?: readonly number[];
  /** Whether the axis must contain 0; default only for bars. */
  zero?: boolean;
  /** How tick labels are written, in d3's format, e.g. `.2f` or `d`. */
  format?: string;
  /** Whether grid lines are drawn; default true. */
  grid?: boolean;
}

/** What every figure takes. An axis given as a string is its title. */
export interface FigureOptions {
  title?: string;
  x?: string | Axis;
  y?: string | Axis;
  /** Width of the plotting area in pixels, without the axis; default 560. */
  width?: number;
  /** Height of the plotting area in pixels; default 320. */
  height?: number;
  /** Stands below the figure; its first sentence is the finding. */
  caption?: string;
  /** Alternative text: type, axes, finding with numbers. Composed from the data where it is not given. */
  description?: string;
  /** True for a legend instead of a label at each series' end. */
  legend?: boolean;
}

export const SCHEMA = "https://vega.github.io/schema/vega-lite/v5.json";

/** The figure's title as one string, "" without one. */
export function titleOf({ title = "" }: Spec): string {
  const text = typeof title === "object" && !Array.isArray(title) ? title.text : title;
  return [text].flat().join(" ");
}

/** Makes the specification show itself as a cell's last expression; its JSON stays as it is. */
export function showable(spec: Spec): Spec {
  return Object.defineProperty(spec, Symbol.for("Jupyter.display"), {
    value: () => figureBundle(spec),
    enumerable: false,
  });
}
